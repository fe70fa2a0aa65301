import {expect, test} from 'vitest';
import {BranchSync} from '../../src/agents/sync-branch.ts';
import type {ExecutionContext} from '../../src/execution/context.ts';
import {makeExecution} from '../execution/execution-rig.ts';

test('a branch is fetched every 300 seconds, and pushed as soon as it has news', async () => {
  const {state, clock} = makeExecution({id: 'a', title: 'A'});
  let started = 0;
  const context = {
    state,
    clock,
    repo: {},
    workspace: {integration: {}},
    settings: {git: {sync: 'fetch'}, agents: {}},
    jobs: {start: () => started++},
  };
  const sync = new BranchSync();
  const tickAfter = async (ms: number): Promise<number> => {
    await clock.advance(ms);
    started = 0;
    sync.tick(context as unknown as ExecutionContext);
    return started;
  };
  const ticks = [];
  for (const ms of [0, 299_999, 1, 299_999, 1]) ticks.push(await tickAfter(ms));
  expect(ticks).toEqual([0, 0, 1, 0, 1]);
  state.head = 'c1';
  expect(await tickAfter(1)).toBe(0);
  context.settings.git.sync = 'push';
  expect(await tickAfter(1)).toBe(1);
  expect(await tickAfter(1)).toBe(0);
  state.head = 'c2';
  expect(await tickAfter(1)).toBe(1);
  context.settings.git.sync = 'off';
  expect(await tickAfter(600_000)).toBe(0);
});
