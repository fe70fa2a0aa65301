// The tasks of a state, and what is derived from them (S2, S3 in milestone.ts).

import {isKiro, phaseWeights} from '../plan/kiro-plan.ts';
import type {Plan, TaskId} from '../plan/plan.ts';
import type {PlanChange} from '../plan/plan-diff.ts';
import {followHeldUp, recordedHeldUp} from './held-up.ts';
import {nextStepIsOf} from './kiro-task.ts';
import type {MilestoneState} from './milestone.ts';
import {explain} from './open-blockers.ts';
import {taskProgress} from './progress.ts';
import {
  isSatisfied,
  isStuck,
  returnedTask,
  type ShownStatus,
  shownStatus,
  type TaskState,
  withoutPhases,
} from './task.ts';

/** The plan after a recorded change. */
export function changedPlan(plan: Plan, change: PlanChange): Plan {
  const byId = new Map(plan.tasks.map(task => [task.id, task]));
  for (const [id, task] of Object.entries(change.tasks ?? {})) {
    if (task) byId.set(id, task);
    else byId.delete(id);
  }
  const order = change.order ?? [...byId.keys()];
  return {...(change.milestone ?? plan), tasks: order.flatMap(id => byId.get(id) ?? [])};
}

/** Put a changed plan in force. What is put back goes on counting its attempts: what they left is kept by number. */
export function adoptChange(state: MilestoneState, change: PlanChange): void {
  const {tasks: before, removed} = state;
  adoptPlan(state, changedPlan(state.plan, change), id => before.get(id) ?? returnedTask(removed.get(id) ?? 0));
  for (const [id, {history}] of before)
    if (history.attempts > 0 && !state.tasks.has(id)) removed.set(id, Math.max(history.attempts, removed.get(id) ?? 0));
}

/** Put a plan in force; every task of it gets the state that `stateOf` gives. */
export function adoptPlan(state: MilestoneState, plan: Plan, stateOf: (id: TaskId) => TaskState): void {
  const next = plan.tasks.map(task => [task.id, stateOf(task.id)] as const);
  const recorded = recordedHeldUp(state);
  state.plan = plan;
  state.taskById = new Map(plan.tasks.map(task => [task.id, task]));
  state.tasks = new Map();
  state.running = new Set();
  state.queued = new Set();
  state.dependants = new Map();
  state.unmet = new Map();
  state.waiting = new Map();
  state.counts = noCounts();
  state.stuck = new Set();
  state.unexplained = new Set();
  state.unreported = new Set();
  state.nextStep = {program: new Set(), person: new Set()};
  state.kiroTasks = new Set(plan.tasks.flatMap(task => (isKiro(task) ? task.id : [])));
  state.weights = phaseWeights(plan.kiro_configuration);
  state.unchecked = 0;
  state.progressSum = 0;
  for (const task of plan.tasks) {
    const dependencies = new Set(task.dependencies);
    state.unmet.set(task.id, dependencies.size);
    for (const dependency of dependencies) {
      const dependants = state.dependants.get(dependency);
      if (dependants) dependants.push(task.id);
      else state.dependants.set(dependency, [task.id]);
      state.waiting.set(dependency, (state.waiting.get(dependency) ?? 0) + 1);
    }
  }
  for (const [id, task] of next) setTask(state, id, task);
  for (const key of recorded) state.unreported.delete(key);
}

/** Put a task into another state. */
export function setTask(state: MilestoneState, id: TaskId, next: TaskState): void {
  const before = state.tasks.get(id);
  if (before === next) return;
  const task = forgetsPhases(state, id, next) ? {...next, history: withoutPhases(next.history)} : next;
  state.tasks.set(id, task);
  if (before) count(state, before, -1);
  count(state, task, 1);
  setMember(state.running, id, task.status === 'in_progress');
  setMember(state.queued, id, task.status === 'in_progress' && task.queued !== undefined);
  setMember(state.stuck, id, isStuck(task));
  const step = nextStepIsOf(task);
  setMember(state.nextStep.program, id, step === 'program');
  setMember(state.nextStep.person, id, step === 'person');
  followHeldUp(state, id, before);
  explain(state, id);
  const change = Number(isSatisfied(task)) - Number(before !== undefined && isSatisfied(before));
  if (change === 0) return;
  for (const dependant of state.dependants.get(id) ?? [])
    state.unmet.set(dependant, (state.unmet.get(dependant) ?? 0) - change);
  for (const dependency of new Set(state.taskById.get(id)?.dependencies)) {
    state.waiting.set(dependency, (state.waiting.get(dependency) ?? 0) - change);
    explain(state, dependency);
  }
}

function setMember(ids: Set<TaskId>, id: TaskId, isIn: boolean): void {
  if (isIn) ids.add(id);
  else ids.delete(id);
}

/** The plan may say that a task is no kiro task any more; an attempt that runs ends as what it began as. */
function forgetsPhases({kiroTasks}: MilestoneState, id: TaskId, {status, history}: TaskState): boolean {
  return history.kiro !== undefined && !kiroTasks.has(id) && ['pending', 'failed', 'blocked'].includes(status);
}

function count(state: MilestoneState, task: TaskState, by: 1 | -1): void {
  state.counts[shownStatus(task)] += by;
  state.progressSum += by * taskProgress(task, state.weights);
  if (task.status === 'completed' && !task.checked) state.unchecked += by;
}

/** Of no tasks. */
export function noCounts(): Record<ShownStatus, number> {
  return {pending: 0, in_progress: 0, kiro_managed: 0, completed: 0, failed: 0, blocked: 0, skipped: 0};
}
