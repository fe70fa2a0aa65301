// Every attempt as the log tells it, and what was said of it: the log is read once, from its beginning. Pure.

import {BY_HAND} from '../../events/details/attempt.ts';
import type {EventDetails, EventOf, MilestoneEvent, TaskEvent} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import {emptyState} from '../../milestone/fold-log.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import {applyEvent} from '../../state/apply-event.ts';
import {cameToPassAt} from '../../state/ended-attempt.ts';
import {isTaskEvent} from '../../state/fold-task.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {addUsage} from '../../state/usage.ts';
import {
  type AttemptOutcome,
  type AttemptRecord,
  finished,
  noteChecks,
  noteClaim,
  noteWork,
  type OpenAttempt,
  openAttempt,
} from './attempt-record.ts';

/** A time in which somebody executed the milestone; the last may go on. */
export interface SessionSpan {
  id: string;
  from: Timestamp;
  to: Timestamp;
  /** Absent: it was killed, or is alive. */
  exit?: number;
}

export interface MilestoneHistory {
  state: MilestoneState;
  /** In the order of their starts. */
  attempts: AttemptRecord[];
  sessions: SessionSpan[];
  /** By task: number of its last attempt before somebody put it back. */
  resetAfter: ReadonlyMap<TaskId, number>;
}

/**
 * @param options.now Milliseconds since the Unix epoch: until when a running attempt has run.
 * @param options.isExecuted Somebody executes it.
 * @throws {MilestoneError} `LOG_CORRUPT` when an event cannot follow what came before.
 */
export function attemptHistory(
  id: MilestoneId,
  events: Iterable<MilestoneEvent>,
  {now, isExecuted}: {now: number; isExecuted: boolean},
): MilestoneHistory {
  const reader = new HistoryReader(id);
  for (const event of events) reader.add(event);
  return reader.history(now, isExecuted);
}

/** The same, told one event after the other; what it hands out goes on with it. */
export class HistoryReader {
  readonly #state: MilestoneState;
  readonly #attempts: AttemptRecord[] = [];
  readonly #open = new Map<TaskId, OpenAttempt>();
  readonly #last = new Map<TaskId, AttemptRecord>();
  /** Since when a task that depends on nothing could begin, or begin anew. */
  readonly #freeSince = new Map<TaskId, Timestamp>();
  readonly #satisfiedAt = new Map<TaskId, Timestamp>();
  readonly #resetAfter = new Map<TaskId, number>();
  readonly #sessions: SessionSpan[] = [];

  constructor(id: MilestoneId) {
    this.#state = emptyState(id);
  }

  add(event: MilestoneEvent): void {
    const state = this.#state;
    const task = isTaskEvent(event) ? state.tasks.get(event.details.task_id) : undefined;
    const at = cameToPassAt(state, task, event);
    applyEvent(state, event);
    if (event.event === 'milestone_activated' || event.event === 'plan_changed') this.#noteTasks(event.timestamp);
    if (isTaskEvent(event)) this.#addToTask(event, at);
    this.#addToSession(event);
  }

  /** @param isExecuted Else what was at work was so until its executor was last heard of. */
  history(now: number, isExecuted: boolean): MilestoneHistory {
    const running = [...this.#open.values()].map(open =>
      finished(open, this.#untilOf(open, now, isExecuted), 'running'),
    );
    const attempts = [...this.#attempts, ...running];
    attempts.sort((a, b) => (a.started < b.started ? -1 : a.started > b.started ? 1 : 0));
    return {state: this.#state, attempts, sessions: this.#sessions, resetAfter: this.#resetAfter};
  }

  #untilOf({record}: OpenAttempt, now: number, isExecuted: boolean): number {
    const {session} = this.#state;
    const goesOnAlone = record.slot === BY_HAND || record.worker !== undefined;
    return isExecuted || goesOnAlone || !session ? now : Math.min(now, Date.parse(session.heardAt));
  }

  #noteTasks(at: Timestamp): void {
    for (const id of this.#state.tasks.keys()) if (!this.#freeSince.has(id)) this.#freeSince.set(id, at);
  }

  /** @param at When it came to pass. */
  #addToTask(event: TaskEvent, at: Timestamp): void {
    const {timestamp} = event;
    const {task_id: task} = event.details;
    const open = this.#open.get(task);
    const now = this.#state.tasks.get(task);
    if (open && now?.status === 'in_progress') open.marks = now;
    switch (event.event) {
      case 'task_started':
        this.#start(event);
        break;
      case 'task_working':
        if (open) noteWork(open, event);
        break;
      case 'task_claimed':
        if (open) noteClaim(open, event);
        break;
      case 'tests_removed':
        if (open) open.record.removedTests = event.details.files;
        break;
      case 'attempt_dispatched':
        if (open) open.record.worker = null;
        break;
      case 'task_verified':
        if (open) noteChecks(open, event);
        break;
      case 'budget_settled':
        this.#settle(event.details);
        break;
      case 'attempt_ended':
        this.#end(event, at);
        break;
      case 'task_completed':
        this.#satisfiedAt.set(task, timestamp);
        this.#complete(event);
        break;
      case 'task_skipped':
        this.#satisfiedAt.set(task, timestamp);
        break;
      case 'task_reset':
        this.#resetAfter.set(task, this.#last.get(task)?.attempt ?? 0);
        this.#freeSince.set(task, timestamp);
        break;
      case 'kiro_phase_updated':
        this.#endPhase(event);
        break;
      case 'blocker_resolved':
      case 'kiro_phase_transition':
      case 'kiro_approval_granted':
      case 'kiro_approval_rejected':
        this.#freeSince.set(task, timestamp);
        break;
    }
  }

  #start(event: EventOf<'task_started'>): void {
    const from = this.#readyAt(event.details.task_id, event.timestamp);
    this.#open.set(event.details.task_id, openAttempt(event, from));
  }

  /** Since when nothing but its turn was missing. */
  #readyAt(task: TaskId, started: Timestamp): Timestamp {
    const dependencies = this.#state.taskById.get(task)?.dependencies ?? [];
    const times = [this.#freeSince.get(task), ...dependencies.map(id => this.#satisfiedAt.get(id))];
    const ready = times.reduce<Timestamp>((latest, at) => (at !== undefined && at > latest ? at : latest), '');
    return ready === '' || ready > started ? started : ready;
  }

  #settle({task_id: task, attempt, used}: EventDetails['budget_settled']): void {
    const record = this.#open.get(task)?.record ?? this.#last.get(task);
    if (record?.attempt === attempt) record.used = addUsage(record.used, used);
  }

  #end({timestamp, details}: EventOf<'attempt_ended'>, at: Timestamp): void {
    const open = this.#open.get(details.task_id);
    this.#freeSince.set(details.task_id, timestamp);
    if (!open) return;
    open.record.ended = details.outcome;
    if (details.denials) open.record.denials = details.denials;
    this.#close(open, at, details.outcome.kind);
  }

  #complete({timestamp, details}: EventOf<'task_completed'>): void {
    const open = this.#open.get(details.task_id);
    if (!open || open.record.attempt !== details.attempt) return;
    if (details.commit !== undefined) open.record.commit = details.commit;
    open.record.checked = details.checked;
    this.#close(open, timestamp, 'completed');
  }

  #endPhase({timestamp, details}: EventOf<'kiro_phase_updated'>): void {
    const {task_id: task, attempt, phase, status} = details;
    const open = this.#open.get(task);
    // Execute ends with the task, unless somebody has to let it through.
    if (!open || attempt === undefined || (phase === 'execute' && status === 'completed')) return;
    this.#freeSince.set(task, timestamp);
    this.#close(open, timestamp, status);
  }

  #close(open: OpenAttempt, to: Timestamp, outcome: AttemptOutcome): void {
    open.record.to = to;
    const record = finished(open, Date.parse(to), outcome);
    this.#attempts.push(record);
    this.#last.set(record.task, record);
    this.#open.delete(record.task);
  }

  #addToSession(event: MilestoneEvent): void {
    const {timestamp, session_id: id} = event;
    if (event.event === 'session_started') this.#sessions.push({id, from: timestamp, to: timestamp});
    const session = this.#sessions.at(-1);
    if (!session || session.id !== id || session.exit !== undefined) return;
    if (timestamp > session.to) session.to = timestamp;
    if (event.event === 'session_ended') session.exit = event.details.exit;
  }
}
