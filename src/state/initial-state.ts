import {phaseWeights} from '../plan/kiro-plan.ts';
import type {ImportedState, Plan, TaskId} from '../plan/plan.ts';
import type {MilestoneState} from './milestone.ts';
import {adoptPlan, noCounts} from './plan-in-force.ts';
import {initialTask} from './task.ts';

/**
 * The state before the first event: the plan, and what its file says of completed tasks.
 * @param checked Of those that a green check vouches for.
 */
export function initialState(
  plan: Plan,
  imported: ImportedState['tasks'] = {},
  checked: readonly TaskId[] = [],
): MilestoneState {
  const state: MilestoneState = {
    id: plan.id,
    seq: 0,
    status: 'planned',
    plan,
    taskById: new Map(),
    tasks: new Map(),
    removed: new Map(),
    dependants: new Map(),
    unmet: new Map(),
    waiting: new Map(),
    running: new Set(),
    queued: new Set(),
    counts: noCounts(),
    stuck: new Set(),
    unexplained: new Set(),
    unreported: new Set(),
    kiroTasks: new Set(),
    nextStep: {program: new Set(), person: new Set()},
    weights: phaseWeights(undefined),
    unchecked: 0,
    progressSum: 0,
    blockers: new Map(),
    blockersOf: new Map(),
    untold: new Set(),
    pausedDrivers: {},
    driverTroubles: {},
    executedMs: 0,
    spending: {used: {}, estimated: {}, reported: {}, reserved: {}},
    asides: [],
    branchCreated: false,
    agents: {},
    recent: [],
    notable: [],
  };
  const vouched = new Set(checked);
  adoptPlan(state, plan, id => initialTask(imported[id], vouched.has(id)));
  return state;
}
