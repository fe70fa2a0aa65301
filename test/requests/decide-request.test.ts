import {expect, test} from 'vitest';
import type {NewEvent} from '../../src/events/event.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {decideRequest} from '../../src/requests/decide-request.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';

const PLAN: Plan = {
  id: 'm',
  title: 'm',
  requires: [],
  settings: {},
  tasks: ['build', 'deploy'].map(id => ({id, title: id, run: 'true'})),
};

const ACTIVATED: NewEvent = {
  event: 'milestone_activated',
  details: {execution_id: 'exec-1', plan: PLAN, imported: {}, isolation: 'none', dependents: []},
};
const STARTED: NewEvent = {
  event: 'task_started',
  details: {task_id: 'build', attempt: 1, slot: 0, token: 't', driver: 'shell'},
};
const FAILED: NewEvent[] = [
  STARTED,
  {
    event: 'attempt_ended',
    details: {task_id: 'build', attempt: 1, outcome: {kind: 'failed', cause: 'exit', message: 'failed'}},
  },
  {event: 'task_failed', details: {task_id: 'build', attempt: 1, cause: 'exit', message: 'failed'}},
];
const PAUSED: NewEvent = {event: 'milestone_paused', details: {code: 'requested', reason: 'paused'}};
const BLOCKED: NewEvent = {event: 'milestone_blocked', details: {reason: 'task `deploy` failed'}};
const CANCELLED: NewEvent = {event: 'milestone_cancelled', details: {reason: 'no more'}};

function stateAfter(...events: NewEvent[]): MilestoneState {
  const state = initialState(PLAN);
  for (const {event, details} of events)
    applyEvent(state, {
      seq: state.seq + 1,
      timestamp: '2026-11-23T10:00:00.000Z',
      event,
      milestone_id: 'm',
      session_id: 's',
      details,
    } as never);
  return state;
}

test('pause is for what is in progress, or has stopped while attempts of it still run', () => {
  expect(decideRequest(stateAfter(ACTIVATED), {kind: 'pause', now: false})).not.toHaveProperty('interrupt');
  for (const stopped of [PAUSED, BLOCKED])
    expect(decideRequest(stateAfter(ACTIVATED, STARTED, stopped), {kind: 'pause', now: true})).toMatchObject({
      kind: 'accepted',
      interrupt: 'all',
    });
  for (const events of [[], [ACTIVATED, PAUSED], [ACTIVATED, BLOCKED], [ACTIVATED, CANCELLED]])
    expect(decideRequest(stateAfter(...events), {kind: 'pause', now: true})).toMatchObject({code: 'WRONG_STATUS'});
});

test('cancel is for everything that has not ended', () => {
  for (const events of [[], [ACTIVATED], [ACTIVATED, PAUSED]])
    expect(decideRequest(stateAfter(...events), {kind: 'cancel'})).toMatchObject({
      events: [{event: 'milestone_cancelled'}],
      interrupt: 'all',
    });
  expect(decideRequest(stateAfter(ACTIVATED, CANCELLED), {kind: 'cancel'})).toMatchObject({code: 'WRONG_STATUS'});
});

test('retry is for failed and blocked tasks: one, or all of them together with what holds everything', () => {
  const blocked: NewEvent = {
    event: 'blocker_detected',
    details: {id: 'final_red-9', type: 'final_red', message: 'red', hint: 'mend it'},
  };
  const state = stateAfter(ACTIVATED, ...FAILED, blocked);
  expect(decideRequest(state, {kind: 'retry', task_id: 'build'})).toMatchObject({events: [{event: 'task_reset'}]});
  expect(decideRequest(state, {kind: 'retry'})).toMatchObject({
    events: [{event: 'blocker_resolved', details: {id: 'final_red-9'}}, {event: 'task_reset'}],
  });
  expect(decideRequest(state, {kind: 'retry', task_id: 'deploy'})).toMatchObject({code: 'REQUEST_REJECTED'});
  expect(decideRequest(stateAfter(ACTIVATED), {kind: 'retry'})).toMatchObject({code: 'REQUEST_REJECTED'});
});

test('skip ends the attempt of a running task, and nothing else', () => {
  const skip = {kind: 'skip', task_id: 'build', reason: 'by hand'} as const;
  expect(decideRequest(stateAfter(ACTIVATED, STARTED), skip)).toMatchObject({interrupt: 'build'});
  expect(decideRequest(stateAfter(ACTIVATED), skip)).toEqual({
    kind: 'accepted',
    events: [{event: 'task_skipped', details: {task_id: 'build', reason: 'by hand'}}],
  });
  expect(decideRequest(stateAfter(), skip)).toMatchObject({
    code: 'WRONG_STATUS',
    hint: expect.stringContaining('activate'),
  });
});

test('a task that does not exist is answered with the one that was meant', () => {
  expect(decideRequest(stateAfter(ACTIVATED), {kind: 'skip', task_id: 'biuld'})).toMatchObject({
    code: 'UNKNOWN_TASK',
    hint: 'did you mean `build`?',
  });
});
