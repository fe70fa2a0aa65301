// One attempt as the log tells it.

import type {Denial, RemovedTest} from '../../events/details/attempt.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {Usage} from '../../events/details/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {EventOf} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import type {KiroPhase, TaskId} from '../../plan/plan.ts';
import {type StageTimes, stagesOf} from '../../state/stage-times.ts';
import type {AttemptMarks} from '../../state/task.ts';

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

/** One that has not ended. */
export interface OpenAttempt {
  record: Omit<AttemptRecord, 'stages' | 'outcome'>;
  marks: AttemptMarks;
  /** Flaky ones among all that were run. */
  flaky: Set<string>;
}

/** @param from When it could have begun. */
export function openAttempt({timestamp, details}: EventOf<'task_started'>, from: Timestamp): OpenAttempt {
  const {task_id: task, attempt, driver, slot, phase, continues, integrates} = details;
  return {
    marks: {},
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
export function finished({record, marks}: OpenAttempt, end: number, outcome: AttemptOutcome): AttemptRecord {
  const isCompleted = outcome === 'completed' && record.checked !== undefined;
  return {...record, outcome, stages: stagesOf(marks, {ready: Date.parse(record.from), end, isCompleted})};
}

/** Its process runs, here or at a worker. */
export function noteWork(open: OpenAttempt, {details: {worker}}: EventOf<'task_working'>): void {
  if (worker !== undefined) open.record.worker = worker;
}

/** It says that it is done. */
export function noteClaim(open: OpenAttempt, {details: {result}}: EventOf<'task_claimed'>): void {
  open.record.assumptions = result.assumptions ?? [];
  open.record.denials = result.denials ?? [];
  if (result.summary !== undefined) open.record.summary = result.summary;
  if (result.warning !== undefined) open.record.warning = result.warning;
}

/** What was red once and green the next time is flaky, however often it is run on other trees. */
export function noteChecks(open: OpenAttempt, {details: {checks}}: EventOf<'task_verified'>): void {
  for (const {command, flaky} of checks) if (flaky) open.flaky.add(command);
  open.record.checks = checks.map(check => (open.flaky.has(check.command) ? {...check, flaky: true} : check));
}
