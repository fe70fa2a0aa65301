// What a dead executor left behind, settled before anything new starts.

import path from 'node:path';
import {keepDraftsOf} from '../attempt/keep-drafts.ts';
import {takeUpRemote} from '../attempt/remote/run-remote.ts';
import {takeBackDead} from '../attempt/remote/take-back.ts';
import {settleLost} from '../attempt/settle-lost.ts';
import {closeAgentLog} from '../drivers/agent-log.ts';
import {CHECK_OUTPUT} from '../drivers/run-checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution, Ground} from '../execution/execution.ts';
import type {Ledger} from '../execution/ledger.ts';
import {BROKEN_OFF} from '../execution/live-attempts.ts';
import type {RecordedCommit} from '../git/task-commits.ts';
import {MergeRounds} from '../merge-queue/merge-rounds.ts';
import {settleIntegrated} from '../merge-queue/settle-integrated.ts';
import type {TaskId} from '../plan/plan.ts';
import {appendContent, removeAttemptLog} from '../platform/attempt-log.ts';
import {listFolder} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {leftBehind} from '../state/left-behind.ts';
import {attemptsOf, taskState} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';
import {isByHand, type RunningTask, type TaskState} from '../state/task.ts';
import {keepUnknownRescues} from '../workspace/rescue.ts';

/**
 * End the processes of attempts that were running, keep what they left, and record how each attempt ended. An
 * integration that was cut off is settled by what is on the branch.
 */
export async function recover(execution: Execution): Promise<void> {
  const {ledger, clock, attempts} = execution;
  const {state} = ledger;
  const open = [...state.running].map(id => [id, taskState(state, id) as RunningTask & TaskState] as const);
  const left = leftBehind(state, execution.surroundings.homeNumber);
  const tokens = new Set(left.attempts);
  // The final check and what tears slots down belong to no attempt.
  if (state.session && !state.session.ended) for (const token of left.milestone) tokens.add(token);
  if (tokens.size > 0) await endLeftovers(tokens, clock, {hurry: attempts.hurry});
  const isOut = (task: RunningTask) => execution.remote !== undefined && isWithWorkers(task);
  for (const [id, task] of open) if (!isOut(task)) await settleLost(execution, id, task);
  // First: what the branch has is the execution's own, and not to be taken off it. What it has not waits in the queue still.
  for (const [id, task] of open) if (task.stage === 'integrating') await settleIntegrated(execution, id);
  // Where all work in one checkout, what waits lies there, and nothing else can begin before it is integrated.
  const {branch} = execution.workspace;
  if (branch && state.activation?.isolation === 'shared') await new MergeRounds(execution, branch).drain();
  for (const [id, task] of open) {
    // What a person has done is done; only its check was cut off.
    if (task.stage === 'integrating' || (isByHand(task) && task.stage === 'claimed')) continue;
    // A worker goes on whatever becomes of the executor; what it has handed in is taken up where it was.
    if (isOut(task)) continue;
    await endInterrupted(execution, id, task, howItEnded(ledger));
  }
  // The event that follows the end of an attempt may not have reached the log.
  for (const id of state.tasks.keys()) ledger.decideUndecided(id);
  await ledger.durable();
}

/**
 * The same for attempts that are not to be taken up again, before a command changes their tasks: nothing is merged. An
 * integration that did not reach the branch ends as an interrupted attempt.
 */
export async function endDeadAttempts(ground: Ground, ids: Iterable<TaskId>): Promise<void> {
  const {ledger, clock} = ground;
  const {state} = ledger;
  const open = [...ids].flatMap(id => {
    const task = taskState(state, id);
    return task.status === 'in_progress' ? [[id, task] as const] : [];
  });
  if (open.length === 0) return;
  const here = leftBehind(state, ground.surroundings.homeNumber).attempts;
  await endLeftovers(new Set(open.map(([, task]) => task.token).filter(token => here.includes(token))), clock);
  await takeBackDead(ground, open);
  for (const [id, task] of open) {
    await settleLost(ground, id, task);
    if (!(await settleIntegrated(ground, id))) await endInterrupted(ground, id, task, howItEnded(ledger));
    ledger.decideUndecided(id);
  }
  await ledger.durable();
}

/** Finished work that is on the branch although the log does not say so is done; the last commit of a task counts. */
export async function takeUp(
  ground: Pick<Ground, 'clock' | 'inForce' | 'ledger' | 'repo' | 'surroundings'>,
  unrecorded: readonly RecordedCommit[],
): Promise<void> {
  const {ledger, repo, clock} = ground;
  const {state} = ledger;
  if (!repo || unrecorded.length === 0) return;
  for (const [index, {task: id, attempt, commit}] of unrecorded.entries()) {
    if (unrecorded.slice(index + 1).some(later => later.task === id)) continue;
    const task = taskState(state, id);
    if (task.status === 'in_progress') await settleLost(ground, id, task);
    ledger.record({
      event: 'task_completed',
      details: {task_id: id, attempt, commit, checked: false, adopted: true},
    });
    for (const blocker of [...blockersOf(state, id).keys()])
      ledger.record({event: 'blocker_resolved', details: {id: blocker, task_id: id}});
  }
  await ledger.durable();
  await keepUnknownRescues(repo, state.id, {known: task => attemptsOf(state, task), now: clock.now()});
}

/** What is left of a milestone that is over, also by an executor that died before it had ended its attempts. */
export async function clearAway(ground: Ground): Promise<void> {
  const {ledger, clock, workspace} = ground;
  // What belongs to no attempt, such as a teardown, may have outlived its executor.
  await endLeftovers(new Set(leftBehind(ledger.state, ground.surroundings.homeNumber).milestone), clock);
  await endDeadAttempts(ground, [...ledger.state.running]);
  await workspace.remove();
}

/** Its work goes on, or waits, at a worker; or it was handed in and waits to be checked. */
function isWithWorkers({dispatched, stage}: RunningTask): boolean {
  return dispatched !== undefined && stage !== 'integrating';
}

/** Follow what is out, and cancel what belongs to no attempt any more. While nobody can be asked, that waits. */
export async function takeUpDispatched(execution: Execution): Promise<void> {
  const {ledger, jobs, ready, remote} = execution;
  const {state} = ledger;
  const out = [...state.running].flatMap(id => {
    const task = taskState(state, id);
    return task.status === 'in_progress' && task.dispatched && task.stage !== 'integrating' ? [{id, task}] : [];
  });
  for (const {id, task} of out)
    if (task.stage !== 'claimed') jobs.start(`attempt ${id}.${task.attempt}`, () => takeUpRemote(execution, id));
  // What nobody can take waits, from the beginning.
  await remote?.roster.refresh();
  ready.rebuild();
  const known = new Set(out.map(({task}) => task.dispatched?.job));
  // The merge queue asks for it again.
  if (execution.inForce.checkLabels) known.add(state.checksOut?.job);
  const open = await remote?.pool.open().catch(() => []);
  for (const ref of open ?? []) if (!known.has(ref.job)) await remote?.pool.cancel(ref).catch(() => undefined);
}

/** An executor that ended in order may have been unable to end its attempts. */
function howItEnded({state}: Ledger): Outcome {
  if (state.session?.ended === undefined)
    return {kind: 'interrupted', message: 'was interrupted: the executor died', executor_died: true};
  return {kind: 'interrupted', message: 'was interrupted: the execution was broken off', executor_died: false};
}

/** End an attempt on which nobody works any more, with everything that it leaves. */
async function endInterrupted(
  ground: Pick<Ground, 'ledger' | 'surroundings' | 'workspace'>,
  id: TaskId,
  {attempt, slot}: RunningTask,
  outcome: Outcome,
): Promise<void> {
  const {ledger, surroundings, workspace} = ground;
  const place = {taskId: id, attempt, slot};
  const log = surroundings.logFileOf(place);
  closeLogsBeside(log);
  await surroundings.redactor.redactFile(log);
  await workspace.workplaceOf(place).keep();
  keepDraftsOf(ground, place);
  ledger.endAttempt(place, outcome);
}

/**
 * Put what a killed executor left beside the log of an attempt into it: the output of checks, and what its agent
 * complained of.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
function closeLogsBeside(logFile: string): void {
  closeAgentLog(logFile);
  const folder = path.dirname(logFile);
  for (const name of listFolder(folder)) {
    if (!name.startsWith(`${path.basename(logFile)}${CHECK_OUTPUT}`)) continue;
    const output = path.join(folder, name);
    appendContent(logFile, output);
    removeAttemptLog(output);
  }
}

/**
 * What a failed job has left in progress ends in order, while the log is well. The next session settles what was on its
 * way onto the branch, checks what a person has done, and ends what could not be kept here.
 */
export async function endRunning(execution: Execution): Promise<void> {
  const {state} = execution.ledger;
  const open = [...state.running].flatMap(id => {
    const task = taskState(state, id);
    const isLeft =
      task.status !== 'in_progress' || task.stage === 'integrating' || isByHand(task) || isWithWorkers(task);
    return isLeft ? [] : [[id, task] as const];
  });
  if (open.length === 0) return;
  try {
    // Where the log has died, slots and processes may be another's by now.
    await execution.ledger.durable();
    await endLeftovers(new Set(open.map(([, {token}]) => token)), execution.clock, {hurry: execution.attempts.hurry});
  } catch {
    return;
  }
  for (const [id, task] of open) {
    await settleLost(execution, id, task).catch(() => undefined);
    await endInterrupted(execution, id, task, BROKEN_OFF).catch(() => undefined);
  }
}
