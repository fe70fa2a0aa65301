import {expect, test} from 'vitest';
import {counted} from '../../src/terminal/amounts.ts';
import {printable} from '../../src/terminal/printable.ts';

test('what a terminal would obey is escaped, also what some take for a line break', () => {
  expect(printable('a\u001bb\u2028c\u2029d\u202ee')).toBe('a\\x1bb\\u2028c\\u2029d\\u202ee');
  expect(printable('a\n\tb', {lines: true})).toBe('a\n\tb');
});

test('one of something is not many', () => {
  expect([0, 1, 2].map(count => counted(count, 'task'))).toEqual(['0 tasks', '1 task', '2 tasks']);
});
