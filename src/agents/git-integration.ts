import {checkClaim} from '../attempt/claim/check-claim.ts';
import {completeByHand} from '../attempt/complete-by-hand.ts';
import {finishPhase} from '../attempt/finish-phase.ts';
import {MilestoneError} from '../errors.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import {MergeRounds} from '../merge-queue/merge-rounds.ts';
import type {TaskId} from '../plan/plan.ts';
import {taskState} from '../state/milestone.ts';
import {isByHand} from '../state/task.ts';
import {BranchSync} from './sync-branch.ts';

const FIVE_MINUTES_MS = 300_000;
/** Fewer changed files are quickly done again. */
const FILES_WORTH_A_CHECKPOINT = 10;

/** Owns a task from `task_claimed` to `task_completed`: checks, merge queue, commit. Saves the work of long attempts. */
export function gitIntegration(execution: Execution): Agent {
  let checkpointAt: number | undefined;
  const sync = new BranchSync(execution);
  const {branch} = execution.workspace;
  const rounds = branch && new MergeRounds(execution, branch);
  /** Tasks whose work could not be saved at some time. */
  const warned = new Set<TaskId>();
  return {
    name: 'git-integration',
    everyMs: FIVE_MINUTES_MS,
    wakesOn: ['claim', 'queue', 'done', 'relief'],
    tick() {
      takeClaimed(execution);
      rounds?.wake();
      sync.tick();
      const now = execution.clock.elapsed();
      checkpointAt ??= now + FIVE_MINUTES_MS;
      if (now < checkpointAt) return;
      checkpointAt = now + FIVE_MINUTES_MS;
      if (branch) execution.jobs.start('checkpoints', () => saveCheckpoints(execution, warned));
    },
  };
}

function takeClaimed(execution: Execution): void {
  for (const id of execution.ledger.state.running) {
    const task = taskState(execution.ledger.state, id);
    if (task.status !== 'in_progress' || task.stage !== 'claimed') continue;
    if (task.phase !== undefined && task.phase !== 'execute') {
      const {phase} = task;
      execution.jobs.start(`finish ${phase} of ${id}.${task.attempt}`, () => finishPhase(execution, id, phase));
    } else if (isByHand(task))
      execution.jobs.start(`integrate ${id}.${task.attempt}`, () => completeByHand(execution, id));
    else if (needsNothing(execution, id)) {
      execution.ledger.record({event: 'task_completed', details: {task_id: id, attempt: task.attempt, checked: false}});
    } else execution.jobs.start(`integrate ${id}.${task.attempt}`, () => checkClaim(execution, id));
  }
}

/** No checks and nothing to commit: completion needs no job, and shares its sync with the claim. */
function needsNothing(
  execution: Pick<Execution, 'attempts' | 'inForce' | 'ledger' | 'workspace'>,
  id: TaskId,
): boolean {
  const {taskVerify, milestoneVerify} = execution.inForce.settingsOf(id);
  const isPlain = !execution.ledger.state.kiroTasks.has(id);
  if (execution.attempts.isInterrupted(id)) return false;
  return isPlain && !execution.workspace.branch && taskVerify === undefined && milestoneVerify === undefined;
}

/** Keep the work of attempts that have been at it for a while, should the machine die before they end. */
async function saveCheckpoints(
  execution: Pick<Execution, 'ledger' | 'warn' | 'workspace'>,
  warned: Set<TaskId>,
): Promise<void> {
  const {workspace} = execution;
  const {state} = execution.ledger;
  await saveRepositoryState(execution);
  for (const id of [...state.running]) {
    const task = state.tasks.get(id); // it may be out of the plan by now
    if (task?.status !== 'in_progress' || task.stage !== 'working') continue;
    const place = {taskId: id, attempt: task.attempt, slot: task.slot};
    const saved = await workspace
      .workplaceOf(place)
      .checkpoint()
      .catch(error => passOver(execution, id, error, warned));
    if (!saved || saved.filesChanged <= FILES_WORTH_A_CHECKPOINT || !execution.ledger.isCurrent(place)) continue;
    const {filesChanged: files_changed, commit} = saved;
    execution.ledger.record({
      event: 'auto_commit',
      details: {task_id: id, attempt: task.attempt, files_changed, commit},
    });
  }
}

/** What something still works on may not be readable; the next time it may be. */
function passOver(execution: Pick<Execution, 'warn'>, id: TaskId, error: unknown, warned: Set<TaskId>): undefined {
  if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
  if (!warned.has(id)) execution.warn(`the work of task \`${id}\` could not be saved meanwhile: ${error.message}`);
  warned.add(id);
}

/** Put on record where the branch stands. */
async function saveRepositoryState(execution: Pick<Execution, 'ledger' | 'workspace'>): Promise<void> {
  const {branch} = execution.workspace;
  const head = await branch?.head();
  if (branch && head?.kind === 'head')
    execution.ledger.record({
      event: 'repository_state_saved',
      details: {head: head.commit, branch: branch.name},
    });
}
