import type {ImportedState, MilestoneId, Plan} from '../../plan/plan.ts';
import type {PlanChange} from '../../plan/plan-diff.ts';
import type {CheckResult} from './checks.ts';

/** A milestone from its activation to its landing, its plan, and what others ask of it. */
export interface MilestoneEvents {
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
  plan_changed: {change: PlanChange; warnings: string[]};
  plan_refused: {problems: string[]};
  /** A milestone that this one requires is complete. */
  dependency_resolved: {requires: MilestoneId};
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
  progress_updated: {percentage: number; completed_tasks: number; total_tasks: number};
  request_rejected: {reason: string; code?: RejectionCode; hint?: string};
}

/** Why a milestone rests; also `execution.paused_reason` and what the exit code follows from. */
export type PauseCode = 'requested' | 'person' | 'budget' | 'quota' | 'machine' | 'signal' | 'until';

/** How a milestone gets into the branch that it began at. */
export type LandingKind = 'merge' | 'squash' | 'ff';

/** A milestone on its way into a branch of the user's. */
export type Landing = MilestoneEvents['milestone_landing'];

/** What a rejected request fails with at its sender; `REQUEST_REJECTED` when absent. */
export type RejectionCode = 'WRONG_STATUS' | 'UNKNOWN_TASK' | 'REQUEST_REJECTED';
