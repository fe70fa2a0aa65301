import fc from 'fast-check';
import {expect, test} from 'vitest';
import {areasOverlap, isInsideAreas} from '../../src/plan/areas.ts';
import {LOCK_FILES} from '../../src/plan/lock-files.ts';

test.each([
  ['src/**', 'src/a/b.ts', true],
  ['src/**', 'srcs/a.ts', false],
  ['src', 'src/a/b.ts', true],
  ['./src/', 'src/a.ts', true],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['**/*.ts', 'a.ts', true],
  ['**/*.ts', 'x/y/a.ts', true],
  ['src/**/test.ts', 'src/test.ts', true],
  ['src/**/test.ts', 'src/a/b/test.ts', true],
  ['src/?.ts', 'src/a.ts', true],
  ['src/?.ts', 'src/ab.ts', false],
  ['{src,test}/**', 'test/a.ts', true],
  ['{src,{lib,test}}/a.{js,ts}', 'lib/a.ts', true],
  ['{src,test}/**', 'docs/a.md', false],
  ['a{b', 'a{b', true],
  ['src/[ab].ts', 'src/b.ts', true],
  ['src/[!ab].ts', 'src/b.ts', false],
  ['src/[a-c].ts', 'src/b.ts', true],
  ['src/[z-a].ts', 'src/[z-a].ts', true],
  ['a[b', 'a[b', true],
  ['src/*', 'src/.hidden', true],
  ['a+b (1).ts', 'a+b (1).ts', true],
  ['**', 'any/thing', true],
  ['.', 'any/thing', true],
  ['src/**', 'src/new\nline', true],
])('the area %s and the file %s: %s', (pattern, file, inside) => {
  expect(isInsideAreas(file, [pattern], [])).toBe(inside);
});

test('without areas everything is allowed, with an empty list nothing but what is free', () => {
  expect(isInsideAreas('a', undefined, [])).toBe(true);
  expect(isInsideAreas('a', [], LOCK_FILES)).toBe(false);
  expect(isInsideAreas('packages/x/package-lock.json', [], LOCK_FILES)).toBe(true);
});

test.each([
  [['src/auth/**'], ['src/**'], true],
  [['src/auth/**'], ['src/user/**'], false],
  [['src/a'], ['src/ab'], false],
  [['src/a*'], ['src/ab/**'], true],
  [['src/a'], ['src/a/b.ts'], true],
  [['**/*.md'], ['src/a.ts'], true],
  [['src/*.ts'], ['src/*.js'], true],
  [['docs/**', 'a'], ['b', './docs/x'], true],
  [[], ['a'], false],
  [undefined, ['a'], false],
])('areas %j and %j overlap: %s', (a, b, overlap) => {
  expect(areasOverlap(a, b)).toBe(overlap);
  expect(areasOverlap(b, a)).toBe(overlap);
});

test('areas that share a file always overlap', () => {
  const part = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '**', '?', '{a,b}', '[ab]');
  const pattern = fc.array(part, {minLength: 1, maxLength: 3}).map(parts => parts.join('/'));
  const file = fc.array(fc.constantFrom('a', 'b', 'ab'), {minLength: 1, maxLength: 3}).map(parts => parts.join('/'));
  fc.assert(
    fc.property(pattern, pattern, file, (one, other, shared) => {
      fc.pre(isInsideAreas(shared, [one], []) && isInsideAreas(shared, [other], []));
      expect(areasOverlap([one], [other])).toBe(true);
    }),
  );
});
