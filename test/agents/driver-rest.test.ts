import os from 'node:os';
import {expect, test} from 'vitest';
import {blockerDetector} from '../../src/agents/blocker-detector.ts';
import type {NewEvent} from '../../src/events/event.ts';
import type {Execution} from '../../src/execution/execution.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {resolveMilestoneSettings} from '../../src/plan/settings.ts';
import {initialState} from '../../src/state/initial-state.ts';

const HOUR_MS = 3_600_000;

test('a driver rests by the wall clock: no sleep is long, so that a machine that was suspended notices soon', async () => {
  const plan = {id: 'm', title: 'm', requires: [], settings: {}, tasks: [{id: 'a', title: 'a'}]} as unknown as Plan;
  const state = initialState(plan);
  const wall = {now: Date.parse('2026-11-23T10:00:00.000Z')};
  const resetsAt = new Date(wall.now + HOUR_MS).toISOString();
  state.pausedDrivers = {claude: {reason: 'quota', message: 'used up', since: '2026-11-23T10:00:00.000Z', resetsAt}};
  const recorded: NewEvent[] = [];
  const sleeps: Array<{ms: number; then(): void}> = [];
  const execution = {
    ledger: {
      state,
      record: (...events: NewEvent[]) => recorded.push(...events),
      openBlocker: () => undefined,
    },
    inForce: {settings: resolveMilestoneSettings({})},
    lifetime: {},
    timers: {after: (ms: number, then: () => void) => sleeps.push({ms, then})},
    clock: {now: () => wall.now, elapsed: () => 0},
    slotsFolder: os.tmpdir(),
    warn: () => undefined,
  } as unknown as Execution;
  const {tick} = blockerDetector(execution);

  await tick();
  await tick();
  expect(sleeps.map(({ms}) => ms)).toEqual([15_000]);
  sleeps[0]?.then();
  wall.now += HOUR_MS - 4_000; // it was asleep for nearly all of it
  await tick();
  expect(sleeps.map(({ms}) => ms)).toEqual([15_000, 4_000]);
  expect(recorded.map(({event}) => event)).not.toContain('driver_resumed');
  wall.now += 4_000;
  await tick();
  expect(recorded).toContainEqual({event: 'driver_resumed', details: {driver: 'claude'}});
});
