import type {Reckoning} from '../drivers/driver.ts';
import {reckonLog} from '../drivers/reckon-log.ts';
import type {Execution} from '../execution/execution.ts';
import type {TaskId} from '../plan/plan.ts';
import {modifiedAt} from '../platform/attempt-log.ts';
import type {RunningTask} from '../state/task.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import {settleBudget} from './attempt-budget.ts';
import {reviewNote} from './review.ts';

/**
 * Put on record what an agent has used of whose end nobody knows: what it printed is in the log of the attempt.
 * @throws {MilestoneError} `IO_FAILED` when that log cannot be read.
 */
export async function settleLost(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'surroundings'>,
  id: TaskId,
  task: RunningTask,
): Promise<void> {
  const {reserved} = execution.ledger.state.spending;
  const budget = Object.hasOwn(reserved, id) ? reserved[id] : undefined;
  if (!budget && (task.settled || task.stage === 'integrating')) return;
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  const driver = task.stage === 'claimed' ? (execution.inForce.taskOf(id).review?.driver ?? task.driver) : task.driver;
  const reckoning = await reckon(execution, place, {task, driver});
  if (!reckoning && !budget) return;
  settleBudget(execution, place, {
    driver: execution.inForce.drivers.providerOf(driver),
    budget: budget ?? {},
    reckoning: reckoning ?? {},
    isCutOff: reckoning !== undefined,
    minutes: reckoning && task.stage === 'working' ? minutesOf(task, execution.surroundings.logFileOf(place)) : 0,
  });
}

/** Undefined for one that was not told what to do, and for what no coding agent did. */
async function reckon(
  {inForce, surroundings}: Pick<Execution, 'inForce' | 'surroundings'>,
  place: AttemptPlace,
  {task, driver}: {task: RunningTask; driver: string},
): Promise<Reckoning | undefined> {
  const {slot} = place;
  const protocol = inForce.drivers.protocolOf(driver);
  if (!protocol || slot === undefined || task.stage === 'starting') return undefined;
  const log = {
    file: surroundings.logFileOf(place),
    env: surroundings.environmentOf({...place, slot}, task.token, surroundings.paths.home),
  };
  const conversation = conversationOf(task);
  return reckonLog(
    protocol,
    task.stage === 'claimed' ? {...log, after: reviewNote(driver)} : {...log, ...(conversation && {conversation})},
  );
}

function conversationOf({conversation: id, history}: RunningTask) {
  if (id === undefined) return undefined;
  const {last, usedInConversation: used} = history;
  return {id, resume: last?.conversation === id, ...(used && {used})};
}

/** Until it last printed something: since then it may have waited for nobody. */
function minutesOf({startedAt}: RunningTask, file: string): number {
  return Math.max(0, (modifiedAt(file) ?? 0) - Date.parse(startedAt)) / 60_000;
}
