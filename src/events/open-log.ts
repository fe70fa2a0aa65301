import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Clock} from '../platform/clock.ts';
import {fileError, makeFolder, syncFolder, syncNames, writeAll} from '../platform/files.ts';
import type {LogPosition} from './log-position.ts';
import {readLastEvents, readLog} from './read-log.ts';

/** A log that is ready for its next line. */
export interface OpenedLog {
  fd: number;
  /** Bytes; the file ends here. */
  length: number;
  seq: number;
  /** Time of the last event, in milliseconds since the epoch; 0 for an empty log. */
  lastAt: number;
}

/**
 * Open or make a log, check what is in it and cut a torn tail. Only for the holder of the lock.
 * @param after Up to here the caller has checked it; nothing but a torn tail may follow.
 */
export function openForWriting(file: string, clock: Clock, after: LogPosition | undefined): OpenedLog {
  const fd = openOrMake(file);
  try {
    const end = endOfLog(file);
    const checked = after ?? wholeLog(file);
    if (checked.offset !== end.length || checked.seq !== end.seq) throw changedMeanwhile(file, end.seq, checked.seq);
    cutTornTail(fd, file, end.length, clock);
    return {fd, ...end};
  } catch (error) {
    fs.closeSync(fd);
    throw error instanceof MilestoneError ? error : unopenable(error, file);
  }
}

/** Appending mode: whatever happened to the lock, no write can land on somebody else's line. */
function openOrMake(file: string): number {
  const {O_RDWR, O_APPEND, O_CREAT} = fs.constants;
  try {
    const made = makeFolder(path.dirname(file));
    const fd = fs.openSync(file, O_RDWR | O_APPEND | O_CREAT, 0o600);
    if (fs.fstatSync(fd).size === 0) syncNames(file, made);
    return fd;
  } catch (error) {
    throw unopenable(error, file);
  }
}

/** What the last whole line says. */
function endOfLog(file: string): {length: number; seq: number; lastAt: number} {
  const [last] = readLastEvents(file, 1);
  if (!last) return {length: 0, seq: 0, lastAt: 0};
  return {length: last.offset, seq: last.event.seq, lastAt: Date.parse(last.event.timestamp) || 0};
}

function wholeLog(file: string): LogPosition {
  const reader = readLog(file);
  for (const _ of reader);
  return reader.position;
}

/** Bytes that no newline closed were never acknowledged. They are kept, in case someone wonders. */
function cutTornTail(fd: number, file: string, length: number, clock: Clock): void {
  const torn = Buffer.alloc(fs.fstatSync(fd).size - length);
  if (torn.length === 0) return;
  const count = fs.readSync(fd, torn, 0, torn.length, length);
  saveBeside(file, torn.subarray(0, count), clock);
  fs.ftruncateSync(fd, length);
  fs.fsyncSync(fd);
}

function saveBeside(file: string, torn: Buffer, clock: Clock): void {
  const timestamp = new Date(clock.now()).toISOString().replace(/[-:.]/g, '');
  const fd = openUnused(`${file}.torn-${timestamp}`);
  try {
    writeAll(fd, torn);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  syncFolder(path.dirname(file));
}

/** Two tails in one millisecond, or a clock that was set back, must not cost the first one. */
function openUnused(name: string): number {
  for (let number = 1; ; number++) {
    try {
      return fs.openSync(number === 1 ? name : `${name}-${number}`, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function changedMeanwhile(file: string, found: number, expected: number): MilestoneError {
  const ends = `it ends with event ${found}, expected ${expected}`;
  return new MilestoneError('LOCK_LOST', `the event log \`${file}\` changed after it was read: ${ends}`);
}

function unopenable(error: unknown, file: string): MilestoneError {
  const known = fileError(error, `open the event log \`${file}\``);
  return known.code === 'IO_FAILED' ? new MilestoneError('LOG_UNWRITABLE', known.message, {cause: error}) : known;
}
