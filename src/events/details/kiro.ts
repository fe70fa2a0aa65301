import type {KiroPhase, TaskId} from '../../plan/plan.ts';

/** The phases of a kiro task, and the approvals between them. */
export interface KiroEvents {
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
}

/** A document of a kiro phase, as it was when the phase ended. */
export interface Deliverable {
  /** Relative to the home. */
  path: string;
  sha256: string;
}
