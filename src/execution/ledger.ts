// What has happened to a milestone, and the only way to add to it.
//
// L1. `record` folds an event into the state at once and queues it for the log. Memory may be ahead of the disk, the
//     world never: every effect waits for `durable`, so that one sync carries the end of one task and the start of the
//     next.

import type {Denial} from '../events/details/attempt.ts';
import type {BlockerType} from '../events/details/blocker.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {MilestoneEvent, NewEvent} from '../events/event.ts';
import type {EventLog} from '../events/log.ts';
import type {TaskId} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import type {Redactor} from '../platform/redact.ts';
import {afterAttempt} from '../scheduler/after-attempt.ts';
import {applyEvent} from '../state/apply-event.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';
import type {AttemptId} from '../state/task.ts';
import type {InForce} from './in-force.ts';
import {redactTexts} from './redacted.ts';

export interface LedgerParts {
  state: MilestoneState;
  log: Pick<EventLog, 'append' | 'durable'>;
  clock: Clock;
  redactor: Redactor;
  inForce: InForce;
}

export interface NewBlocker {
  type: BlockerType;
  message: string;
  hint: string;
  driver?: string;
  task_id?: TaskId;
}

/** @param endsAttempt The task is no longer in progress, and was before. */
export type RecordListener = (event: MilestoneEvent, endsAttempt: boolean) => void;

/** State and log of a milestone in one hand. Whoever has it holds the milestone's lock. */
export class Ledger {
  private readonly listeners: RecordListener[] = [];

  constructor(private readonly parts: LedgerParts) {}

  /** The state; only events change it. */
  get state(): MilestoneState {
    return this.parts.state;
  }

  /** Fold events into the state and queue them for the log; their effects must wait for `durable`. */
  record(...events: NewEvent[]): void {
    for (const event of events) this.append(event);
  }

  /** As `record`, of what has no effect: it may share the sync of what comes next. */
  recordSoon(event: NewEvent): void {
    this.append(event, {canWait: true});
  }

  /** Resolves when all that was recorded so far is on disk. */
  durable(): Promise<void> {
    return this.parts.log.durable();
  }

  /** Have `listener` told of every event as soon as it is folded, in the order in which listeners came. */
  onRecorded(listener: RecordListener): void {
    this.listeners.push(listener);
  }

  /** Whether an attempt is still the one that the state knows; the result of any other is dropped. */
  isCurrent({taskId, attempt}: AttemptId): boolean {
    const task = this.state.tasks.get(taskId);
    return task?.status === 'in_progress' && task.attempt === attempt;
  }

  /** End an attempt that did not complete its task, and record what follows from that. */
  endAttempt({taskId: task_id, attempt}: AttemptId, outcome: Outcome, denials: Denial[] = []): void {
    const about = {task_id, attempt, outcome: redactTexts(this.parts.redactor, outcome)};
    this.record({event: 'attempt_ended', details: {...about, ...(denials.length > 0 && {denials})}});
    this.decideUndecided(task_id);
  }

  /** Record what follows from the end of an attempt, where the log does not say it yet. */
  decideUndecided(id: TaskId): void {
    const {state, parts} = this;
    const task = taskState(state, id);
    if (task.status !== 'pending' || !task.undecided) return;
    const {retries, maxAttempts, onInterrupt} = parts.inForce.settingsOf(id);
    const {undecided, history} = task;
    const driver = history.last && parts.inForce.drivers.providerOf(whoMet(undecided.outcome, history.last.driver));
    const next = afterAttempt({
      milestoneId: state.id,
      taskId: id,
      ...undecided,
      counters: history.counters,
      retries,
      maxAttempts,
      onInterrupt,
      now: new Date(parts.clock.now()).toISOString(),
      ...(driver !== undefined && {driver: driverStanding(state, driver)}),
    });
    this.record(...next);
  }

  /** Open a blocker, unless it is open: one without task and driver keeps everything new from starting. */
  openBlocker({type, message, hint, driver, task_id}: NewBlocker): void {
    for (const open of blockersOf(this.state, task_id).values())
      if (open.type === type && open.driver === driver) return;
    const about = {...(driver !== undefined && {driver}), ...(task_id !== undefined && {task_id})};
    const id = `${[type, driver, task_id].filter(Boolean).join('-')}-${this.state.seq + 1}`;
    this.record({event: 'blocker_detected', details: {id, type, message, hint, ...about}});
  }

  private append(event: NewEvent, options: {canWait?: boolean} = {}): void {
    const {state, log} = this.parts;
    const {task_id} = event.details as {task_id?: TaskId};
    const wasRunning = task_id !== undefined && state.running.has(task_id);
    const recorded = log.append(event, one => applyEvent(state, one), options);
    const endsAttempt = wasRunning && !state.running.has(task_id);
    for (const tell of this.listeners) tell(recorded, endsAttempt);
  }
}

/** The name of the driver that an outcome tells something of. */
function whoMet(outcome: Outcome, driver: string): string {
  return ('driver' in outcome && outcome.driver) || driver;
}

/** What is known against a driver. */
function driverStanding({pausedDrivers, driverTroubles}: MilestoneState, name: string) {
  const {auth = 0, quota = 0} = driverTroubles[name] ?? {};
  return {name, authFailures: auth, quotaFailures: quota, isPaused: name in pausedDrivers};
}
