// Lines of a file that may be far larger than memory, forwards and backwards.

import fs from 'node:fs';

const BLOCK_BYTES = 256 * 1024;
const BACKWARDS_BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A line without its newline, and the offset of its first byte. `bytes` are good until the next line is asked for. */
export interface LineStart {
  bytes: Buffer;
  start: number;
}

/**
 * Every line that ends with a newline, from `offset` on.
 * @returns How many bytes follow the last newline.
 */
export function* readLines(fd: number, offset: number): Generator<LineStart, number> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let carried: Buffer[] = []; // the beginning of a line whose end is in a later block
  let start = offset; // of the line that is being read
  let position = offset;
  for (;;) {
    const bytes = block.subarray(0, fs.readSync(fd, block, 0, BLOCK_BYTES, position));
    if (bytes.length === 0) return position - start;
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
      const rest = bytes.subarray(from, to);
      yield {bytes: carried.length === 0 ? rest : Buffer.concat([...carried, rest]), start};
      carried = [];
      from = to + 1;
      start = position + from;
    }
    if (from < bytes.length) carried.push(Buffer.from(bytes.subarray(from)));
    position += bytes.length;
  }
}

/** Every line that ends with a newline, the last one first. */
export function* readLinesBackwards(fd: number): Generator<LineStart> {
  const block = Buffer.allocUnsafe(BACKWARDS_BLOCK_BYTES);
  let carried: Buffer[] = []; // the end of a line whose beginning is in an earlier block
  let isTail = true; // until the last newline is met: what follows it is no line
  for (let position = fs.fstatSync(fd).size; position > 0; ) {
    const bytes = readBefore(fd, block, position);
    position -= bytes.length;
    let to = bytes.length;
    for (let at = lastNewline(bytes, to); at !== -1; at = lastNewline(bytes, to)) {
      const line = Buffer.concat([bytes.subarray(at + 1, to), ...carried]);
      if (!isTail) yield {bytes: line, start: position + at + 1};
      isTail = false;
      carried = [];
      to = at;
    }
    carried.unshift(Buffer.from(bytes.subarray(0, to)));
  }
  if (!isTail) yield {bytes: Buffer.concat(carried), start: 0};
}

/** The block that ends at `position`; short only at the beginning of the file. */
function readBefore(fd: number, block: Buffer, position: number): Buffer {
  const bytes = block.subarray(0, Math.min(block.length, position));
  for (let read = 0; read < bytes.length; ) {
    const count = fs.readSync(fd, bytes, read, bytes.length - read, position - bytes.length + read);
    if (count === 0) return bytes.fill(0, read); // cut while it was being read: no newline may be invented
    read += count;
  }
  return bytes;
}

/** Index of the last newline before `end`, or -1; `lastIndexOf` would count a negative start from the end. */
function lastNewline(bytes: Buffer, end: number): number {
  return end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
}
