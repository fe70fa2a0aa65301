// What `milestone report --json` answers.

import type {RemovedTest} from '../../events/details/attempt.ts';
import type {Usage} from '../../events/details/driver.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import type {MilestoneStatus} from '../../state/milestone.ts';
import type {StageTimes} from '../../state/stage-times.ts';
import type {DoneCheck, ShownStatus} from '../../state/task.ts';
import type {Need, TaskReport} from '../status-shape.ts';
import type {AttemptRecord} from './attempt-record.ts';
import type {Headline} from './headline.ts';

export interface MorningReport {
  /** When it was worked out. */
  at: Timestamp;
  /** `commits`: its log is not here; what is known is what its file and its commits say. */
  origin: 'log' | 'plan' | 'commits';
  milestone: {
    id: MilestoneId;
    title: string;
    status: MilestoneStatus;
    branch: string | null;
    base: string | null;
    head: string | null;
  };
  headline: Headline;
  needs_you: Need[];
  done: DoneTask[];
  /** Done without a green check on record. */
  unchecked: TaskId[];
  assumptions: Array<{task: TaskId; text: string}>;
  removed_tests: Array<{task: TaskId} & RemovedTest>;
  /** Those whose commits, which name them, are not here. */
  removed_tests_unknown: TaskId[];
  failed: FailedTask[];
  /** Gates that were passed; `by` is `auto` where no person was asked. */
  gates: Array<{task: TaskId; gate: string; by: 'person' | 'auto'; role?: string}>;
  timeline: TimelineEntry[];
  /** What all attempts have used; null: nobody knows. */
  spent: Record<keyof Usage, number | null>;
  /** Commands with which a person looks at what was done. */
  review: string[];
  /** Commands that bring it into the branch that it began at. */
  land: string[];
  /** Every task, in the order of the plan. */
  tasks: ReportedTask[];
  critical_path: TaskId[];
  /** When somebody executed it. */
  sessions: Array<{from: Timestamp; to: Timestamp; exit: number | null}>;
}

export interface DoneTask {
  task: TaskId;
  title: string;
  commit: string | null;
  checks: readonly DoneCheck[];
  /** Time of all its attempts, without that in which they waited for their turn. */
  minutes: number;
  cost_usd: number | null;
  attempts: number;
}

export interface FailedTask {
  task: TaskId;
  title: string;
  /** Of the first attempt that failed. */
  cause: string;
  message: string;
  /** The end of what was printed, where anything was. */
  output_tail: string | null;
  /** Ref of the work that was kept last. */
  work_at: string | null;
  attempts: number;
  /** How it ended the last time, where that was otherwise. */
  last?: {attempt: number; cause: string; message: string};
}

export interface TimelineEntry
  extends Pick<
    AttemptRecord,
    'task' | 'attempt' | 'phase' | 'driver' | 'slot' | 'worker' | 'from' | 'started' | 'outcome'
  > {
  /** Null while it runs. */
  to: Timestamp | null;
  /** Milliseconds; together the time from `from` to `to`, or to now. */
  stage_times: StageTimes;
  cause?: string;
  message?: string;
}

export interface ReportedTask {
  id: TaskId;
  title: string;
  status: ShownStatus;
  driver: string;
  dependencies: readonly TaskId[];
  attempts: number;
  checked?: boolean;
  cost_usd?: number;
  /** Of a task that goes through the phases. */
  kiro?: NonNullable<TaskReport['kiro']>;
  /** Of all its attempts. */
  stage_times: StageTimes;
}
