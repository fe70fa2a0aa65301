import {expect, test} from 'vitest';
import {ReadyTasks} from '../../src/execution/ready-tasks.ts';
import {initialState} from '../../src/state/initial-state.ts';

test('a task that is held twice does not start before it is released twice', () => {
  const state = initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks: [{id: 'a', title: 'A'}]});
  const ready = new ReadyTasks(state, {
    constraintOf: () => ({}),
    standingOf: () => ({kind: 'go'}),
    maxAttemptsOf: () => 8,
    now: () => 0,
    after: () => undefined,
    selection: undefined,
  });
  const startable = () => [ready.size, ready.isDeferring];
  expect(startable()).toEqual([1, false]);
  ready.defer('a');
  ready.defer('a');
  ready.release('a');
  expect(startable()).toEqual([0, true]);
  ready.release('a');
  expect(startable()).toEqual([1, false]);
});
