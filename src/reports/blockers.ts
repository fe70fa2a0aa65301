// What a person wants to know of a blocker: who has to act, how it clears, what it holds up, what to type. Pure.

import {driverName} from '../drivers/driver-name.ts';
import type {BlockerType} from '../events/details/blocker.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {type Holder, isAtWork} from '../lock/lock-holder.ts';
import {criticalPath} from '../plan/graph.ts';
import {taskInPhase} from '../plan/kiro-plan.ts';
import type {MilestoneId, Plan, Task, TaskId} from '../plan/plan.ts';
import {BLOCKER_KINDS, type BlockerKind, blockerFields, haltsEverything, heldUpBy} from '../state/blockers.ts';
import {type Blocker, type MilestoneState, phaseInWork} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';

export interface BlockerReport {
  id: string;
  type: BlockerType;
  message: string;
  task_id?: TaskId;
  driver?: string;
  since: Timestamp;
  hint: string;
  /** Who has to act. */
  who: BlockerKind['who'];
}

export interface BlockerDetails extends BlockerReport {
  /** How it clears. */
  clears: string;
  /** Unfinished tasks that cannot go on before it clears; of a task's own blocker those that depend on it. */
  holds_up: {count: number; critical_path: boolean};
  /** What to type. */
  command: string;
}

/** What a status says of a blocker. */
export function blockerReport(blocker: Blocker): BlockerReport {
  const {hint, type} = blocker;
  return {
    ...blockerFields(blocker),
    hint,
    who: BLOCKER_KINDS[type].who,
  };
}

export interface BlockerFacts {
  /** While an executor is at work, what clears by itself will. */
  executed: Holder['who'];
  /** Driver of config.yaml for tasks that name none. */
  projectDriver: string | undefined;
}

/** All there is to say of open blockers, the ones that hold most first. */
export function blockerDetails(
  state: MilestoneState,
  facts: BlockerFacts,
  blockers: Iterable<Blocker> = state.blockers.values(),
): BlockerDetails[] {
  const path = criticalPathOf(state.plan);
  return [...blockers]
    .map(blocker => {
      const held = heldUp(state, blocker, facts);
      const isCritical = [...held, ...(blocker.taskId === undefined ? [] : [blocker.taskId])].some(id => path.has(id));
      const task = blocker.taskId === undefined ? undefined : state.taskById.get(blocker.taskId);
      return {
        ...blockerReport(blocker),
        clears: BLOCKER_KINDS[blocker.type].clears,
        holds_up: {count: held.length, critical_path: isCritical},
        command: blockerCommand(state.id, blockerReport(blocker), {
          executed: facts.executed,
          isShell: task?.run !== undefined,
        }),
      };
    })
    .sort((a, b) => b.holds_up.count - a.holds_up.count);
}

/** Plans are immutable, so what was worked out for one stays true. */
const criticalPaths = new WeakMap<Plan, ReadonlySet<TaskId>>();

function criticalPathOf(plan: Plan): ReadonlySet<TaskId> {
  let path = criticalPaths.get(plan);
  if (!path) {
    path = new Set(criticalPath(plan.tasks));
    criticalPaths.set(plan, path);
  }
  return path;
}

function heldUp(state: MilestoneState, blocker: Blocker, {projectDriver}: BlockerFacts): TaskId[] {
  if (blocker.taskId !== undefined) return heldUpBy(state, blocker.taskId);
  const isHeld = haltsEverything(blocker)
    ? () => true
    : (task: Task) => blocker.driver !== undefined && driverNow(state, task, projectDriver) === blocker.driver;
  return state.plan.tasks.flatMap(task => {
    const current = state.tasks.get(task.id);
    return current && !isSatisfied(current) && isHeld(task) ? task.id : [];
  });
}

function driverNow(state: MilestoneState, task: Task, projectDriver: string | undefined): string {
  const phase = phaseInWork(state, task.id);
  const current = phase === undefined ? task : taskInPhase(task, phase);
  return driverName(current, state.plan.settings.driver ?? projectDriver);
}

/** Kinds that an executor clears by itself as soon as it can. */
const CLEARS_ITSELF: readonly BlockerType[] = [
  'disk_space',
  'milestone_dependency',
  'quota',
  'branch_rewritten',
  'branch_checked_out',
];

/** The one command that deals with a blocker, or shows how it clears. */
export function blockerCommand(
  id: MilestoneId,
  {type, task_id, driver, hint}: Pick<BlockerReport, 'type' | 'task_id' | 'driver'> & {hint?: string},
  {executed, isShell = false}: {executed: Holder['who']; isShell?: boolean},
): string {
  if (type === 'plan_invalid') return `milestone validate ${id}`;
  // Both clear by themselves: what is missing is a worker, which the hint spells out, or a database that answers.
  if (type === 'no_worker') return /`([^`]+)`/.exec(hint ?? '')?.[1] ?? 'milestone worker';
  if (type === 'workers_unreachable') return 'milestone workers';
  // What runs a command reads no answer: it only waits for leave to run again.
  if (type === 'question' && task_id !== undefined && !isShell) return `milestone answer ${id} ${task_id} "…"`;
  if (task_id !== undefined && driver === undefined) return `milestone retry ${id} ${task_id}`;
  return isAtWork(executed) && CLEARS_ITSELF.includes(type) ? `milestone blockers ${id}` : `milestone resume ${id}`;
}
