// What `milestone status --json` answers.

import type {RemovedTest} from '../events/details/attempt.ts';
import type {Usage} from '../events/details/driver.ts';
import type {MilestoneEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import type {MilestoneView} from '../milestone/look.ts';
import type {Budget, KiroPhase, MilestoneId, TaskId} from '../plan/plan.ts';
import type {ApprovalReport} from '../projections/approvals.ts';
import type {PhaseStatus} from '../state/kiro.ts';
import type {AgentStatus, MilestoneStatus} from '../state/milestone.ts';
import type {DoneCheck, ShownStatus, Stage} from '../state/task.ts';
import type {AsideWarning} from './asides.ts';
import type {AttemptWarning} from './attempt-warnings.ts';
import type {BlockerReport} from './blockers.ts';

export interface StatusReport {
  id: MilestoneId;
  title: string;
  status: MilestoneStatus;
  file: string;
  /** Where this is known from. */
  origin: MilestoneView['origin'];
  progress: {percentage: number; tasks_completed: number; tasks_total: number};
  counts: Record<ShownStatus, number>;
  /** Completed without a green check on record. */
  unchecked: number;
  /** Who executes it: `gone` is an executor that died, `elsewhere` one of which nobody can tell from here. */
  executed: MilestoneView['executor']['who'];
  /** The same with its process; `alive` is null when nobody can tell from here. */
  executor: {alive: boolean | null; pid: number | null; host: string | null; session_id: string | null} | null;
  git: {branch: string | null; base: string | null; head: string | null; landed: boolean};
  /** Time in which somebody executed it. */
  minutes: number;
  /** Why it rests. */
  reason?: string;
  needs_you: Need[];
  /** The plan file says something else than the plan in force. */
  plan_edit?: {problems: string[]};
  /** Ready tasks, in the order of the plan; at most ten of them. */
  next: TaskId[];
  ready: number;
  tasks: TaskReport[];
  blockers: BlockerReport[];
  /** Attempts that may be about to fail, and what changed or was kept beside the work. */
  warnings: Array<AttemptWarning | AsideWarning>;
  /** What nobody is asked about any more. */
  liberties: string[];
  /** What tasks do not see of the checkout, while it is executed. */
  unseen?: string;
  /** Those that wait. */
  approvals: ApprovalReport[];
  /** Of the milestone, when it has one. */
  budget?: {limit: Budget; used: Usage; reserved: Usage};
  /** What all attempts have used, as far as it is known; usd is what the agents say. */
  used?: Usage;
  /** The part of it that is an estimate: of attempts that were cut off. */
  estimated?: Usage;
  /** When a driver that rests can work again. */
  paused_until?: Timestamp;
  agents: Array<{name: string; status: AgentStatus}>;
  events: MilestoneEvent[];
}

/** Something that goes on only when a person acts. */
export interface Need {
  kind:
    | 'adopt'
    | 'plan'
    | 'approval'
    | 'question'
    | 'failed'
    | 'blocker'
    | 'manual'
    | 'lock'
    | 'interrupted'
    | 'paused'
    | 'blocked';
  text: string;
  /** What to type. */
  command: string;
  /** The one task that it is about. */
  task_id?: TaskId;
  /** Of an approval. */
  phase?: KiroPhase;
}

export interface TaskReport {
  id: TaskId;
  title: string;
  status: ShownStatus;
  /** Of the attempt that is running. */
  stage?: Stage;
  progress: number;
  attempts: number;
  dependencies: readonly TaskId[];
  driver: string;
  commit?: string;
  checked?: boolean;
  /** Tests that its work deletes, takes away, or keeps from running. */
  removed_tests?: RemovedTest[];
  started_at?: Timestamp;
  /** Of the attempt that is running. */
  attempt_started_at?: Timestamp;
  /** Since when it is at work: before that it waits for its slot, or for a worker. */
  working_at?: Timestamp;
  /** Since when its work is done, and waits to be merged; of a completed one, since when it did. */
  queued_at?: Timestamp;
  /** Those with which it is merged and checked at the moment, itself among them. */
  round?: readonly TaskId[];
  /** Of an attempt on another machine: who has it; null until somebody has said so. */
  worker?: string | null;
  completed_at?: Timestamp;
  /** Time in which its attempts worked and were checked: not that in which it waited, for whatever or whomever. */
  minutes?: number;
  /** What its agents say that it has cost; absent when they do not. */
  cost_usd?: number;
  /** Of an attempt that was cut off nobody said what it cost. */
  cost_is_estimate?: true;
  error?: {cause: string; message: string};
  /** Why it was skipped. */
  reason?: string;
  /** Of a completed task, those that were run on its work. */
  checks?: readonly DoneCheck[];
  /** Of a kiro task. */
  kiro?: {current_phase: KiroPhase; phases: Record<KiroPhase, PhaseStatus>};
}

/** What is said of a task in a line, while it runs. */
export type RunningTaskReport = Pick<
  TaskReport,
  | 'id'
  | 'title'
  | 'stage'
  | 'attempts'
  | 'attempt_started_at'
  | 'working_at'
  | 'queued_at'
  | 'round'
  | 'kiro'
  | 'worker'
>;
