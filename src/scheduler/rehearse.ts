// What an execution would do from here: which tasks would run, in which waves, and why the others would not. Pure.

import {driverName, SHELL_DRIVER} from '../drivers/driver-name.ts';
import {MANUAL_DRIVER} from '../drivers/manual.ts';
import {criticalPath, type GraphTask, topologicalOrder, waves} from '../plan/graph.ts';
import {gateOf, KIRO_PHASES, phaseAfter, phasesBefore, taskInPhase} from '../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, Task, TaskId} from '../plan/plan.ts';
import {waitingPhase} from '../state/kiro.ts';
import {type MilestoneState, phaseInWork, taskState} from '../state/milestone.ts';

export type Action = 'run' | 'continue' | 'adopt' | 'done' | 'skip' | 'hold';

export interface PlannedTask {
  id: TaskId;
  driver: string;
  /** Tasks that come first. */
  after: readonly TaskId[];
  /** Counts from 1 over the tasks that would run; 0 for one that would not. */
  wave: number;
  action: Action;
  why: string;
}

export interface DryRunPlan {
  id: MilestoneId;
  /** In the order of the plan. */
  tasks: PlannedTask[];
  /** Ids by wave. An execution does not wait for a whole wave: a task starts as soon as its own dependencies are done. */
  waves: TaskId[][];
  /** The longest chain of tasks that would run; a task counts its estimated hours, else 1. */
  critical_path: TaskId[];
}

export interface DryRunOptions {
  /** Driver of tasks that name none: the milestone's, else the project's, else the one that is found here. */
  driver: string | undefined;
  /** Why nobody can do a task, for want of its driver; undefined where somebody can. */
  missingDriver(task: Task): MissingDriver | undefined;
  /** Whether no person is asked at the gates of kiro tasks. */
  passesGates: boolean;
  /** What the run is restricted to. */
  selection: ReadonlySet<TaskId> | undefined;
}

export interface MissingDriver {
  message: string;
  hint?: string;
}

/** Work out what an execution of this state would do. */
export function planDryRun(state: MilestoneState, options: DryRunOptions): DryRunPlan {
  const decided = decideAll(state, options);
  const running = state.plan.tasks.filter(({id}) => isWork(decided.get(id)?.action));
  const remaining = running.map(task => withinPlan(task, decided));
  const waveOf = waves(remaining);
  return {
    id: state.id,
    tasks: state.plan.tasks.map(task => ({
      id: task.id,
      driver: driverName(inItsPhase(state, task), options.driver),
      after: task.dependencies ?? [],
      wave: waveOf.get(task.id) ?? 0,
      ...shown(decided.get(task.id) ?? {action: 'hold', why: 'it depends on itself'}),
    })),
    waves: group(waveOf),
    critical_path: criticalPath(remaining),
  };
}

/** What keeps tasks that would start at once from being done: the drivers that are missing, in the order of the plan. */
export function missingDrivers(state: MilestoneState, options: DryRunOptions): MissingDriver[] {
  const decided = decideAll(state, options);
  return state.plan.tasks.flatMap(({id}) => decided.get(id)?.missing ?? []);
}

interface Decision extends Pick<PlannedTask, 'action' | 'why'> {
  missing?: MissingDriver;
}

function shown({action, why}: Decision): Decision {
  return {action, why};
}

function decideAll(state: MilestoneState, options: DryRunOptions): Map<TaskId, Decision> {
  const decided = new Map<TaskId, Decision>();
  for (const id of topologicalOrder(state.plan.tasks)) {
    const task = state.taskById.get(id) as Task;
    decided.set(id, decide(state, task, options, decided));
  }
  return decided;
}

function decide(
  state: MilestoneState,
  task: Task,
  options: DryRunOptions,
  decided: ReadonlyMap<TaskId, Decision>,
): Decision {
  const decision =
    decidedAlready(state, task) ?? held(state, task, options, decided) ?? toRun(state, task, options, decided);
  return isWork(decision.action) ? {...decision, why: `${decision.why}${phasesLeft(state, task, options)}`} : decision;
}

/** What no execution changes any more by itself. */
function decidedAlready(state: MilestoneState, {id}: Task): Decision | undefined {
  const task = taskState(state, id);
  switch (task.status) {
    case 'completed':
      return {
        action: 'done',
        why: task.commit === undefined ? 'completed' : `completed as ${task.commit.slice(0, 10)}`,
      };
    case 'skipped':
      return {action: 'skip', why: task.reason === undefined ? 'skipped' : `skipped: ${task.reason}`};
    case 'failed':
      return {action: 'hold', why: `${task.message}; \`milestone retry ${state.id} ${id}\` makes it pending`};
    case 'blocked':
      return {
        action: 'hold',
        why: `${state.blockers.get(task.blockerId)?.message ?? 'blocked'}; \`milestone retry ${state.id} ${id}\` makes it pending`,
      };
    default:
      return undefined;
  }
}

/** What keeps a task that could run from doing so. */
function held(
  state: MilestoneState,
  task: Task,
  {driver, selection, missingDriver, passesGates}: DryRunOptions,
  decided: ReadonlyMap<TaskId, Decision>,
): Decision | undefined {
  if (selection && !selection.has(task.id))
    return {action: 'hold', why: 'not among the tasks that this run is restricted to'};
  const waitsFor = task.dependencies?.find(id => decided.get(id)?.action === 'hold');
  if (waitsFor !== undefined) return {action: 'hold', why: `waits for \`${waitsFor}\`, which would not be completed`};
  const {kiro} = taskState(state, task.id).history;
  const waiting = kiro && waitingPhase(kiro);
  if (waiting !== undefined && !passesGates)
    return {action: 'hold', why: `its ${waiting} waits for approval: \`milestone approve ${state.id} ${task.id}\``};
  const now = inItsPhase(state, task);
  const phase = phaseToDo(state, task.id);
  if (driverName(now, driver) === MANUAL_DRIVER)
    return {action: 'hold', why: phase === undefined ? 'a person does it' : `a person does its ${phase}`};
  const missing = missingDriver(now);
  return missing && {action: 'hold', why: missing.message, missing};
}

/** The phase of a kiro task that is to be done now: the next one, where one is through. */
export function phaseToDo(state: MilestoneState, id: TaskId): KiroPhase | undefined {
  const phase = phaseInWork(state, id);
  const {kiro} = taskState(state, id).history;
  if (phase === undefined || !kiro) return phase;
  const {status} = kiro.phases[phase];
  const isThrough = status === 'approved' || status === 'completed' || status === 'waiting_approval';
  return (isThrough ? phaseAfter(phase) : undefined) ?? phase;
}

function inItsPhase(state: MilestoneState, task: Task): Task {
  const phase = phaseToDo(state, task.id);
  return phase === undefined ? task : taskInPhase(task, phase);
}

/** Of a kiro task: which phases are left, and behind which of them a person is asked. */
function phasesLeft(state: MilestoneState, task: Task, {passesGates}: DryRunOptions): string {
  const phase = phaseToDo(state, task.id);
  if (phase === undefined) return '';
  const left = KIRO_PHASES.slice(KIRO_PHASES.indexOf(phase));
  const gated = passesGates ? [] : left.filter(one => gateOf(state.plan, task, one).required);
  const count = left.length === 1 ? '' : `, ${left.length} phases`;
  return `; ${phase}${count}${gated.length > 0 ? `, approval asked after ${gated.join(', ')}` : ''}`;
}

function toRun(
  state: MilestoneState,
  task: Task,
  {driver}: DryRunOptions,
  decided: ReadonlyMap<TaskId, Decision>,
): Decision {
  const {history, ...now} = taskState(state, task.id);
  // Only coding agents go on from their own work; a shell task starts from the clean head.
  const again = driverName(inItsPhase(state, task), driver) === SHELL_DRIVER ? 'run' : 'continue';
  if (now.status === 'in_progress' && now.stage === 'integrating')
    return {action: 'adopt', why: `attempt ${now.attempt} has done its work, which waits to be merged`};
  if (now.status === 'in_progress') return {action: again, why: `attempt ${now.attempt} was interrupted`};
  const phase = phaseToDo(state, task.id);
  const before = phase && phasesBefore(phase).at(-1);
  if (before !== undefined && phase !== undefined && history.kiro?.phases[phase].status === 'pending')
    return {action: 'continue', why: `its ${before} is done`};
  if (history.attempts > 0)
    return {action: again, why: `attempt ${history.attempts} ${history.failure?.message ?? 'did not complete it'}`};
  const open = (task.dependencies ?? []).filter(id => isWork(decided.get(id)?.action));
  if (open.length > 0) return {action: 'run', why: `after ${open.map(id => `\`${id}\``).join(', ')}`};
  return {action: 'run', why: task.dependencies?.length ? 'what it depends on is done' : 'depends on nothing'};
}

function isWork(action: Action | undefined): boolean {
  return action === 'run' || action === 'continue' || action === 'adopt';
}

/** The task, with those dependencies that are still to be done. */
function withinPlan({id, dependencies, estimated_hours}: Task, decided: ReadonlyMap<TaskId, Decision>): GraphTask {
  return {
    id,
    dependencies: (dependencies ?? []).filter(dependency => isWork(decided.get(dependency)?.action)),
    ...(estimated_hours !== undefined && {estimated_hours}),
  };
}

function group(waveOf: ReadonlyMap<TaskId, number>): TaskId[][] {
  const groups: TaskId[][] = [];
  for (const [id, wave] of waveOf) {
    groups[wave - 1] ??= [];
    groups[wave - 1]?.push(id);
  }
  return groups;
}
