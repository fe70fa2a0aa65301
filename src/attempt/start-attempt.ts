import type {AgentTraits, ConversationChoice} from '../drivers/driver.ts';
import {BY_HAND} from '../events/details/attempt.ts';
import type {Usage} from '../events/details/driver.ts';
import type {NewEvent} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import type {Budget, TaskId} from '../plan/plan.ts';
import {newToken} from '../platform/processes/tokens.ts';
import {type NextAttempt, nextAttempt} from '../scheduler/next-attempt.ts';
import {workToIntegrate} from '../state/kiro-task.ts';
import {phaseInWork, startOfWorkflow, taskState} from '../state/milestone.ts';
import {attemptRefs, jobOf} from '../workers/names.ts';
import type {RemoteWork} from '../workers/remote-work.ts';
import {occupiedSlots} from '../workspace/workspace.ts';
import {reservationFor} from './attempt-budget.ts';
import type {PlannedAttempt} from './planned-attempt.ts';
import {runRemote} from './remote/run-remote.ts';
import {runAttempt} from './run-attempt.ts';
import {voidIfChanged} from './void-changed.ts';

/** Put an attempt on record and begin it, unless its budget is used up. */
export function startAttempt(execution: Execution, id: TaskId): void {
  const {ledger, jobs} = execution;
  if (voidIfChanged(execution, id)) return;
  const planned = planAttempt(execution, id);
  if (!planned) return;
  const {attempt, folder, labels, continues} = planned;
  const {place, budget} = attempt;
  const reserved: NewEvent[] =
    Object.keys(budget).length > 0
      ? [{event: 'budget_reserved', details: {task_id: id, attempt: place.attempt, amount: budget}}]
      : [];
  // In this order: a log that is cut off in between has no reservation that nobody settles.
  ledger.record(...startOfWorkflow(ledger.state, id), started(attempt, {folder, continues}), ...reserved);
  if (labels) ledger.record(dispatched(execution, attempt, labels));
  // Named by its number: the job of the attempt before may not have settled yet.
  jobs.start(`attempt ${id}.${place.attempt}`, () =>
    labels ? runRemote(execution, attempt) : runAttempt(execution, attempt),
  );
}

interface Planned {
  attempt: PlannedAttempt;
  /** Where a coding agent works here. */
  folder: string | undefined;
  /** What a worker must carry that has it; undefined for one that is made here. */
  labels: readonly string[] | undefined;
  /** Attempt whose work it starts from. */
  continues: number | undefined;
}

/** @returns Undefined when its budget is used up. */
function planAttempt(execution: Execution, id: TaskId): Planned | undefined {
  const {inForce, workspace, remote, ledger} = execution;
  const {state} = ledger;
  const {history} = taskState(state, id);
  const choice = inForce.driverOf(id);
  const slot = choice.kind === 'manual' ? undefined : freeSlot(execution, history.last?.slot);
  const place = {taskId: id, attempt: history.attempts + 1, slot};
  const agent = choice.kind === 'driver' ? choice.driver.agent : undefined;
  const integrates = workToIntegrate(taskState(state, id));
  const labels = integrates === undefined ? inForce.labelsOf(id) : undefined;
  const folder = agent && labels === undefined ? workspace.workplaceOf(place).folder : undefined;
  const phase = phaseInWork(state, id);
  const budget = agent && integrates === undefined ? reserveBudget(execution, id, agent) : {};
  if (!budget) return undefined;
  const next: NextAttempt = agent
    ? nextAttempt(history, {
        away: labels && remote?.roster.ownQueuesFor(labels),
        attempt: place.attempt,
        driver: choice.name,
        isBoundToFolder: agent.isBoundToFolder,
        folder,
        phase,
        retries: inForce.settingsOf(id).retries,
      })
    : {mode: 'first', from: []};
  const attempt: PlannedAttempt = {
    place,
    token: newToken(),
    task: inForce.taskOf(id),
    choice,
    next: integrates === undefined ? next : {...next, from: [integrates]},
    conversation: agent && conversationOf(next, integrates === undefined ? agent : {}, history.usedInConversation),
    budget,
    integrates,
    phase,
  };
  return {attempt, folder, labels, continues: next.from[0]};
}

function started(
  {place, token, choice, phase, conversation, integrates}: PlannedAttempt,
  {folder, continues}: Pick<Planned, 'folder' | 'continues'>,
): NewEvent {
  return {
    event: 'task_started',
    details: {
      task_id: place.taskId,
      attempt: place.attempt,
      slot: place.slot ?? BY_HAND,
      ...(folder !== undefined && {folder}),
      token,
      driver: choice.name,
      ...(choice.kind === 'driver' && choice.driver.name !== choice.name && {provider: choice.driver.name}),
      ...(phase !== undefined && {phase}),
      ...(conversation && {conversation: conversation.id}),
      ...(continues !== undefined && {continues}),
      ...(integrates !== undefined && {integrates}),
    },
  };
}

function dispatched(
  {ledger: {state}, remote}: Pick<Execution, 'ledger' | 'remote'>,
  {place: {taskId: task_id, attempt}, next: {livesAt}}: PlannedAttempt,
  labels: readonly string[],
): NewEvent {
  const execution = state.activation?.executionId ?? '';
  const details = {
    task_id,
    attempt,
    job: jobOf(execution, task_id, attempt),
    queue: livesAt?.queue ?? (remote as RemoteWork).roster.queueFor(labels),
    ref: attemptRefs(execution, task_id, attempt),
    labels: [...labels],
    ...(livesAt && {lives_at: livesAt}),
  };
  return {event: 'attempt_dispatched', details};
}

/** @returns Undefined when nothing is left: then the blocker says so. */
function reserveBudget(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'ready' | 'timers'>,
  id: TaskId,
  agent: AgentTraits,
): Budget | undefined {
  const {ready} = execution;
  const {state} = execution.ledger;
  const reservation = reservationFor(execution, id, agent);
  if (reservation.kind === 'reserved') return reservation.amount;
  const {whose, key} = reservation;
  // What running attempts have reserved and do not use comes back.
  const isReserved = whose === 'milestone' && Object.keys(state.spending.reserved).length > 0;
  if (isReserved) {
    ready.defer(id);
    execution.timers.after(BUDGET_RETRY_MS, () => ready.release(id));
    return undefined;
  }
  execution.ledger.openBlocker({
    type: 'budget',
    message:
      whose === 'task'
        ? `the budget of task \`${id}\` is used up (${key})`
        : `the budget of the milestone is used up (${key})`,
    hint: `raise \`budget\` in the plan, then \`milestone resume ${state.id}\``,
    ...(whose === 'task' && {task_id: id}),
  });
  return undefined;
}

const BUDGET_RETRY_MS = 1_000;

function conversationOf(
  {conversation}: NextAttempt,
  agent: Partial<AgentTraits>,
  used: Usage | undefined,
): ConversationChoice | undefined {
  if (conversation !== undefined) return {id: conversation, resume: true, ...(used && {used})};
  const id = agent.newConversation?.();
  return id === undefined ? undefined : {id, resume: false};
}

/** A slot for an attempt: the task's earlier one, where its conversation speaks of the files, else the lowest. */
function freeSlot(execution: Pick<Execution, 'inForce' | 'ledger' | 'workspace'>, earlier: number | undefined): number {
  const free = freeSlots(execution, execution.inForce.settings.maxParallel);
  return earlier !== undefined && free.includes(earlier) ? earlier : (free[0] as number);
}

/** The lowest slots that neither a task in progress nor the merge queue holds, so many of them. */
export function freeSlots(
  {ledger: {state}, workspace: {mergeSlot}}: Pick<Execution, 'ledger' | 'workspace'>,
  count: number,
): number[] {
  const held = new Set([...occupiedSlots(state), mergeSlot]);
  const free: number[] = [];
  for (let slot = 0; free.length < count; slot++) if (!held.has(slot)) free.push(slot);
  return free;
}
