import fc from 'fast-check';
import {expect, test} from 'vitest';
import {cutTo, pad, textWidth} from '../../src/terminal/width.ts';
import {wrapped} from '../../src/terminal/wrap.ts';

test('letters take one column, East Asian characters and emoji two, combining marks none', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('漢字かな한글')).toBe(12);
  expect(textWidth('ｗide')).toBe(5);
  expect(textWidth('e\u0301té')).toBe(3);
  expect(textWidth('🚀')).toBe(2);
  expect(textWidth('👩\u200d💻')).toBe(4);
});

test('a text that is too long is cut at its last whole character', () => {
  expect(cutTo('short', 5)).toBe('short');
  expect(cutTo('longer', 5)).toBe('long…');
  expect(cutTo('漢字漢字', 6)).toBe('漢字…');
  expect(pad('漢', 4)).toBe('漢  ');
  expect(pad('longer', 3)).toBe('longer');
});

test('whatever is cut fits, and whatever is wrapped fits and keeps its words', () => {
  const text = fc.string({unit: 'grapheme'});
  fc.assert(
    fc.property(text, fc.integer({min: 1, max: 40}), (text, columns) => {
      expect(textWidth(cutTo(text, columns))).toBeLessThanOrEqual(columns);
      for (const line of wrapped(text, columns + 12)) expect(textWidth(line)).toBeLessThanOrEqual(columns + 12);
    }),
  );
  expect(wrapped('one two three', 8)).toEqual(['one two', 'three']);
});
