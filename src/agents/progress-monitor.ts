import {finish} from '../attempt/finish-milestone.ts';
import type {PauseCode} from '../events/event.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {isHeld, isStopped} from '../execution/holds.ts';
import {type Stop, standstill, whatRemains} from '../scheduler/what-remains.ts';
import {type MilestoneState, taskState, tasksCompleted} from '../state/milestone.ts';
import {milestoneProgress} from '../state/progress.ts';
import {findBlockers} from './find-blockers.ts';

const HALF_A_MINUTE_MS = 30_000;

/** Records progress when it changed, and sees when the milestone is complete or cannot go on. */
export const progressMonitor: Agent = {
  name: 'progress-monitor',
  restMs: HALF_A_MINUTE_MS,
  runsLast: true,
  wakesOn: [
    'milestone_activated',
    'milestone_resumed',
    'milestone_paused',
    'milestone_cancelled',
    'plan_changed',
    'plan_refused',
    'task_completed',
    'task_failed',
    'task_skipped',
    'task_reset',
    'task_retry_scheduled',
    'attempt_ended',
    'blocker_detected',
    'blocker_resolved',
    'final_checked',
    'kiro_phase_updated',
    'kiro_phase_transition',
    'kiro_approval_requested',
    'kiro_approval_granted',
    'kiro_approval_rejected',
    'kiro_approval_voided',
    'kiro_workflow_completed',
    'driver_paused',
    'driver_resumed',
    'baseline_checked',
  ],
  tick(context) {
    recordProgress(context);
    judge(context);
  },
};

function recordProgress(context: ExecutionContext): void {
  const {state} = context;
  const percentage = milestoneProgress(state.progressSum, state.tasks.size);
  const completed_tasks = tasksCompleted(state);
  const last = state.recordedProgress;
  if (
    last?.percentage === percentage &&
    last.completed_tasks === completed_tasks &&
    last.total_tasks === state.tasks.size
  )
    return;
  context.record({event: 'progress_updated', details: {percentage, completed_tasks, total_tasks: state.tasks.size}});
}

/** Somebody asked for it: whatever ran has ended. */
function endPaused(context: ExecutionContext): void {
  const {id, paused} = context.state;
  context.end({exit: 6, reason: paused?.reason ?? 'paused', hint: `\`milestone resume ${id}\` goes on from here`});
}

function judge(context: ExecutionContext): void {
  const {state, ending} = context;
  if (ending || context.ready.isHolding) return;
  const isOver = state.status === 'cancelled' || (state.status === 'paused' && state.paused?.code === 'requested');
  if (isStopped(context) && !isOver) stopAtOnce(context);
  else if (wasStopped(state)) context.record({event: 'milestone_resumed', details: {}});
  else if (state.running.size === 0) judgeWhenIdle(context);
}

function judgeWhenIdle(context: ExecutionContext): void {
  const {state} = context;
  if (state.status === 'paused') endPaused(context);
  else if (state.status === 'cancelled') context.end({exit: 3, reason: `milestone \`${state.id}\` was cancelled`});
  else if (state.status === 'in_progress') judgeRemaining(context);
}

/** Attempts that cost nothing are bounded, too. */
function failExhausted(context: ExecutionContext): void {
  for (const id of context.ready.exhausted) {
    const {history} = taskState(context.state, id);
    const {cause = 'agent', message = 'did not come to an end'} = history.failure ?? {};
    const tried = `${message} (after ${history.counters.started} attempts)`;
    context.record({
      event: 'task_failed',
      details: {task_id: id, attempt: history.attempts, cause, message: tried},
    });
  }
}

function judgeRemaining(context: ExecutionContext): void {
  const {state, ready, wait} = context;
  failExhausted(context);
  const {size, manual, waiting, isRestricted, leftOut} = ready;
  const outlook = {ready: size, manual, waiting, held: isHeld(context), waits: wait, isRestricted, leftOut};
  const remaining = whatRemains(state, outlook);
  if (remaining.kind === 'complete') context.jobs.start('finish', () => finish(context));
  if (remaining.kind === 'stopped') stop(context, remaining);
}

/** `on_blocker: stop`: on record as soon as it is known, while what runs comes to its end. */
function stopAtOnce(context: ExecutionContext): void {
  const {manual, waiting, isRestricted} = context.ready;
  stop(context, standstill(context.state, {ready: 0, manual, waiting, held: true, waits: false, isRestricted}));
}

/** What made it stop has gone by itself before everything had ended. */
function wasStopped({status, paused}: MilestoneState): boolean {
  return status === 'blocked' || (status === 'paused' && paused?.code !== 'requested');
}

function stop(context: ExecutionContext, {exit, code, reason, hint}: Stop): void {
  const {state} = context;
  if (exit !== 0) findBlockers(context);
  const known = state.status === 'blocked' ? 'blocked' : state.paused?.code;
  if (code !== known && code === 'blocked') context.record({event: 'milestone_blocked', details: {reason}});
  else if (code !== known) context.record({event: 'milestone_paused', details: {code: code as PauseCode, reason}});
  if (state.running.size === 0) context.end({exit, reason, ...(hint !== undefined && {hint})});
}
