import {driverName} from '../drivers/driver-name.ts';
import {MANUAL_DRIVER} from '../drivers/manual.ts';
import {isKiro, KIRO_PHASES, phaseWeights, taskInPhase} from '../plan/kiro-plan.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import {isReady} from '../state/is-ready.ts';
import {isOver} from '../state/milestone.ts';
import {milestoneProgress, taskProgress} from '../state/progress.ts';
import type {Snapshot} from '../state/snapshot.ts';
import {isSatisfied, type ShownStatus, shownStatus, type TaskState, UNTOUCHED} from '../state/task.ts';

/** What there is to say of all tasks together. */
export interface TaskSummary {
  counts: Record<ShownStatus, number>;
  percentage: number;
  /** Completed without a green check on record. */
  unchecked: number;
  /** Ready tasks that need no person, in the order of the plan; at most ten of them. */
  next: TaskId[];
  /** How many they all are. */
  ready: number;
  /** Ready tasks that only a person can do. */
  manual: TaskId[];
}

const NEXT = 10;

/** Sum up the tasks; linear in their number. */
export function summarise({plan, stored, tasks}: Snapshot, projectDriver: string | undefined): TaskSummary {
  const touched = tasks.filter(task => task !== UNTOUCHED);
  const pending = tasks.length - touched.length;
  const counts = {pending, in_progress: 0, kiro_managed: 0, completed: 0, failed: 0, blocked: 0, skipped: 0};
  const weights = phaseWeights(plan.kiro_configuration);
  let progress = 0;
  let unchecked = 0;
  for (const task of touched) {
    counts[shownStatus(task)]++;
    progress += taskProgress(task, weights);
    if (task.status === 'completed' && !task.checked) unchecked++;
  }
  const driver = plan.settings.driver ?? projectDriver;
  const isManual = (task: Task) => driverName(task, driver) === MANUAL_DRIVER;
  const ready =
    isOver(stored.status) || counts.pending + counts.kiro_managed === 0 ? [] : readyTasks(plan.tasks, tasks);
  const manual = ready.filter(isManual).map(({id}) => id);
  const next = manual.length > 0 ? ready.filter(task => !isManual(task)) : ready;
  return {
    counts,
    percentage: milestoneProgress(progress, tasks.length),
    unchecked,
    next: next.slice(0, NEXT).map(({id}) => id),
    ready: next.length,
    manual,
  };
}

/** A task as it is worked on next: a kiro task in its phase. */
export function taskNow(task: Task, {history: {kiro}}: TaskState): Task {
  return isKiro(task) ? taskInPhase(task, kiro?.phase ?? KIRO_PHASES[0]) : task;
}

/** Tasks that could start, each as it would be worked on. */
function readyTasks(plan: readonly Task[], tasks: readonly TaskState[]): Task[] {
  const done = plan.filter((_, place) => isSatisfied(tasks[place] as TaskState));
  const satisfied = new Set(done.map(({id}) => id));
  const isMet = (id: TaskId) => satisfied.has(id);
  const ready: Task[] = [];
  plan.forEach((task, place) => {
    const state = tasks[place] as TaskState;
    if (isReady(state, 0) && (task.dependencies?.every(isMet) ?? true)) ready.push(taskNow(task, state));
  });
  return ready;
}
