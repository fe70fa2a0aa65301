import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  EMPTY_WINDOW,
  extend,
  extendBack,
  type LogWindow,
  MOST_BYTES,
  openWindow,
  type Range,
  startOf,
} from '../../src/page/client/log-window.ts';

const line = fc.string({unit: fc.constantFrom('a', 'ä', '€', '😀', '\u001b[31m'), maxLength: 12});
const log = fc.array(line, {maxLength: 40}).map(lines => Buffer.from(lines.join('\n')));

/** What a server answers, at most `most` bytes at a time. */
function read(bytes: Buffer, from: number, most: number): Range {
  const start = from < 0 ? Math.max(bytes.length + from, 0) : Math.min(from, bytes.length);
  return {from: start, bytes: new Uint8Array(bytes.subarray(start, start + most)), size: bytes.length};
}

function textOf({pieces, unended}: LogWindow): string {
  return pieces.map(({text}) => text).join('') + unended;
}

test('read from the beginning, in however small parts, a log is what it is', () => {
  fc.assert(
    fc.property(log, fc.integer({min: 60, max: 200}), (bytes, most) => {
      let held = openWindow(read(bytes, 0, most));
      for (let before = -1; before !== held.next; ) {
        before = held.next;
        held = extend(held, read(bytes, held.next, most));
      }
      expect(textOf(held)).toBe(bytes.toString('utf8'));
      expect(held.size).toBe(bytes.length);
    }),
  );
});

test('read backwards from its end it is the same, and no character is cut', () => {
  fc.assert(
    fc.property(log, fc.integer({min: 60, max: 200}), (bytes, most) => {
      let held = openWindow(read(bytes, -most, most));
      for (let before = -1; before !== startOf(held); ) {
        before = startOf(held);
        expect(textOf(held)).not.toContain('\ufffd');
        expect(bytes.subarray(before).toString('utf8')).toBe(textOf(held));
        const from = Math.max(before - most, 0);
        held = extendBack(held, read(bytes, from, most));
      }
      expect(textOf(held)).toBe(bytes.toString('utf8'));
    }),
  );
});

test('a line is shown before it ends, and once', () => {
  const first = extend(EMPTY_WINDOW, read(Buffer.from('one\ntw'), 0, 100));
  expect(first).toMatchObject({unended: 'tw', next: 4, size: 6});
  const second = extend(first, read(Buffer.from('one\ntwo\nthree\n'), first.next, 100));
  expect(textOf(second)).toBe('one\ntwo\nthree\n');
  // What was read for another place is no part of it.
  expect(extend(second, read(Buffer.from('one\ntwo\nthree\nfour\n'), 2, 100))).toBe(second);
});

test('what is held is bounded, whichever way one reads, and a line without an end is held, too', () => {
  const bytes = Buffer.alloc(4 * MOST_BYTES, 'x'.repeat(99_999));
  const step = MOST_BYTES / 4;
  let held = openWindow(read(bytes, -step, step));
  for (let steps = 0; steps < 14; steps++) held = extendBack(held, read(bytes, startOf(held) - step, step));
  expect(textOf(held).length).toBeLessThanOrEqual(MOST_BYTES + step);
  expect(startOf(held)).toBeLessThan(bytes.length - 13 * step);
  expect(held.next).toBeLessThan(bytes.length);
  const start = startOf(held);
  for (let steps = 0; steps < 8; steps++) held = extend(held, read(bytes, held.next, step));
  expect(textOf(held).length).toBeLessThanOrEqual(MOST_BYTES + step);
  expect(startOf(held)).toBeGreaterThan(start);
});
