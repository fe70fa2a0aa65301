// What the pages are answered, where the commands give no such answer.

import type {CheckResult} from '../events/details/checks.ts';
import type {Deliverable} from '../events/details/kiro.ts';
import type {KiroPhase, MilestoneId, Problem, TaskId} from '../plan/plan.ts';
import type {ApprovalReport} from '../projections/approvals.ts';
import type {BlockerReport} from '../reports/blockers.ts';
import type {Listed} from '../reports/listed.ts';
import type {TaskDetails} from '../reports/morning/task-details.ts';
import type {ShownStatus} from '../state/task.ts';

export interface ListAnswer {
  /** `needs_you`: how much waits for a person. */
  milestones: Array<Listed & {needs_you: number}>;
  warnings: Problem[];
}

export interface TaskAnswer {
  task: TaskDetails;
  /** All that was asked of its phases, first to last. */
  approvals: ApprovalReport[];
  /** Its own, that are open. */
  blockers: BlockerReport[];
}

/** A document as it is now. */
export interface ShownDocument extends Deliverable {
  /** Null: it is gone, or nothing to be read as text. */
  text: string | null;
  /** There is more than is shown. */
  truncated: boolean;
  /** It is not what was on record when its phase ended or was asked about. */
  changed: boolean;
}

export interface DocumentsAnswer {
  documents: ShownDocument[];
}

/** One approval, and all that is approved by it. */
export interface ApprovalAnswer {
  milestone: {id: MilestoneId; title: string};
  task: {id: TaskId; title: string; status: ShownStatus};
  approval: ApprovalReport;
  /** Somebody's decision is waited for. */
  waits: boolean;
  documents: Array<
    ShownDocument & {
      /** Hunks of what has changed since somebody decided on it last; null: nobody has, or what he saw is not known. */
      changes: string[] | null;
    }
  >;
  /** Of the attempt that the phase ended with. */
  checks: CheckResult[];
}

/** What an attempt was told: the prompt of an agent, the command of a shell task. */
export interface PromptAnswer {
  phase?: KiroPhase;
  prompt?: string;
  /** As the plan has it now. */
  command?: string;
}
