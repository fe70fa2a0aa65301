import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {LineFollower} from '../../src/platform/follow-lines.ts';

const MIB = 1024 * 1024;

class Followed {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lines-'));
  readonly file = path.join(this.folder, 'log');
  readonly lines: string[] = [];

  constructor(text = '') {
    fs.writeFileSync(this.file, text);
  }

  append(text: string | Uint8Array): void {
    fs.appendFileSync(this.file, text);
  }

  follow(offset = 0, keepsLong: (head: string) => boolean = () => false): LineFollower {
    return new LineFollower(this.file, {offset, keepsLong, onLine: line => this.lines.push(line)});
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.folder, {recursive: true});
  }
}

test('lines are handed on when they are whole, from the place to begin at', async () => {
  using file = new Followed('old\n');
  const follower = file.follow(4);
  file.append('a\nb');
  await follower.poll();
  expect(file.lines).toEqual(['a']);
  file.append('c\r\n\nd');
  await follower.poll();
  expect(file.lines).toEqual(['a', 'bc']);
  await follower.finish();
  expect(file.lines).toEqual(['a', 'bc', 'd']);
});

test('however a text comes, its lines are the same', async () => {
  const texts = fc.array(fc.string({unit: fc.constantFrom('a', '\n', 'ü', '😀', '\r')}), {maxLength: 8});
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(5), async (parts, cut) => {
      using file = new Followed();
      const follower = file.follow();
      for (const part of parts) {
        const bytes = Buffer.from(part);
        file.append(bytes.subarray(0, cut));
        await follower.poll();
        file.append(bytes.subarray(cut));
        await follower.poll();
      }
      await follower.finish();
      const lines = parts
        .join('')
        .split('\n')
        .map(line => line.replace(/\r$/, ''));
      expect(file.lines).toEqual(lines.filter(line => line !== ''));
    }),
  );
});

test('a line longer than 1 MiB is kept only if it is asked for, and never beyond 16 MiB', async () => {
  using file = new Followed();
  const long = (head: string, bytes: number) => head + 'x'.repeat(bytes);
  const follower = file.follow(0, head => head.startsWith('keep'));
  file.append(`${long('drop', MIB)}\n${long('keep', 3 * MIB)}\n${long('keep', 17 * MIB)}\n${long('', MIB)}\nlast\n`);
  await follower.poll();
  expect(file.lines.map(line => [line.slice(0, 4), line.length])).toEqual([
    ['keep', 3 * MIB + 4],
    ['xxxx', MIB],
    ['last', 4],
  ]);
});

test('a file that cannot be read is an error', async () => {
  using file = new Followed();
  const follower = file.follow();
  fs.rmSync(file.file);
  await expect(follower.poll()).rejects.toMatchObject({code: 'IO_FAILED'});
});
