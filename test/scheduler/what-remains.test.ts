import {describe, expect, test} from 'vitest';
import type {BlockerType} from '../../src/events/details/blocker.ts';
import type {NewEvent} from '../../src/events/event.ts';
import {type Outlook, standstill, whatRemains} from '../../src/scheduler/what-remains.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';

const IDLE: Outlook = {ready: 0, manual: [], waiting: new Map(), halted: false, waits: false, isRestricted: false};

/** A milestone of two tasks, after these events. */
function stateAfter(...events: NewEvent[]): MilestoneState {
  const tasks = ['a', 'b'].map(id => ({id, title: id}));
  const state = initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks});
  for (const event of events)
    applyEvent(state, {
      ...event,
      seq: state.seq + 1,
      timestamp: '2026-11-23T10:00:00.000Z',
      milestone_id: 'm',
      session_id: 's',
    } as Parameters<typeof applyEvent>[1]);
  return state;
}

const blocker = (type: BlockerType, task_id?: string): NewEvent => ({
  event: 'blocker_detected',
  details: {id: `${type}-1`, type, message: `is ${type}`, hint: `mend ${type}`, ...(task_id && {task_id})},
});
const skipped = (task_id: string): NewEvent => ({event: 'task_skipped', details: {task_id}});
const failed = (task_id: string): NewEvent => ({
  event: 'task_failed',
  details: {task_id, attempt: 1, cause: 'check', message: 'failed'},
});
const paused = (driver: string, resets_at?: string): NewEvent => ({
  event: 'driver_paused',
  details: {driver, reason: 'quota', message: 'used up', ...(resets_at && {resets_at})},
});
const loggedOut = (driver: string): NewEvent => ({
  event: 'driver_paused',
  details: {driver, reason: 'auth', message: 'no login'},
});
const started = (task_id: string): NewEvent => ({
  event: 'task_started',
  details: {task_id, attempt: 1, slot: 0, token: 't', driver: 'shell'},
});

describe('an execution ends with', () => {
  const quota = {waiting: new Map([['b', 'claude']])};
  const cases: Array<[number, string, MilestoneState, Partial<Outlook>]> = [
    [
      7,
      'budget before quota, failed tasks and people',
      stateAfter(paused('claude'), failed('a'), blocker('budget')),
      quota,
    ],
    [8, 'quota before failed tasks', stateAfter(paused('claude'), failed('a')), quota],
    [
      8,
      'quota before what holds everything',
      stateAfter(paused('claude'), blocker('disk_space')),
      {...quota, halted: true},
    ],
    [4, 'failed tasks before questions', stateAfter(failed('a'), blocker('question', 'b')), {}],
    [4, 'blockers before manual tasks', stateAfter(blocker('driver_missing', 'a')), {manual: ['b']}],
    [6, 'a question', stateAfter(blocker('question', 'a')), {}],
    [6, 'manual tasks', stateAfter(), {manual: ['a', 'b']}],
    [4, 'a driver that waits for a login', stateAfter(blocker('auth', 'a'), {...paused('claude')}), {}],
    [4, 'a driver that nobody is logged in to', stateAfter(loggedOut('claude')), quota],
    [8, 'a stop on the quota of a driver that no task waits for', stateAfter(paused('claude')), {halted: true}],
    [0, 'what it was restricted to', stateAfter(skipped('a')), {isRestricted: true}],
    [4, 'nothing that can go on, for no reason that is known', stateAfter(skipped('a')), {}],
  ];
  for (const type of ['disk_space', 'milestone_dependency', 'branch_rewritten', 'branch_checked_out'] as const)
    cases.push([4, type, stateAfter(blocker(type)), {halted: true, ready: 1}]);
  for (const type of ['baseline_red', 'final_red'] as const)
    cases.push([4, type, stateAfter(blocker(type)), {halted: true}]);
  for (const type of ['suspect', 'approval_rejected', 'driver_missing', 'auth'] as const)
    cases.push([4, type, stateAfter(blocker(type, 'a')), {}]);

  test.each(cases)('%i: %s', (exit, _, state, outlook) => {
    expect(whatRemains(state, {...IDLE, ...outlook})).toMatchObject({kind: 'stopped', exit});
    expect(standstill(state, {...IDLE, ...outlook})).toMatchObject({exit});
  });
});

describe('what is done is complete', () => {
  const done = [skipped('a'), skipped('b')];
  const holding = ['disk_space', 'milestone_dependency', 'branch_checked_out', 'plan_invalid', 'quota'] as const;

  test.each(holding)('whatever %s would hold', type => {
    expect(whatRemains(stateAfter(...done, blocker(type)), {...IDLE, halted: true})).toEqual({kind: 'complete'});
  });

  test.each(['final_red', 'branch_rewritten'] as const)('unless it is %s', type => {
    const remains = whatRemains(stateAfter(...done, blocker(type)), {...IDLE, halted: true});
    expect(remains).toMatchObject({kind: 'stopped', exit: 4, hint: `mend ${type}, then \`milestone resume m\``});
  });

  test('unless the plan on disk is not valid', () => {
    const refused: NewEvent = {event: 'plan_refused', details: {problems: ['no']}};
    expect(whatRemains(stateAfter(...done, refused), IDLE)).toMatchObject({kind: 'stopped', exit: 4});
    expect(
      whatRemains(stateAfter(...done, refused, {event: 'plan_changed', details: {change: {}, warnings: []}}), IDLE),
    ).toEqual({kind: 'complete'});
  });
});

describe('it is working', () => {
  test('as long as anything runs, or could start', () => {
    expect(whatRemains(stateAfter(blocker('disk_space'), started('a')), {...IDLE, halted: true})).toEqual({
      kind: 'working',
    });
    expect(whatRemains(stateAfter(failed('a')), {...IDLE, ready: 1})).toEqual({kind: 'working'});
  });

  test('while it sleeps until a quota is back, if it is to', () => {
    const state = stateAfter(paused('claude', '2026-11-23T11:00:00.000Z'));
    const waiting = new Map([['a', 'claude']]);
    expect(whatRemains(state, {...IDLE, waiting, waits: true})).toEqual({kind: 'working'});
    expect(whatRemains(state, {...IDLE, waiting})).toMatchObject({
      exit: 8,
      hint: expect.stringContaining('at 2026-11-23T11:00:00.000Z'),
    });
  });
});

test('one blocker is told with its own hint and what makes it go on, failed tasks with the command that tries them again', () => {
  expect(whatRemains(stateAfter(blocker('disk_space')), {...IDLE, halted: true})).toMatchObject({
    reason: 'is disk_space',
    hint: 'mend disk_space, then `milestone resume m`',
  });
  expect(whatRemains(stateAfter(failed('a'), blocker('disk_space')), {...IDLE, halted: true})).toMatchObject({
    reason: 'task `a` failed; is disk_space',
    hint: 'look (`milestone show m a`), then `milestone retry m` and `milestone resume m`',
  });
});
