import {KIRO_PHASES, type PhaseWeights} from '../plan/kiro-plan.ts';
import type {KiroPhase} from '../plan/plan.ts';
import type {KiroState, PhaseStatus} from './kiro.ts';
import type {TaskState} from './task.ts';

const PHASE_PERCENT: Record<PhaseStatus, number> = {
  pending: 0,
  in_progress: 60,
  waiting_approval: 90,
  approved: 100,
  completed: 100,
  blocked: 30,
};

/** Share of a task that counts as done, 0 to 100: 0 pending, 50 in progress, 100 completed or skipped. */
export function taskProgress(task: TaskState, weights: PhaseWeights): number {
  if (task.status === 'completed' || task.status === 'skipped') return 100;
  if (task.history.kiro) return kiroProgress(task.history.kiro, weights);
  return task.status === 'in_progress' ? 50 : 0;
}

/** Sum over the phases of their share, each rounded down. */
export function kiroProgress({phases}: KiroState, weights: PhaseWeights): number {
  return KIRO_PHASES.reduce(
    (sum, phase) => sum + Math.floor((weights[phase] * PHASE_PERCENT[phases[phase].status]) / 100),
    0,
  );
}

/** Per cent of one phase that is done. */
function phaseProgress(task: TaskState, phase: KiroPhase): number {
  if (task.status === 'completed' || task.status === 'skipped') return 100;
  return task.history.kiro ? PHASE_PERCENT[task.history.kiro.phases[phase].status] : 0;
}

/** Average over the tasks in whole per cent, rounded down; 0 for no tasks. */
export function milestoneProgress(sumOfTasks: number, tasks: number): number {
  return tasks === 0 ? 0 : Math.floor(sumOfTasks / tasks);
}

/** Average of each phase over the kiro tasks in whole per cent, rounded down; undefined without such a task. */
export function phaseAverages(kiroTasks: readonly TaskState[]): Record<KiroPhase, number> | undefined {
  if (kiroTasks.length === 0) return undefined;
  const average = (phase: KiroPhase) =>
    milestoneProgress(
      kiroTasks.reduce((sum, task) => sum + phaseProgress(task, phase), 0),
      kiroTasks.length,
    );
  return {design: average('design'), spec: average('spec'), task: average('task'), execute: average('execute')};
}
