import type {DriverChoice} from '../../drivers/registry.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {Execution} from '../../execution/execution.ts';
import {remoteOrder} from '../../execution/remote-order.ts';
import {commitTree} from '../../git/commit.ts';
import type {Repository} from '../../git/git.ts';
import {taskState} from '../../state/milestone.ts';
import type {AttemptId, Dispatched} from '../../state/task.ts';
import type {AttemptOrder, Order, RemoteCommit} from '../../workers/port.ts';
import type {RemoteWork} from '../../workers/remote-work.ts';
import {findKeptWork} from '../../workspace/kept-work.ts';
import {refuseRewritten} from '../../workspace/refuse-rewritten.ts';
import type {Branch} from '../../workspace/workspace.ts';
import {agentInput} from '../agent-input.ts';
import {minutesMs} from '../attempt-budget.ts';
import type {PlannedAttempt} from '../planned-attempt.ts';
import {checksKey, checksOf} from '../verify.ts';

/**
 * What a worker is told of an attempt, with what it starts from put at the remote.
 * @returns Or why it cannot be sent at all.
 */
export async function makeOrder(execution: Execution, planned: PlannedAttempt): Promise<Order | {refused: Outcome}> {
  const {place, task, choice} = planned;
  const {ledger, inForce, workspace} = execution;
  const parts = {ledger, inForce, remote: execution.remote as RemoteWork, repo: execution.repo as Repository};
  const head = await (workspace.branch as Branch).head();
  if (head.kind !== 'head') return {refused: refuseRewritten(head, ledger)};
  const settings = inForce.settingsOf(place.taskId);
  const {base, work} = await originOf(execution, planned, head.commit);
  const timeoutMs = Math.min(settings.timeoutMs, minutesMs(planned.budget));
  return {
    ...(await remoteOrder(parts, dispatchedOf(execution, place) as Dispatched, base)),
    kind: 'attempt',
    task,
    attempt: place.attempt,
    ...(work && {work}),
    driver: driverOf(execution, choice),
    ...(await agentOf(execution, planned)),
    shell: settings.shell,
    limits: {timeoutMs: finite(timeoutMs), silentMs: finite(settings.silentMs)},
    checks: checksOf(execution, place.taskId).map(check => ({shell: inForce.settings.shell, ...check})),
    asked: checksKey(checksOf(execution, place.taskId)),
  };
}

/** What it starts from: the head of the branch, and what an earlier attempt has left. */
async function originOf(
  execution: Execution,
  {place, next}: PlannedAttempt,
  head: string,
): Promise<{base: RemoteCommit; work?: RemoteCommit}> {
  const remote = execution.remote as RemoteWork;
  const repo = execution.repo as Repository;
  const {id} = execution.ledger.state;
  const {ref} = await remote.offerBase(head);
  for (const attempt of next.from) {
    const kept = await findKeptWork(repo, {id, task: place.taskId, attempt}, head);
    if (!kept) continue;
    const message = `origin(milestone-${id}): ${place.taskId}, attempt ${place.attempt}\n`;
    const commit = await commitTree(repo, {tree: kept.tree, parents: [kept.base], message});
    return {base: {ref, commit: kept.base}, work: await remote.offerOrigin(place, commit)};
  }
  return {base: {ref, commit: head}};
}

function driverOf({inForce}: Pick<Execution, 'inForce'>, {name}: DriverChoice): AttemptOrder['driver'] {
  const entry = inForce.drivers.entryOf(name);
  return {name, ...(entry && {entry})};
}

async function agentOf(execution: Execution, planned: PlannedAttempt): Promise<Pick<AttemptOrder, 'agent'>> {
  const {choice} = planned;
  if (choice.kind !== 'driver' || !choice.driver.agent) return {};
  const {observe: _, schema: __, freshPrompt, ...agent} = await agentInput(execution, planned, choice, () => {});
  const {livesAt} = planned.next;
  return {agent: {...agent, ...(freshPrompt && {freshPrompt: await freshPrompt()}), ...(livesAt && {livesAt})}};
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}

/** As what an attempt was given to the workers; undefined for one that is made here, or is over. */
export function dispatchedOf({ledger}: Pick<Execution, 'ledger'>, {taskId}: AttemptId): Dispatched | undefined {
  const task = taskState(ledger.state, taskId);
  return task.status === 'in_progress' ? task.dispatched : undefined;
}
