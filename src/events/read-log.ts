// Reading a log needs no lock: it only grows, and what follows the last newline is not yet, or never was, an event.
//
// R1. Bytes after the last newline are a torn tail: ignored and counted. Any other damage stops the reader.
// R2. One record a line and `seq` without a gap.
// R3. Whole lines of another program are passed over, and counted (foreign-lines.ts).

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {fileError} from '../platform/files.ts';
import type {MilestoneEvent} from './event.ts';
import {isForeignLine, isForeignLog} from './foreign-lines.ts';
import {type LineStart, readLines, readLinesBackwards} from './lines.ts';
import {LOG_START, type LogPosition} from './log-position.ts';
import {decodeRecord} from './record.ts';

/** An event, and the offset in bytes just after its line: where reading goes on. */
export interface LogEntry {
  event: MilestoneEvent;
  offset: number;
}

/** Where a log stops making sense; lines count from 1, bytes from 0 (the first byte of that line). */
export interface LogDamage {
  line: number;
  byte: number;
  reason: string;
}

export interface LogInspection {
  /** Sound events before the damage, if there is any. */
  soundEvents: number;
  /** Bytes that they take up. */
  soundLength: number;
  damage?: LogDamage;
  /** Bytes after the last newline, when everything before is sound. */
  tornBytes: number;
}

/** The events of a log in order, read a block at a time; `position` and `tornBytes` follow the reading. */
export class LogReader implements Iterable<LogEntry> {
  /** Just after the last event that was handed out. */
  position: LogPosition;
  /** Known once all events are read. */
  tornBytes = 0;
  /** Lines of another program that were passed over; for a log that is not ours at all, 1. */
  foreignLines = 0;

  constructor(
    private readonly file: string,
    from: LogPosition,
  ) {
    this.position = from;
  }

  *[Symbol.iterator](): Generator<LogEntry> {
    const end = yield* withLog(this.file, fd => this.entries(fd));
    if (end.damage) throw damageError(this.file, end.damage);
    this.tornBytes = end.tornBytes;
  }

  private *entries(fd: number): Generator<LogEntry, {tornBytes: number; damage?: LogDamage}> {
    const {size} = fs.fstatSync(fd);
    const {offset, seq} = this.position;
    const shorter = `the file has ${size} bytes, fewer than were read before`;
    if (size < offset) return {tornBytes: 0, damage: {line: seq + 1, byte: offset, reason: shorter}};
    const lines = readLines(fd, offset);
    for (let next = lines.next(); ; next = lines.next()) {
      if (next.done) return {tornBytes: next.value};
      const seq = this.position.seq + 1;
      const event = decodeRecord(next.value.bytes, seq);
      if (typeof event === 'string') {
        const {bytes, start} = next.value;
        const isNotOurs = this.position.seq === 0 && isForeignLog(fd);
        if (!isNotOurs && !isForeignLine(bytes))
          return {tornBytes: 0, damage: {line: seq + this.foreignLines, byte: start, reason: event}};
        this.foreignLines++;
        if (isNotOurs) return {tornBytes: 0};
        continue;
      }
      this.position = {offset: next.value.start + next.value.bytes.length + 1, seq};
      yield {event, offset: this.position.offset};
    }
  }

  /** Read to the end without handing out events. */
  inspect(): LogInspection {
    const entries = withLog(this.file, fd => this.entries(fd));
    let next = entries.next();
    while (!next.done) next = entries.next();
    return {soundEvents: this.position.seq, soundLength: this.position.offset, ...next.value};
  }
}

/**
 * The events of a log in order; memory does not grow with the log.
 * @throws {MilestoneError} while it is iterated: `LOG_CORRUPT` at the first damage, `LOG_MISSING`, `IO_FAILED`.
 */
export function readLog(file: string, options: {from?: LogPosition} = {}): LogReader {
  return new LogReader(file, options.from ?? LOG_START);
}

/**
 * How much of a log is sound, and what is wrong after that.
 * @throws {MilestoneError} `LOG_MISSING`, `IO_FAILED`; never for damage.
 */
export function inspectLog(file: string): LogInspection {
  return readLog(file).inspect();
}

/**
 * The last `count` events that pass the filter, oldest first, read from the end: what comes before them is not read.
 * @throws {MilestoneError} `LOG_CORRUPT` when a line that it met is damaged, `LOG_MISSING`, `IO_FAILED`.
 */
export function readLastEvents(
  file: string,
  count: number,
  filter: (event: MilestoneEvent) => boolean = () => true,
): LogEntry[] {
  const found: LogEntry[] = [];
  if (count < 1) return found;
  for (const entry of withLog(file, fd => readBackwards(fd, file))) {
    if (filter(entry.event)) found.push(entry);
    if (found.length === count) break;
  }
  return found.reverse();
}

function* readBackwards(fd: number, file: string): Generator<LogEntry, void> {
  let seq: number | undefined;
  for (const line of readLinesBackwards(fd)) {
    const event = decodeRecord(line.bytes, seq);
    if (typeof event === 'string' && (isForeignLine(line.bytes) || (seq === undefined && isForeignLog(fd)))) continue;
    if (typeof event === 'string' || isMisplaced(event, line)) throw damageFoundBackwards(file, line, event);
    seq = event.seq - 1;
    yield {event, offset: line.start + line.bytes.length + 1};
  }
}

/** The first line can hold no other than the first event. */
function isMisplaced(event: MilestoneEvent, line: LineStart): boolean {
  return line.start === 0 && event.seq !== 1;
}

/** From the end nobody knows the number of a line: count it, this once. */
function damageFoundBackwards(file: string, line: LineStart, event: MilestoneEvent | string): MilestoneError {
  const reason = typeof event === 'string' ? event : `its \`seq\` is ${event.seq}`;
  const {damage, soundEvents} = inspectLog(file);
  return damageError(file, damage ?? {line: soundEvents + 1, byte: line.start, reason});
}

function damageError(file: string, damage: LogDamage): MilestoneError {
  const {line, byte, reason} = damage;
  return new MilestoneError('LOG_CORRUPT', `the event log is damaged in line ${line} (byte ${byte}): ${reason}`, {
    hint: 'run `milestone doctor`',
    where: {file, line},
  });
}

/** Hand out what `read` finds in the open file, and close it however the reading ends. */
function* withLog<End>(file: string, read: (fd: number) => Generator<LogEntry, End>): Generator<LogEntry, End> {
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, 'r');
    return yield* read(fd);
  } catch (error) {
    if (error instanceof MilestoneError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, `read \`${file}\``);
    throw new MilestoneError('LOG_MISSING', `there is no event log \`${file}\``);
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
