import {expect, test} from 'vitest';
import {willStop} from '../../src/reports/will-stop.ts';
import {initialState} from '../../src/state/initial-state.ts';

const STATE = initialState({
  id: 'm',
  title: 'm',
  requires: [],
  settings: {},
  tasks: [{id: 'a', title: 'a', run: 'true'}],
});
const FACTS = {
  driver: undefined,
  missingDriver: () => undefined,
  missingReviewer: () => undefined,
  goesOut: () => false,
  passesGates: false,
  selection: undefined,
  project: {},
};

test('slots that need more than is free are said in numbers that one can read', () => {
  const disk = {needed: 4_200_000_000, free: 512_000};
  expect(willStop(STATE, {...FACTS, disk})).toEqual([
    {kind: 'disk', text: 'slots need 4.2 GB, and 512.0 kB are free', tasks: []},
  ]);
  expect(willStop(STATE, {...FACTS, disk: {needed: 999, free: 1_000}})).toEqual([]);
});

test('what does not begin, who is not there to review, and what only a worker can do', () => {
  const state = initialState({
    ...STATE.plan,
    tasks: [
      {id: 'a', title: 'a', run: 'true', where: 'gpu'},
      {id: 'b', title: 'b', driver: 'claude', verify: 'true', budget: {usd: 1}, review: {driver: 'codex'}},
    ],
  });
  const facts = {
    ...FACTS,
    refusal: {message: 'the base `x` names no commit'},
    missingReviewer: ({review}: {review?: {driver?: string}}) => (review ? {message: 'codex is not there'} : undefined),
    goesOut: ({where}: {where?: unknown}) => where !== undefined,
  };
  expect(willStop(state, facts)).toEqual([
    {kind: 'refused', text: 'it cannot begin: the base `x` names no commit', tasks: []},
    {kind: 'agent_missing', text: 'codex is not there: `b`', tasks: ['b']},
    {kind: 'workers', text: 'for workers, and only `milestone workers` asks whether any are there: `a`', tasks: ['a']},
  ]);
});
