// The plan as data. Keys are spelled as in the file (snake_case), so that the plan that a person wrote, the one in the
// event log and the one in memory are the same object.

import type {Where} from '../errors.ts';
import type {Settings, TaskSettings} from './file/settings-schema.ts';

export type MilestoneId = string;
export type TaskId = string;

/** What may be set for the milestone as a whole, and what of it for one task as well; as in the file. */
export type {Settings, TaskSettings};

export type Budget = NonNullable<Settings['budget']>;
export type WorkspaceSettings = NonNullable<Settings['workspace']>;

/** A unit of work. With `run` it is a shell task; without, it is work for the driver. */
export interface Task extends TaskSettings {
  id: TaskId;
  title: string;
  description?: string;
  run?: string;
  prompt?: string;
  dependencies?: TaskId[];
  acceptance_criteria?: string[];
  no_changes?: boolean;
  type?: string;
  review?: {driver?: string; prompt?: string};
  estimated_hours?: number;
  kiro_workflow?: KiroWorkflow;
}

export type KiroPhase = 'design' | 'spec' | 'task' | 'execute';

export interface KiroWorkflow {
  enabled: boolean;
  phases?: Partial<Record<KiroPhase, KiroPhaseSettings>>;
}

export interface KiroPhaseSettings {
  run?: string;
  prompt?: string;
  driver?: string;
  verify?: string;
  timeout?: string;
  deliverables?: string[];
  approval_required?: boolean;
}

export interface KiroConfiguration {
  phase_weights?: Partial<Record<KiroPhase, number>>;
  approval_gates?: Record<string, {required?: boolean; approvers?: string[]; criteria?: string[]}>;
}

/** The plan fields of a milestone file, normalised; never its state fields. */
export interface Plan {
  id: MilestoneId;
  title: string;
  description?: string;
  success_criteria?: string[];
  /** Milestones that must be in `completed/` before this one starts. */
  requires: MilestoneId[];
  settings: Settings;
  kiro_configuration?: KiroConfiguration;
  /** In the order of the file. */
  tasks: Task[];
}

/** State that the file carried when it was read; it counts once, at the first activation. */
export interface ImportedState {
  /** As written (lenient), else derived from the tasks. */
  status: 'planned' | 'in_progress' | 'paused' | 'blocked' | 'completed' | 'cancelled';
  /** The status as written, when it says that the milestone is not to be executed now. */
  held?: string;
  /** The `execution` block, when there is one with an `id`. */
  execution?: {
    id: string;
    branch?: string;
    base?: string;
    commit?: string;
    session_id?: string;
    started_at?: string;
    completed_at?: string;
    paused_reason?: string;
  };
  /** Tasks that the file calls completed or skipped, with what it says of them. */
  tasks: Record<TaskId, ImportedTask>;
  /** Of a milestone that was executed: tasks that a green check vouches for, as the file says. For whoever only looks. */
  checked?: TaskId[];
}

export interface ImportedTask {
  status: 'completed' | 'skipped';
  started_at?: string;
  completed_at?: string;
  commit?: string;
}

/** One finding in a file; `error` makes the plan unfit to execute. */
export interface Problem {
  severity: 'error' | 'warning';
  code: string;
  message: string;
  hint?: string;
  where?: Where;
}
