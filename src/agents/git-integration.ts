import type {ExecutionContext} from '../engine/context.ts';
import {integrate} from '../engine/integrate.ts';
import type {TaskId} from '../milestone/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {Agent} from './agent.ts';

const FIVE_MINUTES_MS = 300_000;

/** Owns a task from `task_claimed` to `task_completed`: checks, merge queue, commit. */
export const gitIntegration: Agent = {
  name: 'git-integration',
  restMs: FIVE_MINUTES_MS,
  wakesOn: ['task_claimed'],
  tick(context) {
    for (const id of context.state.running) {
      const task = taskState(context.state, id);
      if (task.status !== 'in_progress' || task.stage !== 'claimed') continue;
      if (needsNothing(context, id))
        context.record({event: 'task_completed', details: {task_id: id, attempt: task.attempt, checked: false}});
      else context.jobs.start(`integrate ${id}`, () => integrate(context, id));
    }
  },
};

/** No checks and nothing to commit: completion needs no job, and shares its sync with the claim. */
function needsNothing(context: ExecutionContext, id: TaskId): boolean {
  const {taskVerify, milestoneVerify} = context.settingsOf(id);
  return !context.workspace.integration && taskVerify === undefined && milestoneVerify === undefined;
}
