// Every attempt as the log tells it, and what was said of it: the log is read once, from its beginning. Pure.

import type {Denial, RemovedTest} from '../../events/details/attempt.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {Usage} from '../../events/details/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {EventDetails, EventOf, MilestoneEvent, TaskEvent} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import {emptyState} from '../../milestone/fold-log.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../../plan/plan.ts';
import {applyEvent} from '../../state/apply-event.ts';
import {isTaskEvent} from '../../state/fold-task.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {addUsage} from '../../state/usage.ts';
import {type StageTimes, stageTimes} from './stage-times.ts';

/** `completed`: the task, or a phase of it that nobody has to let through. */
export type AttemptOutcome = 'running' | 'completed' | 'waiting_approval' | Outcome['kind'];

export interface AttemptRecord {
  task: TaskId;
  attempt: number;
  phase?: KiroPhase;
  driver: string;
  slot: number;
  /** The machine that it works on, where that is another one; null as long as none has it. */
  worker?: string | null;
  /** When it could have begun. */
  from: Timestamp;
  started: Timestamp;
  /** Absent while it runs. */
  to?: Timestamp;
  /** Of a running one, up to now. */
  stages: StageTimes;
  outcome: AttemptOutcome;
  /** How it ended, where it completed nothing. */
  ended?: Outcome;
  /** Those that were run last, on the work by itself or on what it was merged to. */
  checks: CheckResult[];
  assumptions: string[];
  summary?: string;
  warning?: string;
  denials: Denial[];
  removedTests: RemovedTest[];
  used?: Usage;
  commit?: string;
  checked?: boolean;
  /** Attempt whose work it starts from. */
  continues?: number;
}

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
 * @param now Milliseconds since the Unix epoch: until when a running attempt has run.
 * @throws {MilestoneError} `LOG_CORRUPT` when an event cannot follow what came before.
 */
export function attemptHistory(id: MilestoneId, events: Iterable<MilestoneEvent>, now: number): MilestoneHistory {
  const reader = new HistoryReader(id);
  for (const event of events) reader.add(event);
  return reader.history(now);
}

interface Open {
  record: Omit<AttemptRecord, 'stages' | 'outcome'>;
  working?: number;
  claimed?: number;
  green?: number;
  /** Flaky ones among all that were run. */
  flaky: Set<string>;
  session: string;
}

/** The same, told one event after the other; what it hands out goes on with it. */
export class HistoryReader {
  readonly #state: MilestoneState;
  readonly #attempts: AttemptRecord[] = [];
  readonly #open = new Map<TaskId, Open>();
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
    applyEvent(this.#state, event);
    if (event.event === 'milestone_activated' || event.event === 'plan_changed') this.#noteTasks(event.timestamp);
    if (isTaskEvent(event)) this.#addToTask(event);
    this.#addToSession(event);
  }

  history(now: number): MilestoneHistory {
    const running = [...this.#open.values()].map(open => finished(open, now, 'running'));
    const attempts = [...this.#attempts, ...running];
    attempts.sort((a, b) => (a.started < b.started ? -1 : a.started > b.started ? 1 : 0));
    return {state: this.#state, attempts, sessions: this.#sessions, resetAfter: this.#resetAfter};
  }

  #noteTasks(at: Timestamp): void {
    for (const id of this.#state.tasks.keys()) if (!this.#freeSince.has(id)) this.#freeSince.set(id, at);
  }

  #addToTask(event: TaskEvent): void {
    const {timestamp} = event;
    const {task_id: task} = event.details;
    const open = this.#open.get(task);
    // Whoever finds that an attempt is lost settles it, and has not worked on it.
    if (open && event.event !== 'attempt_ended' && event.event !== 'budget_settled') open.session = event.session_id;
    switch (event.event) {
      case 'task_started':
        this.#start(event);
        break;
      case 'task_working':
        if (open) work(open, event);
        break;
      case 'task_claimed':
        if (open) claim(open, event);
        break;
      case 'tests_removed':
        if (open) open.record.removedTests = event.details.files;
        break;
      case 'attempt_dispatched':
        if (open) open.record.worker = null;
        break;
      case 'task_verified':
        if (open) verify(open, event);
        break;
      case 'task_queued':
        if (open) open.green = Date.parse(timestamp);
        break;
      case 'budget_settled':
        this.#settle(event.details);
        break;
      case 'attempt_ended':
        this.#end(event);
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

  #start({timestamp, session_id, details}: EventOf<'task_started'>): void {
    const {task_id: task, attempt, driver, slot, phase, continues, integrates} = details;
    const from = this.#readyAt(task, timestamp);
    this.#open.set(task, {
      session: session_id,
      flaky: new Set(),
      record: {
        task,
        attempt,
        driver,
        slot,
        from,
        started: timestamp,
        checks: [],
        assumptions: [],
        denials: [],
        removedTests: [],
        ...(phase !== undefined && {phase}),
        ...(continues !== undefined && {continues}),
        ...(integrates !== undefined && {continues: integrates}),
      },
    });
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

  #end({timestamp, details}: EventOf<'attempt_ended'>): void {
    const open = this.#open.get(details.task_id);
    this.#freeSince.set(details.task_id, timestamp);
    if (!open) return;
    open.record.ended = details.outcome;
    if (details.denials) open.record.denials = details.denials;
    const {outcome} = details;
    const isLost = outcome.kind === 'interrupted' && outcome.executor_died;
    this.#close(open, isLost ? this.#deathOf(open, timestamp) : timestamp, outcome.kind);
  }

  /** Who died with an attempt was last heard of when he last recorded something; that it is lost is found later. */
  #deathOf({session, record}: Open, found: Timestamp): Timestamp {
    const last = this.#sessions.find(({id}) => id === session)?.to ?? found;
    return last > record.started ? last : record.started;
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

  #close(open: Open, to: Timestamp, outcome: AttemptOutcome): void {
    open.record.to = to;
    // Earlier versions did not say so: where there is nothing to check, work waits in the queue as soon as it is there.
    if (outcome === 'completed' && open.green === undefined && open.claimed !== undefined) open.green = open.claimed;
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

function finished({record, working, claimed, green}: Open, end: number, outcome: AttemptOutcome): AttemptRecord {
  const ready = Date.parse(record.from);
  return {...record, outcome, stages: stageTimes({ready, working, claimed, green, end})};
}

function work(open: Open, {timestamp, details: {worker}}: EventOf<'task_working'>): void {
  open.working = Date.parse(timestamp);
  if (worker !== undefined) open.record.worker = worker;
}

function claim(open: Open, {timestamp, details: {result}}: EventOf<'task_claimed'>): void {
  open.claimed = Date.parse(timestamp);
  open.record.assumptions = result.assumptions ?? [];
  open.record.denials = result.denials ?? [];
  if (result.summary !== undefined) open.record.summary = result.summary;
  if (result.warning !== undefined) open.record.warning = result.warning;
}

/** What was red once and green the next time is flaky, however often it is run on other trees. */
function verify(open: Open, {timestamp, details}: EventOf<'task_verified'>): void {
  const {on, ok, checks} = details;
  if (on === 'worktree' && ok) open.green = Date.parse(timestamp);
  for (const {command, flaky} of checks) if (flaky) open.flaky.add(command);
  open.record.checks = checks.map(check => (open.flaky.has(check.command) ? {...check, flaky: true} : check));
}
