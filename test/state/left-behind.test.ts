import {expect, test} from 'vitest';
import {matchToken} from '../../src/platform/processes/tokens.ts';
import {leftBehind, milestoneToken} from '../../src/state/left-behind.ts';
import {World} from './simulation.ts';

/** With one attempt at work, of a session that said, or did not say, which folder it worked in. */
function stateOf(home: string | undefined) {
  const world = new World({id: 'p', title: 'P', requires: [], settings: {}, tasks: [{id: 'a', title: 'A'}]}, 1);
  world.record(
    {event: 'session_started', details: {pid: 1, host: 'h', command: 'execute', ...(home !== undefined && {home})}},
    {event: 'task_started', details: {task_id: 'a', attempt: 1, slot: 0, token: 't-1', driver: 'shell'}},
  );
  return world.state;
}

test('what was left is looked for by what this home, or an earlier version, has given it', () => {
  expect(leftBehind(stateOf('7'), '7')).toEqual({milestone: ['x@7'], attempts: ['t-1']});
  expect(leftBehind(stateOf(undefined), '7')).toEqual({milestone: ['x@7', 'x'], attempts: ['t-1']});
  expect(leftBehind(stateOf('6'), '7')).toEqual({milestone: ['x@7'], attempts: []});
});

test('what another home has started carries none of its tokens', () => {
  const state = stateOf('7');
  const ours = new Set(leftBehind(state, '7').milestone);
  expect(matchToken(`${milestoneToken(state, '7')}.final`, ours)).toBe('x@7');
  expect(matchToken(`${milestoneToken(state, '6')}.final`, ours)).toBeUndefined();
  expect(
    matchToken(`${milestoneToken(state, '6')}.final`, new Set(leftBehind(stateOf(undefined), '7').milestone)),
  ).toBe(undefined);
});
