// What an execution would stop for, or do otherwise than somebody expects who is asleep by then. Pure.

import {driverName, SHELL_DRIVER} from '../drivers/driver-name.ts';
import {MANUAL_DRIVER} from '../drivers/manual.ts';
import {gateOf, KIRO_PHASES, taskInPhase} from '../plan/kiro-plan.ts';
import type {KiroPhase, Settings, Task, TaskId} from '../plan/plan.ts';
import {resolveTaskSettings} from '../plan/settings.ts';
import {type MissingDriver, phaseToDo} from '../scheduler/rehearse.ts';
import {waitingPhase} from '../state/kiro.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';
import {type Uncommitted, unseenText} from './uncommitted.ts';

export interface WillStop {
  kind:
    | 'refused'
    | 'plan_refused'
    | 'failed'
    | 'gate'
    | 'manual'
    | 'agent_missing'
    | 'workers'
    | 'no_check'
    | 'no_budget'
    | 'disk'
    | 'uncommitted';
  text: string;
  /** Those that it is about; none: all of it. */
  tasks: TaskId[];
}

export interface WillStopFacts {
  /** Driver of tasks that name none. */
  driver: string | undefined;
  missingDriver(task: Task): MissingDriver | undefined;
  /** Why whoever reviews it is not there. */
  missingReviewer(task: Task): MissingDriver | undefined;
  /** Why it does not begin at all. */
  refusal?: {message: string} | undefined;
  /** What is wrong with an edit of the plan, so that the plan before it stays in force. */
  refusedEdit?: string | undefined;
  /** Whether a task goes to a worker. */
  goesOut(task: Task): boolean;
  passesGates: boolean;
  selection: ReadonlySet<TaskId> | undefined;
  /** Of config.yaml. */
  project: Settings;
  /** Bytes that slots would take and that are free; absent outside git. */
  disk?: {needed: number; free: number};
  uncommitted?: Uncommitted | undefined;
}

/** A task, or a phase of one, that is still to be done. */
interface Work {
  id: TaskId;
  task: Task;
  phase: KiroPhase | undefined;
}

/** The most certain first; none when it runs through. */
export function willStop(state: MilestoneState, facts: WillStopFacts): WillStop[] {
  const {open, isStuck, works} = toDo(state, facts);
  const driverOf = ({task}: Work) => driverName(task, facts.driver);
  const manual = works.filter(work => driverOf(work) === MANUAL_DRIVER);
  const agents = works.filter(work => ![MANUAL_DRIVER, SHELL_DRIVER].includes(driverOf(work)));
  const whoIsMissing = ({task}: Work) =>
    [facts.missingDriver(task), facts.missingReviewer(task)].flatMap(one => one?.message ?? []);
  const missing = works.filter(work => whoIsMissing(work).length > 0);
  const sentOut = works.filter(({task}) => facts.goesOut(task));
  const settingsOf = ({task}: Work) => resolveTaskSettings(task, state.plan.settings, facts.project);
  return [
    ...ofAll('refused', facts.refusal && `it cannot begin: ${facts.refusal.message}`),
    ...ofAll('plan_refused', facts.refusedEdit && `the plan on disk is not valid: ${facts.refusedEdit}`),
    ...about('failed', open.filter(isStuck), 'failed or blocked, until somebody tries them again'),
    ...gates(state, open, facts),
    ...about('manual', manual, 'a person does'),
    ...about('agent_missing', missing, [...new Set(missing.flatMap(whoIsMissing))].join('; ')),
    ...about('workers', sentOut, 'for workers, and only `milestone workers` asks whether any are there'),
    ...about(
      'no_check',
      agents.filter(work => isUnchecked(work, state, facts)),
      'no check, so they would be done, unchecked',
    ),
    ...noBudget(agents, state.plan.settings.budget ?? facts.project.budget, settingsOf),
    ...disk(facts.disk),
    ...ofAll('uncommitted', facts.uncommitted && unseenText(facts.uncommitted)),
  ];
}

/**
 * Commands that nothing but their own exit code speaks for. They stop nothing, and would be done, unchecked; of agents,
 * whose word counts for nothing, `willStop` says it.
 */
export function uncheckedCommands(
  state: MilestoneState,
  facts: Pick<WillStopFacts, 'selection' | 'project'>,
): TaskId[] {
  const {works} = toDo(state, facts);
  return works.flatMap(work =>
    driverName(work.task, undefined) === SHELL_DRIVER && isUnchecked(work, state, facts) ? work.id : [],
  );
}

function toDo(state: MilestoneState, {selection}: Pick<WillStopFacts, 'selection'>) {
  const open = state.plan.tasks.filter(({id}) => !isSatisfied(taskState(state, id)) && (selection?.has(id) ?? true));
  const isStuck = ({id}: Task) => ['failed', 'blocked'].includes(taskState(state, id).status);
  return {open, isStuck, works: open.filter(task => !isStuck(task)).flatMap(task => worksOf(state, task))};
}

function isUnchecked(
  {task, phase = 'execute'}: Work,
  state: MilestoneState,
  {project}: Pick<WillStopFacts, 'project'>,
): boolean {
  const {taskVerify, milestoneVerify} = resolveTaskSettings(task, state.plan.settings, project);
  return phase === 'execute' && taskVerify === undefined && milestoneVerify === undefined;
}

function worksOf(state: MilestoneState, task: Task): Work[] {
  const phase = phaseToDo(state, task.id);
  if (phase === undefined) return [{id: task.id, task, phase}];
  const left = KIRO_PHASES.slice(KIRO_PHASES.indexOf(phase));
  return left.map(phase => ({id: task.id, task: taskInPhase(task, phase), phase}));
}

function gates(state: MilestoneState, open: readonly Task[], {passesGates}: WillStopFacts): WillStop[] {
  if (passesGates) return [];
  return open.flatMap(task => {
    const {kiro} = taskState(state, task.id).history;
    const waiting = kiro && waitingPhase(kiro);
    const left = worksOf(state, task).flatMap(({phase}) => phase ?? []);
    const gated = left.filter(phase => phase !== waiting && gateOf(state.plan, task, phase).required);
    const phases = [...(waiting === undefined ? [] : [waiting]), ...gated];
    const text = `approval is asked for the ${phases.join(', ')} of \`${task.id}\``;
    return phases.length === 0 ? [] : [{kind: 'gate', text, tasks: [task.id]}];
  });
}

function noBudget(
  agents: readonly Work[],
  ofAll: Settings['budget'],
  settingsOf: (work: Work) => {budget?: object | undefined},
): WillStop[] {
  const unbounded = ofAll === undefined ? agents.filter(work => settingsOf(work).budget === undefined) : [];
  return about('no_budget', unbounded, 'no budget bounds what agents may spend on');
}

function disk(space: WillStopFacts['disk']): WillStop[] {
  if (!space || space.needed <= space.free) return [];
  return ofAll('disk', `slots need ${bytes(space.needed)}, and ${bytes(space.free)} are free`);
}

function ofAll(kind: WillStop['kind'], text: string | undefined): WillStop[] {
  return text === undefined ? [] : [{kind, text, tasks: []}];
}

/** Tasks that are named; the rest is counted. */
const NAMED = 5;

function about(kind: WillStop['kind'], works: ReadonlyArray<{id: TaskId}>, what: string): WillStop[] {
  const ids = [...new Set(works.map(({id}) => id))];
  return ids.length === 0 ? [] : [{kind, text: `${what}: ${someOf(ids)}`, tasks: ids}];
}

/** Some of many tasks, and how many more there are. */
export function someOf(ids: readonly TaskId[]): string {
  const named = ids.slice(0, NAMED).map(id => `\`${id}\``);
  return `${named.join(', ')}${ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ''}`;
}

function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), units.length - 1);
  return `${(count / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
