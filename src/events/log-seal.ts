import fs from 'node:fs';
import {fileError} from '../platform/files.ts';

const SAMPLE_BYTES = 4096;

/**
 * A mark for the first `offset` bytes of a log, taken without reading them all: their number, and the first and last
 * 4 KiB of them. (Bytes, and not their checksum: `node:zlib` takes longer to load than a short status takes.) A cache
 * that keeps it beside its offset can later tell whether it was folded from this log.
 *
 * An equal seal proves that the log is at least as long as it was, begins with the same activation (whose time and
 * execution id no other log has) and has the same last event before `offset`, ending there. Since a log only grows,
 * this is the log that the cache was folded from. It does not prove that the bytes between are still sound, nor does
 * it stand against a forger.
 * @returns `undefined` when there is no log, when it is shorter, or when no line ends at `offset`.
 */
export function logSeal(file: string, offset: number): string | undefined {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(error, `read \`${file}\``);
  }
  try {
    return sealOf(fd, offset);
  } finally {
    fs.closeSync(fd);
  }
}

function sealOf(fd: number, offset: number): string | undefined {
  const length = Math.min(offset, SAMPLE_BYTES);
  const first = readAt(fd, 0, length);
  const last = readAt(fd, offset - length, length);
  if (last.length < length) return undefined;
  if (length > 0 && last.at(-1) !== 0x0a) return undefined;
  return [offset.toString(16), first.toString('base64'), last.toString('base64')].join('-');
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, position));
}
