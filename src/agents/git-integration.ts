import {completeByHand} from '../attempt/complete-by-hand.ts';
import {finishPhase} from '../attempt/finish-phase.ts';
import {integrate} from '../attempt/integrate.ts';
import {MilestoneError} from '../errors.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {ExecutionContext} from '../execution/context.ts';
import type {TaskId} from '../plan/plan.ts';
import {taskState} from '../state/milestone.ts';
import {BranchSync} from './sync-branch.ts';

const FIVE_MINUTES_MS = 300_000;
/** Fewer changed files are quickly done again. */
const FILES_WORTH_A_CHECKPOINT = 10;

/** Owns a task from `task_claimed` to `task_completed`: checks, merge queue, commit. Saves the work of long attempts. */
export function gitIntegration(): Agent {
  let checkpointAt: number | undefined;
  const sync = new BranchSync();
  /** Tasks whose work could not be saved at some time. */
  const warned = new Set<TaskId>();
  return {
    name: 'git-integration',
    restMs: FIVE_MINUTES_MS,
    wakesOn: ['task_claimed', 'task_completed'],
    tick(context) {
      integrateClaimed(context);
      sync.tick(context);
      const now = context.clock.elapsed();
      checkpointAt ??= now + FIVE_MINUTES_MS;
      if (now < checkpointAt) return;
      checkpointAt = now + FIVE_MINUTES_MS;
      if (context.workspace.integration) context.jobs.start('checkpoints', () => saveCheckpoints(context, warned));
    },
  };
}

function integrateClaimed(context: ExecutionContext): void {
  for (const id of context.state.running) {
    const task = taskState(context.state, id);
    if (task.status !== 'in_progress' || task.stage !== 'claimed') continue;
    if (task.phase !== undefined && task.phase !== 'execute') {
      const {phase} = task;
      context.jobs.start(`finish ${phase} of ${id}.${task.attempt}`, () => finishPhase(context, id, phase));
    } else if (task.slot < 0) context.jobs.start(`integrate ${id}.${task.attempt}`, () => completeByHand(context, id));
    else if (needsNothing(context, id)) {
      context.attempts.end(id, task.attempt);
      context.record({event: 'task_completed', details: {task_id: id, attempt: task.attempt, checked: false}});
    } else context.jobs.start(`integrate ${id}.${task.attempt}`, () => integrate(context, id));
  }
}

/** No checks and nothing to commit: completion needs no job, and shares its sync with the claim. */
function needsNothing(context: ExecutionContext, id: TaskId): boolean {
  const {taskVerify, milestoneVerify} = context.settingsOf(id);
  const isPlain = !context.state.kiroTasks.has(id);
  if (context.attempts.isInterrupted(id)) return false;
  return isPlain && !context.workspace.integration && taskVerify === undefined && milestoneVerify === undefined;
}

/** Keep the work of attempts that have been at it for a while, should the machine die before they end. */
async function saveCheckpoints(context: ExecutionContext, warned: Set<TaskId>): Promise<void> {
  const {state, workspace} = context;
  await saveRepositoryState(context);
  for (const id of [...state.running]) {
    const task = state.tasks.get(id); // it may be out of the plan by now
    if (task?.status !== 'in_progress' || task.stage !== 'working') continue;
    const place = {taskId: id, attempt: task.attempt, slot: task.slot};
    const saved = await workspace.checkpoint(place).catch(error => passOver(context, id, error, warned));
    if (!saved || saved.filesChanged <= FILES_WORTH_A_CHECKPOINT || !context.isCurrent(place)) continue;
    const {filesChanged: files_changed, commit} = saved;
    context.record({event: 'auto_commit', details: {task_id: id, attempt: task.attempt, files_changed, commit}});
  }
}

/** What something still works on may not be readable; the next time it may be. */
function passOver(context: ExecutionContext, id: TaskId, error: unknown, warned: Set<TaskId>): undefined {
  if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
  if (!warned.has(id)) context.warn(`the work of task \`${id}\` could not be saved meanwhile: ${error.message}`);
  warned.add(id);
}

/** Put on record where the branch stands. */
async function saveRepositoryState(context: ExecutionContext): Promise<void> {
  const {integration} = context.workspace;
  const head = await integration?.readHead();
  if (integration && head?.kind === 'head')
    context.record({event: 'repository_state_saved', details: {head: head.commit, branch: integration.branch}});
}
