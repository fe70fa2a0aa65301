import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent} from '../events/event.ts';
import {noteAside, noteChange} from './asides.ts';
import {applyToTroubles, pauseDriver, settleSpending} from './drivers.ts';
import {cameToPassAt} from './ended-attempt.ts';
import {applyToTask, isTaskEvent} from './fold-task.ts';
import {heldUpKey} from './held-up.ts';
import type {MilestoneState} from './milestone.ts';
import {isNotable} from './notable.ts';
import {blockersOf, putBlocker, removeBlocker} from './open-blockers.ts';
import {adoptChange, adoptPlan, setTask} from './plan-in-force.ts';
import {initialTask} from './task.ts';

const RECENT_EVENTS = 5;

/**
 * Fold one recorded event into the state, in place.
 * @throws {MilestoneError} `LOG_CORRUPT` when the event cannot follow what came before.
 */
export function applyEvent(state: MilestoneState, event: MilestoneEvent): void {
  if (event.seq !== state.seq + 1) throw misplaced(event, `comes after number ${state.seq}`);
  if (isTaskEvent(event)) {
    const task = state.tasks.get(event.details.task_id);
    if (!task) throw misplaced(event, `names the unknown task \`${event.details.task_id}\``);
    setTask(state, event.details.task_id, applyToTask(task, event, cameToPassAt(state, task, event)));
    if (state.kiroTasks.has(event.details.task_id)) state.kiroChangedAt = event.timestamp;
    applyToTroubles(state, event, task);
  }
  countTime(state, event);
  applyToMilestone(state, event);
  state.seq = event.seq;
  state.timestamp = event.timestamp;
  remember(state.recent, event);
  if (isNotable(event)) remember(state.notable, event);
}

/** Time counts as long as a session of it records: of one that died, up to the last that it recorded. */
function countTime(state: MilestoneState, {event, session_id, timestamp}: MilestoneEvent): void {
  const {session, timestamp: before = timestamp} = state;
  if (event === 'session_started' || session === undefined || session.ended || session.id !== session_id) return;
  session.heardAt = timestamp;
  state.executedMs += Math.max(Date.parse(timestamp) - Date.parse(before), 0);
}

function remember(events: MilestoneEvent[], event: MilestoneEvent): void {
  events.push(withoutPlan(event));
  if (events.length > RECENT_EVENTS) events.shift();
}

function applyToMilestone(state: MilestoneState, event: MilestoneEvent): void {
  switch (event.event) {
    case 'milestone_activated': {
      const {details} = event;
      adoptPlan(state, details.plan, id => initialTask(details.imported[id]));
      state.status = 'in_progress';
      state.activation = {
        executionId: details.execution_id,
        at: event.timestamp,
        isolation: details.isolation,
        ...(details.branch !== undefined && {branch: details.branch}),
        ...(details.base !== undefined && {base: details.base}),
        ...(details.base_name !== undefined && {baseName: details.base_name}),
      };
      break;
    }
    case 'branch_created':
      state.branchCreated = true;
      state.head = event.details.base;
      break;
    case 'task_completed':
      if (event.details.commit !== undefined) state.head = event.details.tip ?? event.details.commit;
      break;
    case 'plan_changed':
      delete state.refused;
      adoptChange(state, event.details.change);
      for (const {id, taskId} of [...state.blockers.values()])
        if (taskId !== undefined && !state.tasks.has(taskId)) removeBlocker(state, id);
      break;
    case 'plan_refused':
      state.refused = event.details.problems;
      break;
    case 'milestone_paused':
      state.status = 'paused';
      state.paused = {code: event.details.code, reason: event.details.reason};
      delete state.blockedReason;
      break;
    case 'milestone_resumed':
      state.status = 'in_progress';
      // A task of what was completed is done again.
      delete state.completedAt;
      delete state.commit;
      delete state.paused;
      delete state.blockedReason;
      break;
    case 'milestone_blocked':
      state.status = 'blocked';
      state.blockedReason = event.details.reason;
      break;
    case 'milestone_completed':
      state.status = 'completed';
      state.completedAt = event.timestamp;
      for (const id of [...state.blockers.keys()]) removeBlocker(state, id);
      if (event.details.commit !== undefined) state.commit = event.details.commit;
      break;
    case 'milestone_landing':
      state.landing = event.details;
      break;
    case 'milestone_landed': {
      const {checks: _, ...landed} = event.details;
      state.landed = landed;
      if (state.status === 'completed') delete state.landedInPart;
      else state.landedInPart = true;
      delete state.landing;
      break;
    }
    case 'milestone_cancelled': {
      const {plan, imported} = event.details;
      if (plan) adoptPlan(state, plan, id => initialTask(imported?.[id]));
      state.status = 'cancelled';
      break;
    }
    case 'session_started':
      state.session = {
        id: event.session_id,
        startedAt: event.timestamp,
        heardAt: event.timestamp,
        ...(event.details.home !== undefined && {home: event.details.home}),
        ...(state.session && {before: state.session.heardAt}),
        ...(event.details.yolo && {yolo: true}),
        ...((event.details.gates ?? state.plan.settings.gates) === 'auto' && {autoGates: true}),
        ...(event.details.uncommitted && {uncommitted: event.details.uncommitted}),
      };
      state.agents = {};
      delete state.round;
      break;
    case 'session_ended':
      // Whoever completes it takes that away; after a cancel, workers may have to be told once more.
      if (state.status === 'completed') delete state.sentOut;
      if (state.session)
        state.session = {
          ...state.session,
          ended: {at: event.timestamp, exit: event.details.exit, reason: event.details.reason},
        };
      break;
    case 'agent_registered':
      state.agents[event.details.agent] = 'running';
      break;
    case 'agent_failed':
      state.agents[event.details.agent] = 'failing';
      break;
    case 'agent_stopped':
      state.agents[event.details.agent] = 'stopped';
      break;
    case 'attempt_dispatched':
      state.sentOut = true;
      break;
    case 'progress_updated':
      state.recordedProgress = {...event.details, at: event.timestamp};
      break;
    case 'checks_dispatched': {
      const {job, queue, asked} = event.details;
      state.checksOut = {job, queue, asked, number: (state.checksOut?.number ?? 0) + 1, isOver: false};
      state.sentOut = true;
      break;
    }
    case 'check_compared':
      endChecks(state);
      break;
    case 'final_checked':
      endChecks(state);
      state.finalCheck = {
        ok: event.details.ok,
        command: event.details.checks[0]?.command,
        ...(event.details.head !== undefined && {head: event.details.head}),
      };
      break;
    case 'repository_changed':
      for (const change of event.details.changes) noteChange(state, event.timestamp, change);
      break;
    case 'slot_kept':
      noteAside(state, {kind: 'slot_kept', at: event.timestamp, ...event.details});
      break;
    case 'round_started':
      state.round = event.details.tasks;
      break;
    case 'round_checked':
      endChecks(state);
      // What was red waits again.
      if (!event.details.ok) delete state.round;
      break;
    case 'baseline_checked':
      endChecks(state);
      state.baseline = {ok: event.details.ok, head: event.details.head};
      break;
    case 'budget_reserved':
      state.spending.reserved[event.details.task_id] = event.details.amount;
      break;
    case 'budget_settled':
      delete state.spending.reserved[event.details.task_id];
      settleSpending(state.spending, event.details);
      break;
    case 'driver_paused':
      pauseDriver(state, event);
      break;
    case 'driver_resumed':
      delete state.pausedDrivers[event.details.driver];
      break;
    case 'blockers_escalated':
      for (const id of event.details.ids) {
        const blocker = state.blockers.get(id);
        if (blocker) putBlocker(state, {...blocker, escalated: true});
      }
      break;
    case 'blocker_detected': {
      const {id, type, message, hint, task_id, driver} = event.details;
      putBlocker(state, {
        id,
        type,
        message,
        hint,
        since: event.timestamp,
        ...(task_id !== undefined && {taskId: task_id}),
        ...(driver !== undefined && {driver}),
      });
      break;
    }
    case 'blocker_resolved':
      removeBlocker(state, event.details.id);
      break;
    case 'task_dependency_blocker':
      state.unreported.delete(heldUpKey(event.details.task_id, event.details.dependency));
      break;
    case 'task_reset':
    case 'task_skipped':
      for (const id of [...blockersOf(state, event.details.task_id).keys()]) removeBlocker(state, id);
      break;
  }
}

/** What was asked for is known: who asks for the same again wants it anew. */
function endChecks(state: MilestoneState): void {
  if (state.checksOut) state.checksOut = {...state.checksOut, isOver: true};
}

/** The event without the tasks of a plan in it, which are in the state anyway. */
function withoutPlan(event: MilestoneEvent): MilestoneEvent {
  if (event.event !== 'milestone_activated' && event.event !== 'milestone_cancelled') return event;
  const {plan} = event.details;
  return plan ? ({...event, details: {...event.details, plan: {...plan, tasks: []}}} as MilestoneEvent) : event;
}

function misplaced(event: MilestoneEvent, why: string): MilestoneError {
  return new MilestoneError(
    'LOG_CORRUPT',
    `the event log does not fit together: \`${event.event}\` (number ${event.seq}) ${why}`,
    {
      hint: 'milestone doctor',
    },
  );
}
