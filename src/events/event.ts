// Every event there is. A new one goes in here first; the compiler then lists the work.

import type {ImportedState, MilestoneId, Plan, Task, TaskId} from '../milestone/plan.ts';

/** ISO 8601 in UTC with milliseconds. */
export type Timestamp = string;

/** How an attempt ended without completing its task. `message` is for people, `kind` and `cause` decide. */
export type Outcome =
  | {kind: 'failed'; cause: FailureCause; message: string; exit_code?: number; signal?: string}
  | {kind: 'conflict'; message: string; files: string[]}
  | {kind: 'interrupted'; message: string; executor_died: boolean}
  | {kind: 'cancelled'; message: string}
  | {kind: 'driver_missing'; message: string};

export type FailureCause =
  | 'exit'
  | 'check'
  | 'agent'
  | 'review'
  | 'setup'
  | 'timeout'
  | 'stalled'
  | 'denied'
  | 'out_of_area';

/** What a driver says when its work is done; a claim, never a proof. */
export interface Claim {
  summary?: string;
  assumptions?: string[];
}

/** One check as it was run. */
export interface CheckResult {
  name: 'task' | 'milestone' | 'final' | 'setup' | 'teardown';
  command: string;
  ok: boolean;
  exit_code: number | null;
  duration_ms: number;
  /** Red, then green on the same tree. */
  flaky?: boolean;
  /** The end of what it printed, when it is red. */
  output_tail?: string;
}

/** Kinds of blockers that the executor itself opens. */
export type BlockerType =
  | 'task_failed'
  | 'suspect'
  | 'question'
  | 'driver_missing'
  | 'branch_rewritten'
  | 'branch_checked_out'
  | 'final_red';

/** The fields of the plan that are new or changed; tasks by id, `null` for one that was removed. */
export interface PlanChange {
  milestone?: Omit<Plan, 'tasks'>;
  tasks?: Record<TaskId, Task | null>;
  /** Ids of all tasks, in the order of the file, when that order changed. */
  order?: TaskId[];
}

/** `details` of each event. A request from another process that it answers is named by `request_id`. */
export interface EventDetails {
  milestone_activated: {
    execution_id: string;
    plan: Plan;
    imported: ImportedState['tasks'];
    /** Absent outside git and with `--no-git`. */
    branch?: string;
    /** Commit that the branch starts at. */
    base?: string;
    /** Name that `base` was found under. */
    base_name?: string;
    isolation: 'worktree' | 'shared' | 'none';
    /** Milestones that wait for this one. */
    dependents: MilestoneId[];
    adopted?: boolean;
  };
  branch_created: {branch: string; base: string; merged: MilestoneId[]};
  /** A milestone that this one requires is complete. */
  dependency_resolved: {requires: MilestoneId};
  plan_changed: {change: PlanChange; warnings: string[]};
  plan_refused: {problems: string[]};
  milestone_paused: {reason: string; code: PauseCode; now?: boolean};
  milestone_resumed: Record<never, never>;
  milestone_blocked: {reason: string};
  milestone_completed: {commit?: string; dependents: MilestoneId[]};
  /** With plan and imported state where no activation brought them. */
  milestone_cancelled: {reason: string; plan?: Plan; imported?: ImportedState['tasks']};
  session_started: {pid: number; host: string; command: string};
  session_resumed: {previous_session_id: string};
  session_saved: {resume_points: number};
  session_ended: {exit: number; reason: string};
  agent_registered: {agent: string};
  agent_failed: {agent: string; message: string};
  agent_stopped: {agent: string};
  task_started: {task_id: TaskId; attempt: number; slot: number; token: string; driver: string};
  task_working: {task_id: TaskId; attempt: number; pid: number; process_started: string | null};
  task_claimed: {task_id: TaskId; attempt: number; result: Claim};
  task_verified: {
    task_id: TaskId;
    attempt: number;
    on: 'worktree' | 'merged';
    ok: boolean;
    checks: CheckResult[];
  };
  task_integrating: {task_id: TaskId; attempt: number; commit: string; onto: string};
  task_completed: {task_id: TaskId; attempt: number; commit?: string; checked: boolean; adopted?: boolean};
  attempt_ended: {task_id: TaskId; attempt: number; outcome: Outcome};
  task_retry_scheduled: {task_id: TaskId; attempt: number; retry_at: Timestamp; alone?: boolean};
  task_failed: {task_id: TaskId; attempt: number; cause: string; message: string};
  task_skipped: {task_id: TaskId; reason?: string};
  task_reset: {task_id: TaskId; reason: string};
  progress_updated: {percentage: number; completed_tasks: number; total_tasks: number};
  blocker_detected: {id: string; type: BlockerType; message: string; hint: string; task_id?: TaskId; attempt?: number};
  blocker_resolved: {id: string; task_id?: TaskId};
  auto_commit: {task_id: TaskId; attempt: number; files_changed: number; commit: string};
  repository_state_saved: {head: string; branch: string};
  final_checked: {head?: string; ok: boolean; checks: CheckResult[]};
  request_rejected: {reason: string; code?: RejectionCode; hint?: string};
}

/** Why a milestone rests; also `execution.paused_reason` and what the exit code follows from. */
export type PauseCode = 'requested' | 'person' | 'budget' | 'quota' | 'machine' | 'signal' | 'until';

/** What a rejected request fails with at its sender; `REQUEST_REJECTED` when absent. */
export type RejectionCode = 'WRONG_STATUS' | 'UNKNOWN_TASK' | 'REQUEST_REJECTED';

export type EventName = keyof EventDetails;

/** An event before the log has given it its number. */
export type NewEvent = {
  [Name in EventName]: {event: Name; details: EventDetails[Name] & {request_id?: string}};
}[EventName];

/** An event as it stands in the log, without `sum`. */
export type MilestoneEvent = NewEvent & {
  seq: number;
  timestamp: Timestamp;
  milestone_id: MilestoneId;
  session_id: string;
};

type TaskEventName = {[Name in EventName]: 'task_id' extends keyof EventDetails[Name] ? Name : never}[EventName];

/** The events that are about one task. */
export type TaskEvent = Extract<MilestoneEvent, {event: TaskEventName}> & {details: {task_id: TaskId}};
