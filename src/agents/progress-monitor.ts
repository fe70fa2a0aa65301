import {finish, type World} from '../attempt/finish-milestone.ts';
import type {PauseCode} from '../events/details/milestone.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import {isHalted, isStopped} from '../execution/halted.ts';
import {type Stop, standstill, whatRemains} from '../scheduler/what-remains.ts';
import {type MilestoneState, taskState, tasksCompleted} from '../state/milestone.ts';
import {atWork} from '../state/open-blockers.ts';
import {milestoneProgress} from '../state/progress.ts';
import {findBlockers} from './find-blockers.ts';

const HALF_A_MINUTE_MS = 30_000;

/** Records progress when it changed, and sees when the milestone is complete or cannot go on. */
export function progressMonitor(execution: Execution, world: World): Agent {
  return {
    name: 'progress-monitor',
    everyMs: HALF_A_MINUTE_MS,
    runsLast: true,
    wakesOn: ['plan', 'refused', 'go', 'stop', 'turn', 'done', 'trouble', 'relief', 'standing'],
    tick() {
      recordProgress(execution);
      judge(execution, world);
    },
  };
}

function recordProgress(execution: Pick<Execution, 'ledger'>): void {
  const {state} = execution.ledger;
  const percentage = milestoneProgress(state.progressSum, state.tasks.size);
  const completed_tasks = tasksCompleted(state);
  const last = state.recordedProgress;
  if (
    last?.percentage === percentage &&
    last.completed_tasks === completed_tasks &&
    last.total_tasks === state.tasks.size
  )
    return;
  execution.ledger.record({
    event: 'progress_updated',
    details: {percentage, completed_tasks, total_tasks: state.tasks.size},
  });
}

/** Somebody asked for it: whatever ran has ended. */
function endPaused(execution: Pick<Execution, 'ledger' | 'lifetime'>): void {
  const {id, paused} = execution.ledger.state;
  execution.lifetime.end({
    exit: 6,
    reason: paused?.reason ?? 'paused',
    hint: `\`milestone resume ${id}\` goes on from here`,
  });
}

function judge(execution: Execution, world: World): void {
  const {state} = execution.ledger;
  const {ending} = execution.lifetime;
  if (ending || execution.ready.isDeferring) return;
  const isOver = state.status === 'cancelled' || (state.status === 'paused' && state.paused?.code === 'requested');
  if (isStopped(execution) && !isOver) stopAtOnce(execution);
  else if (wasStopped(state)) execution.ledger.record({event: 'milestone_resumed', details: {}});
  else if (isIdle(execution)) judgeWhenIdle(execution, world);
}

/** Nothing is at work, or all that is was told to stay in the merge queue for the next execution. */
function isIdle({attempts, ledger: {state}}: Execution): boolean {
  return atWork(state).every(id => state.status === 'paused' && state.queued.has(id) && attempts.isInterrupted(id));
}

function judgeWhenIdle(execution: Execution, world: World): void {
  const {state} = execution.ledger;
  if (state.status === 'paused') endPaused(execution);
  else if (state.status === 'cancelled')
    execution.lifetime.end({exit: 3, reason: `milestone \`${state.id}\` was cancelled`});
  else if (state.status === 'in_progress') judgeRemaining(execution, world);
}

/** Attempts that cost nothing are bounded, too. */
function failExhausted(execution: Pick<Execution, 'ledger' | 'ready'>): void {
  for (const id of execution.ready.exhausted) {
    const {history} = taskState(execution.ledger.state, id);
    const {cause = 'agent', message = 'did not come to an end'} = history.failure ?? {};
    const tried = `${message} (after ${history.counters.started} attempts)`;
    execution.ledger.record({
      event: 'task_failed',
      details: {task_id: id, attempt: history.attempts, cause, message: tried},
    });
  }
}

function judgeRemaining(execution: Execution, world: World): void {
  const {ready, wait} = execution;
  const {state} = execution.ledger;
  failExhausted(execution);
  const {size, manual, waiting, isRestricted, leftOut} = ready;
  const outlook = {ready: size, manual, waiting, halted: isHalted(execution), waits: wait, isRestricted, leftOut};
  const remaining = whatRemains(state, outlook);
  if (remaining.kind === 'complete') execution.jobs.start('finish', () => finish(execution, world));
  if (remaining.kind === 'stopped') stop(execution, remaining);
}

/** `on_blocker: stop`: on record as soon as it is known, while what runs comes to its end. */
function stopAtOnce(execution: Pick<Execution, 'ledger' | 'lifetime' | 'ready' | 'slotsFolder' | 'wait'>): void {
  const {manual, waiting, isRestricted} = execution.ready;
  stop(
    execution,
    standstill(execution.ledger.state, {ready: 0, manual, waiting, halted: true, waits: false, isRestricted}),
  );
}

/** What made it stop has gone by itself before everything had ended. */
function wasStopped({status, paused}: MilestoneState): boolean {
  return status === 'blocked' || (status === 'paused' && paused?.code !== 'requested');
}

function stop(
  execution: Pick<Execution, 'ledger' | 'lifetime' | 'slotsFolder' | 'wait'>,
  {exit, code, reason, hint}: Stop,
): void {
  const {state} = execution.ledger;
  if (exit !== 0) findBlockers(execution);
  const known = state.status === 'blocked' ? 'blocked' : state.paused?.code;
  if (code !== known && code === 'blocked') execution.ledger.record({event: 'milestone_blocked', details: {reason}});
  else if (code !== known)
    execution.ledger.record({event: 'milestone_paused', details: {code: code as PauseCode, reason}});
  if (atWork(state).length === 0) execution.lifetime.end({exit, reason, ...(hint !== undefined && {hint})});
}
