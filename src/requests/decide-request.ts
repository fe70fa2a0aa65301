import {MANUAL_DRIVER} from '../drivers/manual.ts';
import {BY_HAND} from '../events/details/attempt.ts';
import type {NewEvent} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import {waitsForApproval} from '../state/kiro-task.ts';
import {isOver, type MilestoneState, phaseInWork, startOfWorkflow, taskState} from '../state/milestone.ts';
import {decideApproval} from './decide-approval.ts';
import {accept, type Decision, refuseTaskWork, rejectTask, wrongStatus} from './decision.ts';
import type {Ask} from './request.ts';

/** What a decision needs besides the state. */
export interface DecisionFacts {
  /** Whether a person does the task, as things stand. */
  isManual(task: TaskId): boolean;
  /** What keeps the documents of the task's phase from being taken as they are. */
  documentProblem?: string | undefined;
}

const NOBODY: DecisionFacts = {isManual: () => false};

/** Decide what a request comes to in this state. Pure; the live executor and a command without one both ask here. */
export function decideRequest(state: MilestoneState, ask: Ask, facts: DecisionFacts = NOBODY): Decision {
  switch (ask.kind) {
    case 'pause':
      return decidePause(state, ask.now);
    case 'cancel':
      return decideCancel(state, ask.reason ?? 'cancelled by request');
    case 'resume':
      if (state.status === 'paused') return accept({event: 'milestone_resumed', details: {}});
      return wrongStatus(state, 'it cannot be resumed');
    case 'retry':
      return decideRetry(state, ask.task_id);
    case 'skip':
      return decideSkip(state, ask.task_id, ask.reason);
    case 'redo':
      return decideRedo(state, ask);
    case 'answer':
      return decideAnswer(state, ask.task_id, ask.text);
    case 'approve':
    case 'reject':
      return decideApproval(state, ask);
    case 'done':
      return decideDone(state, ask, facts);
    default:
      return ask satisfies never;
  }
}

function decidePause(state: MilestoneState, now: boolean): Decision {
  const {status, running} = state;
  // What has stopped, by itself or when asked, may still have attempts that run.
  const isComingToRest = (status === 'paused' || status === 'blocked') && running.size > 0;
  if (status !== 'in_progress' && !isComingToRest) return wrongStatus(state, 'it cannot be paused');
  const reason = now ? 'paused by request, at once' : 'paused by request';
  const decision = accept({event: 'milestone_paused', details: {code: 'requested', reason, ...(now && {now})}});
  return now ? {...decision, interrupt: 'all'} : decision;
}

function decideCancel(state: MilestoneState, reason: string): Decision {
  if (isOver(state.status)) return wrongStatus(state, 'it cannot be cancelled');
  return {...accept({event: 'milestone_cancelled', details: {reason}}), interrupt: 'all'};
}

function decideRetry(state: MilestoneState, id: TaskId | undefined): Decision {
  const refusal = refuseTaskWork(state, id, 'retried');
  if (refusal && id !== undefined && state.tasks.has(id) && state.status === 'completed')
    return {...refusal, hint: `\`milestone redo ${state.id} ${id}\` does it again`};
  if (refusal) return refusal;
  const isRetriable = (task: TaskId) => ['failed', 'blocked'].includes(taskState(state, task).status);
  if (id !== undefined && !isRetriable(id))
    return rejectTask(state, id, 'only a failed or blocked task can be retried');
  const ids = id === undefined ? [...state.tasks.keys()].filter(isRetriable) : [id];
  // The last one is the answer.
  const resets = ids.map<NewEvent>(task_id => ({event: 'task_reset', details: {task_id, reason: 'retry'}}));
  const events: NewEvent[] = [];
  // A blocker that holds everything is looked at afresh as well.
  if (id === undefined)
    for (const blocker of state.blockers.values())
      if (blocker.taskId === undefined) events.push({event: 'blocker_resolved', details: {id: blocker.id}});
  // Whoever tries again after a failed login has logged in.
  for (const [driver, {reason}] of Object.entries(state.pausedDrivers))
    if (reason === 'auth') events.push({event: 'driver_resumed', details: {driver}});
  const [first, ...rest] = [...events, ...resets];
  if (!first) return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: 'no task has failed or is blocked'};
  return accept(first, ...rest);
}

function decideSkip(state: MilestoneState, id: TaskId, reason: string | undefined): Decision {
  const refusal = refuseTaskWork(state, id, 'skipped');
  if (refusal) return refusal;
  const {status} = taskState(state, id);
  if (status === 'completed' || status === 'skipped') return rejectTask(state, id, 'there is nothing left to skip');
  const decision = accept({event: 'task_skipped', details: {task_id: id, ...(reason !== undefined && {reason})}});
  return status === 'in_progress' ? {...decision, interrupt: id} : decision;
}

function decideRedo(state: MilestoneState, {task_id: id, reason, with_dependents}: Ask & {kind: 'redo'}): Decision {
  // What is complete goes on with it; what was given up does not.
  const refusal =
    state.status === 'completed' && state.tasks.has(id) ? undefined : refuseTaskWork(state, id, 'done again');
  if (refusal) return refusal;
  const isDone = (task: TaskId) => ['completed', 'skipped'].includes(taskState(state, task).status);
  if (!isDone(id)) return rejectTask(state, id, 'only what is done can be done again');
  const others = with_dependents ? [...builtOn(state, id)].filter(isDone) : [];
  const why = reason === undefined ? 'redo' : `redo: ${reason}`;
  const resets = [...others, id].map<NewEvent>(task_id => ({event: 'task_reset', details: {task_id, reason: why}}));
  const reopened: NewEvent[] = state.status === 'completed' ? [{event: 'milestone_resumed', details: {}}] : [];
  // The last one is the answer.
  return accept(...reopened, ...resets);
}

/** All tasks that depend on one, in any number of steps. */
function builtOn({dependants}: MilestoneState, id: TaskId): Set<TaskId> {
  const found = new Set<TaskId>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const task of dependants.get(next) ?? [])
      if (!found.has(task)) {
        found.add(task);
        open.push(task);
      }
  return found;
}

function decideAnswer(state: MilestoneState, id: TaskId, answer: string): Decision {
  const refusal = refuseTaskWork(state, id, 'answered');
  if (refusal) return refusal;
  const question = [...state.blockers.values()].find(({taskId, type}) => taskId === id && type === 'question');
  if (!question) return rejectTask(state, id, 'it has not asked anything');
  return accept(
    {
      event: 'blocker_answered',
      details: {id: question.id, task_id: id, question: question.message, answer},
    },
    {event: 'blocker_resolved', details: {id: question.id, task_id: id}},
  );
}

function decideDone(
  state: MilestoneState,
  {task_id, summary}: Extract<Ask, {kind: 'done'}>,
  {isManual, documentProblem}: DecisionFacts,
): Decision {
  const refusal = refuseTaskWork(state, task_id, 'done');
  if (refusal) return refusal;
  const task = taskState(state, task_id);
  if (task.status !== 'pending') return rejectTask(state, task_id, 'only a pending task can be done');
  if (!isManual(task_id)) return rejectTask(state, task_id, 'it is not work for a person; see its `driver` and `run`');
  if (state.unmet.get(task_id) !== 0) return rejectTask(state, task_id, 'what it depends on is not done');
  if (waitsForApproval(task)) return rejectTask(state, task_id, 'an approval of it is waited for');
  if (documentProblem !== undefined)
    return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: `task \`${task_id}\` ${documentProblem}`};
  const attempt = task.history.attempts + 1;
  const phase = phaseInWork(state, task_id);
  const details = {task_id, attempt};
  return accept(
    ...startOfWorkflow(state, task_id),
    {
      event: 'task_started',
      details: {
        ...details,
        slot: BY_HAND,
        token: `manual-${state.id}-${task_id}-${attempt}`,
        driver: MANUAL_DRIVER,
        ...(phase !== undefined && {phase}),
      },
    },
    {event: 'task_claimed', details: {...details, result: summary === undefined ? {} : {summary}}},
  );
}
