import type {MilestoneId, TaskId} from '../../plan/plan.ts';

/** What is in the way, and that it no longer is. */
export interface BlockerEvents {
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
