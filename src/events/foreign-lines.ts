// Another program may write a log of the same name: the slash commands that this file format comes from do. What they
// write is neither an event nor damage.
//
// F1. A line is foreign when it is a whole object without number and checksum. A line of ours that is damaged keeps one
//     of the two; were it taken for a foreign one all the same, the gap in the numbers behind it would tell.
// F2. A log without any line of ours is not ours, whatever it holds, as long as it is text.
// F3. Readers pass over what is foreign. The lock's holder takes it out, and keeps the log as it was beside it.

import {isUtf8} from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';
import type {Clock} from '../platform/clock.ts';
import {syncFolder, temporaryName, writeAll} from '../platform/files.ts';
import {readLines} from './lines.ts';

const OBJECT = /^\s*\{.*\}\s*$/;
const OURS = /"seq":|"sum":"/;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const NEWLINE = Buffer.from('\n');

/** F1. @param line Without its newline. */
export function isForeignLine(line: Buffer): boolean {
  const text = textOf(line);
  return text !== undefined && OBJECT.test(text) && !OURS.test(text);
}

/** F2. Whether a log has whole lines, and none of them is ours. */
export function isForeignLog(fd: number): boolean {
  let hasLines = false;
  for (const {bytes} of readLines(fd, 0)) {
    const text = textOf(bytes);
    if (text === undefined || OURS.test(text)) return false;
    hasLines = true;
  }
  return hasLines;
}

/** Where the end of a log holds whole foreign lines and nothing else. */
export function areForeignLines(bytes: Buffer): boolean {
  if (bytes.at(-1) !== NEWLINE[0]) return false;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    if (!isForeignLine(bytes.subarray(start, end))) return false;
    start = end + 1;
  }
  return true;
}

/**
 * F3. Only for the holder of the lock.
 * @returns The name under which the log is kept as it was, and the length of what is left, in bytes.
 */
export function setForeignAside(file: string, clock: Clock): {kept: string; length: number} {
  const timestamp = new Date(clock.now()).toISOString().replace(/[-:.]/g, '');
  const fd = fs.openSync(file, 'r');
  try {
    const isAll = isForeignLog(fd);
    const kept = linkUnused(file, `${file}.foreign-${timestamp}`);
    const length = isAll ? 0 : replaceByOwn(fd, file);
    if (isAll) fs.rmSync(file);
    syncFolder(path.dirname(file));
    return {kept, length};
  } finally {
    fs.closeSync(fd);
  }
}

/** The log with its own lines alone; a torn tail goes as it would at any opening, and is kept with the rest. */
function replaceByOwn(fd: number, file: string): number {
  const temporary = temporaryName(file);
  const copy = fs.openSync(temporary, 'wx', 0o600);
  let length = 0;
  try {
    for (const {bytes} of readLines(fd, 0)) {
      if (isForeignLine(bytes)) continue;
      writeAll(copy, Buffer.concat([bytes, NEWLINE]));
      length += bytes.length + 1;
    }
    fs.fsyncSync(copy);
    fs.renameSync(temporary, file);
    return length;
  } catch (error) {
    fs.rmSync(temporary, {force: true});
    throw error;
  } finally {
    fs.closeSync(copy);
  }
}

/** A second name, which survives whatever happens to the first; a copy on file systems without hard links. */
function linkUnused(file: string, wanted: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      fs.linkSync(file, name);
      return name;
    } catch (error) {
      const {code = ''} = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
      fs.copyFileSync(file, name, fs.constants.COPYFILE_EXCL);
      return name;
    }
  }
}

function textOf(line: Buffer): string | undefined {
  if (!isUtf8(line)) return undefined;
  const text = line.toString('utf8');
  return CONTROL.test(text) ? undefined : text;
}
