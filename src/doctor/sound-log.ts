// What is sound of a log, and what is put together from it.
//
//   lines ──> those up to the first that is damaged or does not fit ──> with the plan and the commits, a log without a gap

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent, NewEvent} from '../events/event.ts';
import {isForeignLine, isForeignLog} from '../events/foreign-lines.ts';
import {readLines} from '../events/lines.ts';
import type {LogDamage} from '../events/read-log.ts';
import {decodeRecord} from '../events/record.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {emptyState} from '../milestone/fold-log.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {applyEvent} from '../state/apply-event.ts';
import type {MilestoneState} from '../state/milestone.ts';

export interface LogLines {
  lines: Array<{event: MilestoneEvent | string; line: number; byte: number}>;
  /** Lines of another program, which are passed over. */
  foreign: number;
  tornBytes: number;
}

/** Every whole line of a log, as its event or as what is wrong with it; none when there is no log. */
export function readLogLines(file: string): LogLines {
  if (!fs.existsSync(file)) return {lines: [], foreign: 0, tornBytes: 0};
  const fd = fs.openSync(file, 'r');
  try {
    const isNotOurs = isForeignLog(fd);
    const lines: LogLines['lines'] = [];
    const reader = readLines(fd, 0);
    let foreign = 0;
    for (let next = reader.next(); ; next = reader.next()) {
      if (next.done) return {lines, foreign, tornBytes: isNotOurs ? 0 : next.value};
      if (isNotOurs || isForeignLine(next.value.bytes)) foreign++;
      else
        lines.push({
          event: decodeRecord(next.value.bytes),
          line: lines.length + foreign + 1,
          byte: next.value.start,
        });
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** The sound beginning of a log, to which more may be added. */
export class SoundLog {
  readonly records: MilestoneEvent[] = [];
  readonly state: MilestoneState;
  /** Run tokens of all attempts of this home that a line tells of, also behind the damage. */
  readonly tokens = new Set<string>();
  private isElsewhere = false;
  /** The first line that is damaged or does not fit; undefined for a log that is sound. */
  readonly damage: LogDamage | undefined;

  constructor(
    {lines}: LogLines,
    private readonly id: MilestoneId,
    /** Number of the home's folder. */
    private readonly home: string,
  ) {
    this.state = emptyState(id);
    for (const {event, line, byte} of lines) {
      if (typeof event === 'object') this.noteToken(event);
      const reason = this.damage ? undefined : this.take(event);
      if (reason !== undefined) this.damage = {line, byte, reason};
    }
  }

  private noteToken({event, details}: MilestoneEvent): void {
    if (event === 'session_started') this.isElsewhere = details.home !== undefined && details.home !== this.home;
    if (event === 'task_started' && !this.isElsewhere) this.tokens.add(details.token);
  }

  /**
   * Add an event that no line has, unless it does not fit.
   * @param by Who signs it, and when; a log's times never go backwards.
   */
  append({event, details}: NewEvent, {sessionId, now}: {sessionId: string; now: Timestamp}): void {
    const last = this.records.at(-1)?.timestamp ?? '';
    const timestamp = now < last ? last : now;
    const seq = this.state.seq + 1;
    this.add({seq, timestamp, event, milestone_id: this.id, session_id: sessionId, details} as MilestoneEvent);
  }

  /** @returns What is wrong with it. */
  private take(event: MilestoneEvent | string): string | undefined {
    if (typeof event === 'string') return event;
    const expected = this.state.seq + 1;
    if (event.seq !== expected) return `its \`seq\` is ${event.seq}, expected ${expected}`;
    if (event.milestone_id !== this.id) return `it is of milestone \`${event.milestone_id}\``;
    return this.add(event) ? undefined : `\`${event.event}\` does not fit what comes before it`;
  }

  private add(event: MilestoneEvent): boolean {
    try {
      applyEvent(this.state, event);
    } catch (error) {
      if (error instanceof MilestoneError) return false;
      throw error;
    }
    this.records.push(event);
    return true;
  }
}
