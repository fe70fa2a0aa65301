// Every event there is. A new one goes in here first; the compiler then lists the work.

import type {Budget, ImportedState, KiroPhase, MilestoneId, Plan, TaskId} from '../plan/plan.ts';
import type {PlanChange} from '../plan/plan-diff.ts';

/** ISO 8601 in UTC with milliseconds. */
export type Timestamp = string;

/** How an attempt ended without completing its task. `message` is for people, `kind` and `cause` decide. */
export type Outcome =
  /** `output_tail`: the end of what a command printed. */
  | {
      kind: 'failed';
      cause: FailureCause;
      message: string;
      exit_code?: number;
      signal?: string;
      output_tail?: string;
      /** What it changed and may not. */
      files?: string[];
      /** Its own check was red in the same way before any work; `cannot_run`: no work can change that. */
      red_before?: 'same' | 'cannot_run';
    }
  | {kind: 'conflict'; message: string; files: string[]}
  /** `worker_lost`: the worker that had it is not heard of any more. */
  | {kind: 'interrupted'; message: string; executor_died: boolean; worker_lost?: true}
  | {kind: 'cancelled'; message: string}
  | {kind: 'driver_missing'; message: string; hint?: string}
  /** The provider is busy. `driver`, here and below: the reviewer's, when it is he who met it. */
  | {kind: 'overload'; message: string; driver?: string}
  /**
   * The provider's quota is used up, `resets_at` (ISO 8601) if it says until when. `guessed`: told from common words in what a
   * program printed, which may as well be the work that speaks of limits.
   */
  | {kind: 'quota'; message: string; resets_at?: Timestamp; driver?: string; guessed?: true}
  /** Not logged in. `hint` names the command that does it. */
  | {kind: 'auth'; message: string; hint: string; driver?: string}
  /** `message` is what the agent asks. */
  | {kind: 'question'; message: string}
  | {kind: 'budget'; message: string};

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
  /** Why the claim is taken with care: no structured result, or a broken one. */
  warning?: string;
  /** Tools that it was not allowed to use. */
  denials?: Denial[];
}

/** A tool that an agent wanted and was not allowed to use. */
export interface Denial {
  tool: string;
  /** What it wanted to do with it, shortened. */
  input: string;
  /** The entry for `allow` that would permit it. */
  allow: string;
}

/** What an attempt has used, as far as it is known; usd is the agent's own estimate. */
export interface Usage {
  usd?: number;
  tokens?: number;
  turns?: number;
  minutes?: number;
}

/** One check as it was run. */
export interface CheckResult {
  name: 'task' | 'milestone' | 'phase' | 'review' | 'baseline' | 'final' | 'setup' | 'teardown';
  command: string;
  ok: boolean;
  exit_code: number | null;
  duration_ms: number;
  /** Red, then green on the same tree. */
  flaky?: boolean;
  /** The end of what it printed, when it is red. */
  output_tail?: string;
}

/** What checks of the merge queue are for: its rounds, the base, the end, or what a task's own check says of its base. */
export type ChecksPurpose = 'round' | 'baseline' | 'final' | 'compared';

/** Tests of one file that an attempt deleted, took away, or keeps from running. */
export interface RemovedTest {
  /** Relative to the top of the repository. */
  file: string;
  change: 'deleted' | 'removed' | 'skipped';
  /** Of a deleted file all, else those that began a test, or that skip one. */
  lines: number;
  /** The first tests that are gone, or lines that skip, shortened. */
  cases: string[];
}

/** What can hold a task, a driver or the whole milestone up. */
export type BlockerType =
  | 'merge_conflict'
  | 'test_failures'
  | 'disk_space'
  | 'milestone_dependency'
  | 'task_dependency'
  | 'approval_rejected'
  | 'driver_missing'
  | 'auth'
  | 'quota'
  | 'budget'
  | 'question'
  | 'suspect'
  | 'branch_rewritten'
  | 'branch_checked_out'
  | 'plan_invalid'
  | 'baseline_red'
  | 'final_red'
  | 'workers_unreachable'
  | 'no_worker';

/** What a worker handed in of an attempt: the one commit that counts, whatever its ref says later. */
export interface Delivered {
  /** Name of the worker. */
  worker: string;
  /** Number of the delivery, counted from 0, that was the last to hold the job. */
  delivery: number;
  ref: string;
  commit: string;
  /** Commit that the work was made on. */
  base: string;
  /** Run by the worker on exactly this work. */
  checks: CheckResult[];
  /** Tells the checks that it was told to run from others. */
  asked: string;
}

/** Where a conversation lives that was begun at a worker: its own queue, and the slot there, with the folder. */
export interface LivesAt {
  queue: string;
  slot: number;
  folder: string;
}

/** A document of a kiro phase, as it was when the phase ended. */
export interface Deliverable {
  /** Relative to the home. */
  path: string;
  sha256: string;
}

/** A ref, a setting, an entry of the stash or a file of the git folder that changed while attempts or checks ran. */
export interface SharedChange {
  kind: 'ref' | 'config' | 'stash' | 'file';
  /** The whole name of the ref, the key, what the entry is called, or the path of the file in the git folder. */
  name: string;
  /** Commit before; absent where it is new. */
  from?: string;
  /** Commit after; absent where it is gone. */
  to?: string;
  put_back?: true;
}

/** How a milestone gets into the branch that it began at. */
export type LandingKind = 'merge' | 'squash' | 'ff';

/** Why a driver rests. */
export type DriverPause = 'quota' | 'overload' | 'auth';

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
  /** The whole is checked, and the branch of the user's is about to move. */
  milestone_landing: {
    /** Branch. */
    into: string;
    /** What that branch is to stand at. */
    commit: string;
    /** What it stood at before. */
    onto: string;
    kind: LandingKind;
    /** Head of the milestone's branch: all of it is in `commit`. */
    head: string;
    /** The commit that has the work where `head` itself does not get into the branch. */
    work?: string;
  };
  /** Without checks where a person had merged it, or where what ran them has died. */
  milestone_landed: {
    into: string;
    commit: string;
    onto: string;
    kind: LandingKind;
    head: string;
    work?: string;
    checks?: CheckResult[];
  };
  /** With plan and imported state where no activation brought them. */
  milestone_cancelled: {reason: string; plan?: Plan; imported?: ImportedState['tasks']};
  /**
   * `yolo`: agents with `permissions: full` may do anything. `gates`: how the command line has them. `uncommitted`: what
   * lies in the user's checkout alone, how many files and the first of them.
   */
  session_started: {
    pid: number;
    host: string;
    command: string;
    yolo?: true;
    gates?: 'wait' | 'auto';
    uncommitted?: {count: number; names: string[]};
  };
  session_resumed: {previous_session_id: string};
  session_saved: {resume_points: number};
  session_ended: {exit: number; reason: string};
  agent_registered: {agent: string};
  agent_failed: {agent: string; message: string};
  agent_stopped: {agent: string};
  task_started: {
    task_id: TaskId;
    attempt: number;
    /** `BY_HAND` for a person's work. */
    slot: number;
    /** Where a coding agent works: what it says later on names files there. */
    folder?: string;
    token: string;
    driver: string;
    /** Whose login and quota it uses, where `driver` is another name for it. */
    provider?: string;
    /** Of a kiro task. */
    phase?: KiroPhase;
    /** Known before the start: chosen for the agent, or that of an earlier attempt. */
    conversation?: string;
    /** Attempt whose work it starts from. */
    continues?: number;
    /** No driver works: what an earlier attempt has left is integrated, now that it may be. */
    integrates?: number;
  };
  task_conversation: {task_id: TaskId; attempt: number; conversation: string};
  /**
   * It is to be sent to a worker that carries the labels. `job`: what it is called there, in which `queue`; `ref`: what the
   * names of all refs begin with to which its work may be pushed. `lives_at`: where the conversation is that it goes on with.
   */
  attempt_dispatched: {
    task_id: TaskId;
    attempt: number;
    job: string;
    queue: string;
    ref: string;
    labels: string[];
    lives_at?: LivesAt;
  };
  /** With `worker`, the process is on that machine; `lives_at`: where its agent's conversation will be found again. */
  task_working: {
    task_id: TaskId;
    attempt: number;
    pid: number;
    process_started: string | null;
    worker?: string;
    lives_at?: LivesAt;
  };
  task_claimed: {task_id: TaskId; attempt: number; result: Claim; delivered?: Delivered};
  /** What an attempt's work, as it is checked and integrated, does to tests that were there; only if it does. */
  tests_removed: {task_id: TaskId; attempt: number; files: RemovedTest[]};
  task_verified: {
    task_id: TaskId;
    attempt: number;
    on: 'worktree' | 'merged';
    ok: boolean;
    checks: CheckResult[];
  };
  /**
   * Its work is checked and let through, and waits to be merged: it needs no place any more. `commit`: the work, as it was
   * frozen; absent where it is on the branch already, or there is none.
   */
  task_queued: {task_id: TaskId; attempt: number; commit?: string};
  /** `tip`: what the branch moves to, together with the others of its round; absent in logs of earlier versions. */
  task_integrating: {task_id: TaskId; attempt: number; commit: string; onto: string; tip?: string};
  /** `tip`: where the branch stands with its commit and those that were integrated together with it. */
  task_completed: {
    task_id: TaskId;
    attempt: number;
    commit?: string;
    checked: boolean;
    tip?: string;
    adopted?: boolean;
  };
  attempt_ended: {task_id: TaskId; attempt: number; outcome: Outcome; denials?: Denial[]};
  task_retry_scheduled: {task_id: TaskId; attempt: number; retry_at: Timestamp; alone?: boolean};
  task_failed: {task_id: TaskId; attempt: number; cause: string; message: string};
  task_skipped: {task_id: TaskId; reason?: string};
  task_reset: {task_id: TaskId; reason: string};
  kiro_workflow_started: {task_id: TaskId};
  /** With an attempt, which it ends: its documents are in the home, or its work waits for approval. */
  kiro_phase_updated: {
    task_id: TaskId;
    attempt?: number;
    phase: KiroPhase;
    status: 'waiting_approval' | 'completed';
    deliverables: Deliverable[];
  };
  kiro_phase_transition: {task_id: TaskId; from: KiroPhase; to: KiroPhase};
  kiro_approval_requested: {
    task_id: TaskId;
    approval_id: string;
    phase: KiroPhase;
    transition: string;
    /** Roles that must all approve; without any, one approval is enough. */
    approvers: string[];
    criteria: string[];
    deliverables: Deliverable[];
    summary?: string;
  };
  kiro_approval_granted: {
    task_id: TaskId;
    approval_id: string;
    phase: KiroPhase;
    role?: string;
    comment?: string;
    /** `auto`: no person let it through. */
    by: 'person' | 'auto';
    /** What whoever approved has seen, where that is not what was there at the request. */
    deliverables?: Deliverable[];
  };
  kiro_approval_rejected: {
    task_id: TaskId;
    approval_id: string;
    phase: KiroPhase;
    role?: string;
    comment: string;
  };
  /** A document changed after it was approved; the approval is asked again for what is there now. */
  kiro_approval_voided: {
    task_id: TaskId;
    approval_id: string;
    phase: KiroPhase;
    reason: string;
    deliverables: Deliverable[];
  };
  kiro_workflow_completed: {task_id: TaskId};
  progress_updated: {percentage: number; completed_tasks: number; total_tasks: number};
  /** A milestone that this one requires is not complete any more. */
  dependency_blocker: {requires: MilestoneId; message: string};
  /** A task cannot start as long as what it depends on has failed or is blocked. */
  task_dependency_blocker: {task_id: TaskId; dependency: TaskId};
  blocker_detected: {
    id: string;
    type: BlockerType;
    message: string;
    hint: string;
    task_id?: TaskId;
    attempt?: number;
    /** It holds what this driver would do, and nothing else. */
    driver?: string;
  };
  blockers_escalated: {ids: string[]};
  blocker_answered: {id: string; task_id: TaskId; question: string; answer: string};
  blocker_resolved: {id: string; task_id?: TaskId};
  budget_reserved: {task_id: TaskId; attempt: number; amount: Budget};
  budget_settled: {
    task_id: TaskId;
    attempt: number;
    used: Usage;
    /**
     * What the figures are: the agent's own sum at its end, what was seen of one that was cut off, or in part an estimate,
     * because it was cut off and nobody has seen them.
     */
    basis: 'reported' | 'observed' | 'estimated';
    /** The part of `used` that is an estimate. */
    estimated?: Usage;
    /** Whose figures they are. */
    driver?: string;
  };
  driver_paused: {driver: string; reason: DriverPause; message: string; resets_at?: Timestamp};
  driver_resumed: {driver: string};
  auto_commit: {task_id: TaskId; attempt: number; files_changed: number; commit: string};
  /** What lay in a slot and belongs to no attempt is at a ref. */
  slot_kept: {slot: number; ref: string};
  /** What changed in the repository beside the work of the attempts that ran meanwhile; without one while checks ran. */
  repository_changed: {during: Array<{task: TaskId; attempt: number}>; changes: SharedChange[]};
  repository_state_saved: {head: string; branch: string};
  /** `head`: where the remote's branch stands; absent when it has none. `ahead` and `behind` are ours against it. */
  branch_synced: {
    branch: string;
    remote: string;
    action: 'fetched' | 'pushed';
    head?: string;
    ahead?: number;
    behind?: number;
  };
  /** Checks of `tip` are to be sent to a worker, as `attempt_dispatched`; `asked` tells them from others. */
  checks_dispatched: {
    about: ChecksPurpose;
    tip: string;
    job: string;
    queue: string;
    labels: string[];
    asked: string;
  };
  baseline_checked: {head: string; ok: boolean; checks: CheckResult[]};
  /** A task's own check, red after an attempt, was run on the commit that the attempt started from. */
  check_compared: {task_id: TaskId; attempt: number; base: string; check: CheckResult};
  /** The works of a round of the merge queue, laid on `onto` one after the other up to `tip`, were checked together. */
  /** Works of the merge queue lie on each other, and are checked together. */
  round_started: {onto: string; tip: string; tasks: TaskId[]};
  round_checked: {onto: string; tip: string; tasks: TaskId[]; ok: boolean; checks: CheckResult[]};
  final_checked: {head?: string; ok: boolean; checks: CheckResult[]};
  request_rejected: {reason: string; code?: RejectionCode; hint?: string};
}

/** A milestone on its way into a branch of the user's. */
export type Landing = EventDetails['milestone_landing'];

/** Why a milestone rests; also `execution.paused_reason` and what the exit code follows from. */
export type PauseCode = 'requested' | 'person' | 'budget' | 'quota' | 'machine' | 'signal' | 'until';

/** What a rejected request fails with at its sender; `REQUEST_REJECTED` when absent. */
export type RejectionCode = 'WRONG_STATUS' | 'UNKNOWN_TASK' | 'REQUEST_REJECTED';

/** What stands for a slot in the log where a person works. */
export const BY_HAND = -1;

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
