// One attempt as the log tells it.

import type {Denial, RemovedTest} from '../../events/details/attempt.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {Usage} from '../../events/details/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {EventOf} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import type {KiroPhase, TaskId} from '../../plan/plan.ts';
import {type StageTimes, stageTimes} from './stage-times.ts';

/** `completed`: the task, or a phase of it that nobody has to let through. */
export type AttemptOutcome = 'running' | 'completed' | 'waiting_approval' | Outcome['kind'];

export interface AttemptRecord {
  task: TaskId;
  attempt: number;
  phase?: KiroPhase;
  driver: string;
  /** -1: the place of a task that is done by hand. */
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

/** One that has not ended; its instants in milliseconds since the Unix epoch. */
export interface OpenAttempt {
  record: Omit<AttemptRecord, 'stages' | 'outcome'>;
  working?: number;
  claimed?: number;
  green?: number;
  /** Flaky ones among all that were run. */
  flaky: Set<string>;
  session: string;
}

/** @param from When it could have begun. */
export function openAttempt({timestamp, session_id, details}: EventOf<'task_started'>, from: Timestamp): OpenAttempt {
  const {task_id: task, attempt, driver, slot, phase, continues, integrates} = details;
  return {
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
  };
}

/** @param end Milliseconds since the Unix epoch: of a running one, now. */
export function finished(
  {record, working, claimed, green}: OpenAttempt,
  end: number,
  outcome: AttemptOutcome,
): AttemptRecord {
  const ready = Date.parse(record.from);
  return {...record, outcome, stages: stageTimes({ready, working, claimed, green, end})};
}

/** Its process runs, here or at a worker. */
export function noteWork(open: OpenAttempt, {timestamp, details: {worker}}: EventOf<'task_working'>): void {
  open.working = Date.parse(timestamp);
  if (worker !== undefined) open.record.worker = worker;
}

/** It says that it is done. */
export function noteClaim(open: OpenAttempt, {timestamp, details: {result}}: EventOf<'task_claimed'>): void {
  open.claimed = Date.parse(timestamp);
  open.record.assumptions = result.assumptions ?? [];
  open.record.denials = result.denials ?? [];
  if (result.summary !== undefined) open.record.summary = result.summary;
  if (result.warning !== undefined) open.record.warning = result.warning;
}

/** What was red once and green the next time is flaky, however often it is run on other trees. */
export function noteChecks(open: OpenAttempt, {timestamp, details}: EventOf<'task_verified'>): void {
  const {on, ok, checks} = details;
  if (on === 'worktree' && ok) open.green = Date.parse(timestamp);
  for (const {command, flaky} of checks) if (flaky) open.flaky.add(command);
  open.record.checks = checks.map(check => (open.flaky.has(check.command) ? {...check, flaky: true} : check));
}
