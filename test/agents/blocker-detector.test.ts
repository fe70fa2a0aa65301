import os from 'node:os';
import {expect, test} from 'vitest';
import {blockerDetector} from '../../src/agents/blocker-detector.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {Execution} from '../../src/execution/execution.ts';
import type {TaskId} from '../../src/plan/plan.ts';
import {resolveMilestoneSettings} from '../../src/plan/settings.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';
import {FakeClock} from '../rig/fake-clock.ts';

const AT = '2026-11-23T10:00:00.000Z';
const IDS = ['a', 'b', 'c'];

/** Three tasks whose driver is missing; `looks` tells for which of them it was looked for, since it was last asked. */
function detection() {
  const clock = new FakeClock();
  const tasks = IDS.map(id => ({id, title: id}));
  const state = initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks});
  const record = (...events: NewEvent[]) => {
    for (const event of events)
      applyEvent(state, {...event, seq: state.seq + 1, timestamp: AT, milestone_id: 'm'} as MilestoneEvent);
  };
  const lookedFor: TaskId[] = [];
  const installed = new Set<TaskId>();
  const missing = {type: 'driver_missing' as const, message: 'no `claude`', hint: 'install it'};
  const block = (id: TaskId) =>
    record({event: 'blocker_detected', details: {id: `driver_missing-${id}`, ...missing, task_id: id}});
  const open = () => [...state.blockers.values()].map(({taskId}) => taskId);
  for (const id of IDS) block(id);
  let head = '1';
  const moveTo = (commit: string) => {
    head = commit;
  };
  const execution = {
    workspace: {branch: {head: async () => ({kind: 'head', commit: head})}},
    ledger: {state, record, openBlocker: () => undefined},
    inForce: {
      settings: resolveMilestoneSettings({}),
      needsBaseline: true,
      drivers: {refresh: () => undefined},
      taskOf: (id: TaskId) => state.taskById.get(id),
      driverOf: (id: TaskId) => {
        lookedFor.push(id);
        return {kind: installed.has(id) ? 'driver' : 'missing'};
      },
    },
    lifetime: {},
    timers: {after: () => undefined},
    clock,
    slotsFolder: os.tmpdir(),
    warn: () => undefined,
  } as unknown as Execution;
  const {tick} = blockerDetector(execution);
  const looks = async () => {
    await tick();
    return lookedFor.splice(0);
  };
  return {clock, state, record, looks, tick, block, open, installed, moveTo};
}

test('what holds single tasks is looked at every two minutes, not at every event', async () => {
  const {clock, looks} = detection();
  expect(await looks()).toEqual(IDS);
  expect(await looks()).toEqual([]);
  await clock.advance(119_999);
  expect(await looks()).toEqual([]);
  await clock.advance(1);
  expect(await looks()).toEqual(IDS);
});

test('another plan, and a driver that begins or ends to rest, are reasons to look at once', async () => {
  const {record, looks} = detection();
  await looks();
  record({event: 'plan_changed', details: {change: {}, warnings: []}});
  expect(await looks()).toEqual(IDS);
  const resets_at = new Date(Date.parse(AT) + 3_600_000).toISOString();
  record({event: 'driver_paused', details: {driver: 'claude', reason: 'quota', message: 'used up', resets_at}});
  expect(await looks()).toEqual(IDS);
  record({event: 'driver_resumed', details: {driver: 'claude'}});
  expect(await looks()).toEqual(IDS);
  expect(await looks()).toEqual([]);
});

test('what holds everything is looked at at every event', async () => {
  const {state, record, looks} = detection();
  await looks();
  record({
    event: 'blocker_detected',
    details: {id: 'plan_invalid-9', type: 'plan_invalid', message: 'is not valid', hint: 'mend it'},
  });
  expect(await looks()).toEqual([]);
  expect([...state.blockers.keys()]).toEqual(IDS.map(id => `driver_missing-${id}`));
});

test('what comes back though nothing is seen of it is cleared ever more seldom, until it is seen again', async () => {
  const {clock, tick, block, open, installed} = detection();
  installed.add('a');
  await tick();
  expect(open()).toEqual(['b', 'c']);
  for (const minutes of [2, 4, 8, 16, 32, 60, 60]) {
    block('a');
    await clock.advance(minutes * 60_000 - 1);
    await tick();
    expect(open()).toContain('a');
    await clock.advance(120_000);
    await tick();
    expect(open()).not.toContain('a');
  }
  block('a');
  installed.delete('a');
  await clock.advance(120_000);
  await tick();
  installed.add('a');
  await clock.advance(120_000);
  await tick();
  expect(open()).toEqual(['b', 'c']);
});

test('a red base that somebody has put commits on twice is checked twice, however soon', async () => {
  const {state, record, tick, moveTo} = detection();
  const red = {type: 'baseline_red' as const, message: 'the check is red', hint: 'mend it'};
  for (const head of ['1', '2', '3']) {
    moveTo(`${Number(head) + 1}`);
    record({event: 'baseline_checked', details: {head, ok: false, checks: []}});
    record({event: 'blocker_detected', details: {id: `baseline_red-${head}`, ...red}});
    await tick();
    expect([...state.blockers.values()].filter(({type}) => type === 'baseline_red')).toEqual([]);
  }
});
