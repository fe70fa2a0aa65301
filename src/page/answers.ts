// What the pages are answered, where the commands give no such answer.

import type {Deliverable} from '../events/event.ts';
import type {Problem} from '../plan/plan.ts';
import type {ApprovalReport} from '../projections/approvals.ts';
import type {Listed} from '../reports/listed.ts';
import type {TaskDetails} from '../reports/morning/task-details.ts';

export interface ListAnswer {
  /** `needs_you`: how much waits for a person. */
  milestones: Array<Listed & {needs_you: number}>;
  warnings: Problem[];
}

/** What waits for approval, with its documents. */
export interface ShownApproval extends ApprovalReport {
  /** As they are now; no text: it is gone, or no document. */
  documents: Array<Deliverable & {text: string | null}>;
}

export interface TaskAnswer {
  task: TaskDetails;
  approvals: ShownApproval[];
}
