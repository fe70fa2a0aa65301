import {expect, test} from 'vitest';
import {BranchSync} from '../../src/agents/sync-branch.ts';
import type {Execution} from '../../src/execution/execution.ts';
import {makeExecution} from '../execution/execution-rig.ts';

test('a branch is fetched every 300 seconds, and pushed as soon as it has news', async () => {
  const {state, clock} = makeExecution({id: 'a', title: 'A'});
  let started = 0;
  const settings = {git: {sync: 'fetch'}, agents: {}};
  const execution = {
    ledger: {state},
    inForce: {settings},
    clock,
    repo: {},
    workspace: {branch: {}},
    jobs: {start: () => started++},
  };
  const sync = new BranchSync(execution as unknown as Execution);
  const tickAfter = async (ms: number): Promise<number> => {
    await clock.advance(ms);
    started = 0;
    sync.tick();
    return started;
  };
  const ticks = [];
  for (const ms of [0, 299_999, 1, 299_999, 1]) ticks.push(await tickAfter(ms));
  expect(ticks).toEqual([0, 0, 1, 0, 1]);
  state.head = 'c1';
  expect(await tickAfter(1)).toBe(0);
  settings.git.sync = 'push';
  expect(await tickAfter(1)).toBe(1);
  expect(await tickAfter(1)).toBe(0);
  state.head = 'c2';
  expect(await tickAfter(1)).toBe(1);
  settings.git.sync = 'off';
  expect(await tickAfter(600_000)).toBe(0);
});
