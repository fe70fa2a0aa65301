// The state as JSON, for the cache. What can be derived from plan and tasks is not stored.

import type {MilestoneEvent} from '../events/event.ts';
import type {Plan, TaskId} from '../plan/plan.ts';
import {initialState} from './initial-state.ts';
import type {Blocker, MilestoneState} from './milestone.ts';
import {putBlocker} from './open-blockers.ts';
import {adoptPlan} from './plan-in-force.ts';
import type {TaskState} from './task.ts';

/** What is stored of a state as it is. */
const STORED = [
  'seq',
  'timestamp',
  'status',
  'paused',
  'blockedReason',
  'completedAt',
  'commit',
  'landing',
  'landed',
  'landedInPart',
  'activation',
  'sentOut',
  'session',
  'executedMs',
  'recordedProgress',
  'refused',
  'finalCheck',
  'branchCreated',
  'head',
  'round',
  'agents',
  'pausedDrivers',
  'driverTroubles',
  'spending',
  'baseline',
  'checksOut',
  'kiroChangedAt',
  'asides',
] as const satisfies ReadonlyArray<keyof MilestoneState>;

type Stored = Pick<MilestoneState, (typeof STORED)[number]>;

/** A state, ready for JSON.stringify. */
export interface Snapshot {
  plan: Plan;
  stored: Stored;
  /** In the order of the plan's tasks. */
  tasks: TaskState[];
  removed: Array<[TaskId, number]>;
  blockers: Blocker[];
  unreported: string[];
  recent: MilestoneEvent[];
  notable: MilestoneEvent[];
}

/** Take a state apart for JSON. The parts are shared with the state, not copied. */
export function takeSnapshot(state: MilestoneState): Snapshot {
  return {
    plan: state.plan,
    stored: Object.fromEntries(STORED.map(key => [key, state[key]])) as Stored,
    tasks: [...state.tasks.values()],
    removed: [...state.removed],
    blockers: [...state.blockers.values()],
    unreported: [...state.unreported],
    recent: state.recent,
    notable: state.notable,
  };
}

/** The state that a snapshot was taken of; folding may go on from there. */
export function restoreSnapshot(snapshot: Snapshot): MilestoneState {
  const {plan, stored, tasks, removed, blockers, unreported, recent, notable} = snapshot;
  const state: MilestoneState = Object.assign(initialState({...plan, tasks: []}), stored);
  const stateOf = new Map(plan.tasks.map((task, index) => [task.id, tasks[index] as TaskState]));
  adoptPlan(state, plan, id => stateOf.get(id) as TaskState);
  for (const blocker of blockers) putBlocker(state, blocker);
  state.removed = new Map(removed);
  state.unreported = new Set(unreported);
  state.recent = recent;
  state.notable = notable;
  return state;
}
