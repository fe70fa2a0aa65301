// The state fields of a plan file: what the program writes into it.

import type {TaskId} from './plan.ts';

interface MilestoneFields {
  status?: string;
  execution?: Record<string, unknown>;
  progress?: {percentage: number; tasks_completed: number; tasks_total: number; last_update?: string};
  kiro_progress?: Record<string, unknown>;
  blockers?: unknown[];
}

export interface TaskFields {
  status?: string;
  started_at?: string;
  completed_at?: string;
  attempts?: number;
  commit?: string;
  checked?: boolean;
  cost_usd?: number;
  error?: unknown;
  /** Written into the map of that name, which is a person's; never made, never removed. */
  kiro_workflow?: {current_phase?: string; phases?: Record<string, PhaseFields>};
}

export interface PhaseFields {
  status?: string;
  started_at?: string;
  completed_at?: string;
}

/** All state fields of a plan; one that is absent or undefined is taken out of the file. */
export interface StateFields extends MilestoneFields {
  /** A task that is not in here is left as it is. */
  tasks: Pick<ReadonlyMap<TaskId, TaskFields>, 'get'>;
}

/** In the order in which new ones are written. */
export const MILESTONE_FIELDS = ['status', 'execution', 'progress', 'kiro_progress', 'blockers'] as const;
export const TASK_FIELDS = [
  'status',
  'started_at',
  'completed_at',
  'attempts',
  'commit',
  'checked',
  'cost_usd',
  'error',
] as const;
/** Keys of the maps of which a person's own keys survive; all of any other map is state. */
export const NESTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  execution: ['id', 'branch', 'base', 'commit', 'session_id', 'started_at', 'completed_at', 'paused_reason'],
  progress: ['percentage', 'tasks_completed', 'tasks_total', 'last_update'],
};
/** A map of a person's in which some keys are state; `maps` are further such maps in it. */
export interface StateMap {
  fields: readonly string[];
  maps?: Readonly<Record<string, StateMap>>;
  /** Key that a new field is written behind. */
  after?: string;
  /** It is made where it is missing. */
  isMade?: true;
}

const PHASE: StateMap = {fields: ['status', 'started_at', 'completed_at'], isMade: true};
/** Of a task. */
export const TASK_STATE_MAPS: Readonly<Record<string, StateMap>> = {
  kiro_workflow: {
    fields: ['current_phase'],
    after: 'enabled',
    maps: {
      phases: {
        fields: [],
        maps: {design: PHASE, spec: PHASE, task: PHASE, execute: PHASE},
        isMade: true,
      },
    },
  },
};

/** State fields that are edited key by key when they are maps. */
export const MAP_FIELDS: readonly string[] = ['execution', 'progress', 'kiro_progress'];
