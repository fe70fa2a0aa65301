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
