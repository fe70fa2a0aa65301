// By what processes are found that an executor has left running.

import type {MilestoneState} from './milestone.ts';

/**
 * What belongs to no attempt carries the execution's id, so that the next executor finds it, and the number of its home:
 * a copy of that has the same log.
 * @param home As `folderNumber` has it.
 */
export function milestoneToken(state: Pick<MilestoneState, 'id' | 'activation'>, home: string): string {
  return `${executionOf(state)}@${home}`;
}

function executionOf({id, activation}: Pick<MilestoneState, 'id' | 'activation'>): string {
  return activation?.executionId ?? id;
}

/**
 * By what to find what the last executor of a home has left running.
 * @param home As `folderNumber` has it.
 * @returns `attempts`: of those that the log says are running; none where that log came from another home.
 */
export function leftBehind(state: MilestoneState, home: string): {milestone: string[]; attempts: string[]} {
  const where = state.session?.home;
  if (where !== undefined && where !== home) return {milestone: [milestoneToken(state, home)], attempts: []};
  const attempts = [...state.running].flatMap(id => {
    const task = state.tasks.get(id);
    return task?.status === 'in_progress' ? task.token : [];
  });
  // Earlier versions did not say where they were, and gave the execution's id alone.
  return {milestone: [milestoneToken(state, home), ...(where === undefined ? [executionOf(state)] : [])], attempts};
}
