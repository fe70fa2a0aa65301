import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {
  appendContent,
  appendNote,
  openAttemptLog,
  readTail,
  readTelling,
  sizeOf,
} from '../../src/platform/attempt-log.ts';
import {tellingLines} from '../../src/platform/telling-lines.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attempt-log-'));
  file = path.join(folder, 'a.log');
});

afterEach(() => fs.rmSync(folder, {recursive: true}));

test('the tail keeps lines and other scripts, and nothing that a terminal obeys', () => {
  fs.writeFileSync(file, `${'old\n'.repeat(1000)}\x1b[31mrouge\x1b[0m é 界\r\n10%\r20%\ttab \x07 \x00 \u202e end\n`);
  expect(readTail(file, 64)).toMatch(/rouge é 界\n10%\n20%\ttab \\x07 \\x00 \\u202e end\n$/);
});

test('the tail of any bytes is valid text of bounded length', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({maxLength: 300}), fc.string({unit: 'grapheme', maxLength: 100})), content => {
      fs.writeFileSync(file, content);
      const tail = readTail(file, 40);
      expect(tail.length).toBeLessThanOrEqual(40);
      expect(Buffer.from(tail).toString()).toBe(tail);
      expect(tail).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
    }),
  );
});

test('a character that the cut goes through is left out', () => {
  fs.writeFileSync(file, 'ab界界');
  expect(readTail(file, 7)).toBe('b界界');
  expect(readTail(file, 5)).toBe('界');
});

test('a note begins on a line of its own, and is one that a terminal may see', () => {
  appendNote(file, 'first');
  fs.appendFileSync(file, 'no line end');
  appendNote(file, 'second \x1b[31mred \x07');
  expect(fs.readFileSync(file, 'utf8')).toBe('first\nno line end\nsecond red \\x07\n');
});

test('a file of any size is appended', () => {
  const source = path.join(folder, 'source');
  const bytes = Buffer.alloc(1_000_001, 'abcdefg');
  fs.writeFileSync(source, bytes);
  appendNote(file, 'head');
  appendContent(file, source);
  expect(fs.readFileSync(file).equals(Buffer.concat([Buffer.from('head\n'), bytes]))).toBe(true);
  fs.writeFileSync(source, '');
  appendContent(file, source);
  expect(sizeOf(file)).toBe(1_000_006);
});

test('a log is not written through a symbolic link, and what is in the way is named', () => {
  fs.symlinkSync('elsewhere', file);
  expect(() => openAttemptLog(file)).toThrow(expect.objectContaining({code: 'IO_FAILED'}));
  expect(() => openAttemptLog(path.join(file, 'x.log'))).toThrow(/cannot write `.*x\.log`/);
});

test('what says why it failed has the first failure, however far before the end a test runner names it', () => {
  const green = (first: number) => Array.from({length: 300}, (_, place) => `ok ${first + place} - value`);
  const failure = ['not ok 301 - discount', '  ---', '  error: 2000 !== 20', '  ...'];
  fs.writeFileSync(file, [...green(1), ...failure, ...green(302), '# fail 1', ''].join('\n'));
  const telling = readTelling(file, 512);
  expect(telling.length).toBeLessThanOrEqual(512);
  expect(telling).toMatch(
    /^not ok 301 - discount\n {2}---\n {2}error: 2000 !== 20\n(?:.|\n)*\n\[…\]\n(?:.|\n)*# fail 1\n$/,
  );
  expect(tellingLines(telling.trimEnd().split('\n'), 5)).toEqual([
    'not ok 301 - discount',
    '  ---',
    '  error: 2000 !== 20',
    '[…]',
    '# fail 1',
  ]);
});

test('where the end names a failure, or nothing does, the end is what is kept', () => {
  const filler = 'something\n'.repeat(500);
  for (const text of [
    `${filler}FAIL src/a.test.js\n`,
    `not ok 1\n${filler}Error: no\n`,
    `${filler}the end\n`,
    'short\n',
  ]) {
    fs.writeFileSync(file, text);
    expect(readTelling(file, 128)).toBe(readTail(file, 128));
  }
});

test('any output is told in bounded length, its end last', () => {
  const line = fc.oneof(
    fc.string({unit: 'grapheme', maxLength: 30}),
    fc.constant('not ok 1 - a'),
    fc.constant('Error: b'),
  );
  fc.assert(
    fc.property(fc.array(line, {maxLength: 60}), lines => {
      fs.writeFileSync(file, lines.join('\n'));
      const telling = readTelling(file, 200);
      expect(telling.length).toBeLessThanOrEqual(200);
      expect(telling.endsWith(readTail(file, 60))).toBe(true);
      for (const most of [5, 20]) expect(tellingLines(telling.split('\n'), most).length).toBeLessThanOrEqual(most);
    }),
  );
});
