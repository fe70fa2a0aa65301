// The file that takes everything an attempt prints. It may hold anything and grow to any size, so nothing here reads it whole.

import fs from 'node:fs';
import path from 'node:path';
import {fileError, makeFolder, writeAll} from './files.ts';
import {GAP, isFailure} from './telling-lines.ts';

const {O_APPEND, O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY} = fs.constants;
const COPY_BYTES = 256 * 1024;

/**
 * Open (make) a log for appending, readable by its owner alone.
 * @param options.fresh Begin with an empty file.
 * @returns A file descriptor; the caller closes it.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function openAttemptLog(file: string, options: {fresh?: boolean} = {}): number {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | (options.fresh ? O_TRUNC : 0);
  try {
    return fs.openSync(file, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, `write \`${file}\``);
  }
  try {
    makeFolder(path.dirname(file));
    return fs.openSync(file, flags, 0o600);
  } catch (error) {
    throw fileError(error, `write \`${file}\``);
  }
}

/**
 * Open a log for as long as `use` takes.
 * @throws {MilestoneError} As `openAttemptLog`.
 */
export async function withAttemptLog<T>(
  file: string,
  use: (fd: number) => Promise<T>,
  options: {fresh?: boolean} = {},
): Promise<T> {
  const fd = openAttemptLog(file, options);
  try {
    return await use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Add a line of the program's own, beginning on a line of its own.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function appendNote(file: string, note: string): void {
  appendWith(file, fd => {
    writeAll(fd, Buffer.from(`${endsInsideLine(file) ? '\n' : ''}${printable(note)}\n`));
  });
}

/**
 * Add text that was printed elsewhere, beginning on a line of its own.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function appendText(file: string, text: string): void {
  appendWith(file, fd => writeAll(fd, Buffer.from(`${endsInsideLine(file) ? '\n' : ''}${text}`)));
}

/**
 * Add the bytes of another file, whatever its size.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function appendContent(file: string, source: string): void {
  appendWith(file, fd => {
    const from = fs.openSync(source, 'r');
    try {
      const chunk = Buffer.allocUnsafe(Math.min(COPY_BYTES, fs.fstatSync(from).size));
      for (let count = 1; count > 0; ) {
        count = fs.readSync(from, chunk, 0, chunk.length, null);
        writeAll(fd, chunk.subarray(0, count));
      }
    } finally {
      fs.closeSync(from);
    }
  });
}

/** Remove a log; one that is not there is fine. */
export function removeAttemptLog(file: string): void {
  fs.rmSync(file, {force: true});
}

/** Size in bytes; 0 for a file that is not there. */
export function sizeOf(file: string): number {
  return fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0;
}

/** When something was last written to a file, in milliseconds since the Unix epoch; undefined when it is not there. */
export function modifiedAt(file: string): number | undefined {
  return fs.statSync(file, {throwIfNoEntry: false})?.mtimeMs;
}

/**
 * The end of a file as text that is safe to show: about `bytes` long, valid Unicode, colours taken out, other control
 * characters escaped; lines stay lines.
 */
export function readTail(file: string, bytes: number): string {
  const tail = readEnd(file, bytes);
  // A character that the cut went through: its first byte is missing.
  let start = 0;
  while (tail.length === bytes && start < 3 && (tail[start]! & 0xc0) === 0x80) start++;
  const shown = printable(tail.toString('utf8', start)).slice(-bytes);
  return /^[\udc00-\udfff]/.test(shown) ? shown.slice(1) : shown;
}

/** Of the end of an output, bytes in which a failure is looked for. */
const SEARCHED = 1024 * 1024;
/** Part of the room that the first failure gets where the end names none. */
const HEAD = 3 / 8;

/** At most `bytes` of what says why it failed: the end, and before it the first failure where the end names none. */
export function readTelling(file: string, bytes: number): string {
  const end = readTail(file, bytes);
  if (end.split('\n').some(isFailure)) return end;
  const lines = readTail(file, SEARCHED).split('\n');
  const start = lines.findIndex(isFailure);
  if (start < 0) return end;
  const room = Math.floor(bytes * HEAD);
  let head = '';
  for (const line of lines.slice(start)) {
    if (head.length + line.length + 1 > room) break;
    head += `${line}\n`;
  }
  head += `${GAP}\n`;
  return head + readTail(file, bytes - head.length);
}

/** At most `bytes` of a file from `offset` on, as they are; a character that the end cuts is replaced. */
export function readFrom(file: string, offset: number, bytes: number): string {
  return readBytes(file, offset, bytes).toString('utf8');
}

/** The same, undecoded. */
export function readBytes(file: string, offset: number, bytes: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, fs.fstatSync(fd).size - offset)));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, offset));
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Put bytes into a log where they belong; the same ones once more change nothing.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function writeAt(file: string, offset: number, bytes: Buffer): void {
  fs.closeSync(openAttemptLog(file)); // it is there now, its owner's alone
  try {
    const fd = fs.openSync(file, O_WRONLY | O_NOFOLLOW);
    try {
      for (let done = 0; done < bytes.length; )
        done += fs.writeSync(fd, bytes, done, bytes.length - done, offset + done);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, `write \`${file}\``);
  }
}

function readEnd(file: string, bytes: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const {size} = fs.fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    fs.closeSync(fd);
  }
}

/** Colours and cursor movements (CSI), titles and links (OSC): noise, taken out whole. */
const TERMINAL_SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)/g;

/** Text without anything that a terminal would obey; line ends and tabs stay. */
function printable(text: string): string {
  return text
    .replace(TERMINAL_SEQUENCE, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, character => {
      const code = character.charCodeAt(0).toString(16);
      return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
    });
}

function endsInsideLine(file: string): boolean {
  const last = readEnd(file, 1);
  return last.length > 0 && last[0] !== 0x0a;
}

function appendWith(file: string, write: (fd: number) => void): void {
  const fd = openAttemptLog(file);
  try {
    write(fd);
  } catch (error) {
    throw fileError(error, `write \`${file}\``);
  } finally {
    fs.closeSync(fd);
  }
}
