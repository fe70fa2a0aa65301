// What can be made of a log, sound or not.
//
//   lines ──> sound ones, each by its own checksum ──> those that still fit together ──> a log without a gap
//
// V1. A sound log comes out as it went in.
// V2. After a damaged line the others still prove what happened: a dependant started, so what it depends on was
//     complete; the milestone completed, so every task was. What they prove counts, so that nothing completed runs again.
// V3. A commit on the branch completes its task if its attempt is later than the task's last reset.

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent, NewEvent, Timestamp} from '../events/event.ts';
import {isForeignLine, isForeignLog} from '../events/foreign-lines.ts';
import {readLines} from '../events/lines.ts';
import type {LogDamage} from '../events/read-log.ts';
import {decodeRecord} from '../events/record.ts';
import type {RecordedCommit} from '../git/task-commits.ts';
import {emptyState} from '../milestone/fold-log.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import {applyEvent} from '../state/apply-event.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';

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

export interface SalvageOptions {
  id: MilestoneId;
  /** What the events are signed with that no line has. */
  sessionId: string;
  now: Timestamp;
  /** Begins the log when its first event is lost. */
  beginning?: readonly NewEvent[];
  /** Task commits on the branch, oldest first. */
  commits?: readonly RecordedCommit[];
}

/** A log put together anew from what is sound, event by event. */
export class Salvage {
  readonly records: MilestoneEvent[] = [];
  readonly state: MilestoneState;
  /** Run tokens of all attempts, also of those whose events do not fit. */
  readonly tokens = new Set<string>();
  /** The first line that is damaged or does not fit. */
  damage: LogDamage | undefined;
  /** Sound lines that do not fit any more. */
  readonly leftOut: MilestoneEvent[] = [];
  /** For each task, the number of its last attempt before its last reset. */
  private readonly resets = new Map<TaskId, number>();
  private lastSeq = 0;

  constructor(
    {lines}: LogLines,
    private readonly options: SalvageOptions,
  ) {
    this.state = emptyState(options.id);
    for (const event of options.beginning ?? []) this.append(event, this.firstTimestamp(lines));
    for (const {event, line, byte} of lines) {
      if (typeof event === 'string') this.damage ??= {line, byte, reason: event};
      else this.take(event, {line, byte});
    }
  }

  /** Add an event that no line has. @returns False when it does not fit. */
  append(event: NewEvent, timestamp = this.options.now): boolean {
    const {id: milestone_id, sessionId: session_id} = this.options;
    const last = this.records.at(-1)?.timestamp ?? '';
    const at = timestamp < last ? last : timestamp;
    const {event: name, details} = event;
    return this.add({seq: 0, timestamp: at, event: name, milestone_id, session_id, details} as MilestoneEvent);
  }

  /** Commits on the branch that complete a task which is not complete here, nor about to be settled. */
  lostCompletions(): RecordedCommit[] {
    return [...this.state.tasks.keys()].flatMap(id => {
      const commit = this.commitOf(id);
      const task = taskState(this.state, id);
      const isPending = task.status === 'in_progress' && task.integrating?.commit === commit?.commit;
      return commit && !isSatisfied(task) && !isPending ? commit : [];
    });
  }

  private take(event: MilestoneEvent, place: {line: number; byte: number}): void {
    if (event.event === 'task_started') this.tokens.add(event.details.token);
    const expected = this.lastSeq + 1;
    const isInPlace = event.milestone_id === this.options.id && event.seq >= expected;
    if (event.seq !== expected || !isInPlace)
      this.damage ??= {...place, reason: `its \`seq\` is ${event.seq}, expected ${expected}`};
    if (isInPlace) this.lastSeq = event.seq;
    if (isInPlace && this.damage) this.inferFrom(event);
    if (isInPlace && (this.add(event) || (this.damage && this.takeAsAdopted(event)))) return;
    this.damage ??= {...place, reason: `\`${event.event}\` does not fit what comes before it`};
    this.leftOut.push(event);
  }

  /** V2 */
  private inferFrom(event: MilestoneEvent): void {
    if (event.event === 'milestone_completed')
      for (const id of this.state.tasks.keys()) this.complete(id, event.timestamp);
    if (event.event === 'task_started')
      for (const id of this.state.taskById.get(event.details.task_id)?.dependencies ?? [])
        this.complete(id, event.timestamp);
  }

  /** The attempt of a completion may have lost its other events. */
  private takeAsAdopted(event: MilestoneEvent): boolean {
    if (event.event !== 'task_completed') return false;
    const task = this.state.tasks.get(event.details.task_id);
    if (!task || isSatisfied(task)) return false;
    return this.add({...event, details: {...event.details, adopted: true}});
  }

  private complete(id: TaskId, timestamp: Timestamp): void {
    const task = this.state.tasks.get(id);
    if (!task || isSatisfied(task)) return;
    const {commit, attempt = Math.max(task.history.attempts, 1)} = this.commitOf(id) ?? {};
    const details = {task_id: id, attempt, checked: false, adopted: true, ...(commit !== undefined && {commit})};
    this.append({event: 'task_completed', details}, timestamp);
  }

  /** V3 */
  private commitOf(id: TaskId): RecordedCommit | undefined {
    const reset = this.resets.get(id) ?? 0;
    const execution = this.state.activation?.executionId;
    return this.options.commits?.findLast(
      commit =>
        commit.task === id &&
        commit.milestone === this.options.id &&
        commit.execution === execution &&
        commit.attempt > reset,
    );
  }

  private add(event: MilestoneEvent): boolean {
    const {seq: _, ...rest} = event;
    const record = {seq: this.state.seq + 1, ...rest} as MilestoneEvent;
    try {
      applyEvent(this.state, record);
    } catch (error) {
      if (error instanceof MilestoneError) return false;
      throw error;
    }
    this.records.push(record);
    if (record.event === 'task_reset')
      this.resets.set(record.details.task_id, taskState(this.state, record.details.task_id).history.attempts);
    return true;
  }

  private firstTimestamp(lines: LogLines['lines']): Timestamp {
    const first = lines.find(({event}) => typeof event !== 'string')?.event as MilestoneEvent | undefined;
    return first?.timestamp ?? this.options.now;
  }
}
