import {expect, test} from 'vitest';
import {type Candidate, chooseNext, type SchedulerSnapshot} from '../../src/scheduler/choose-next.ts';

function snapshot(changes: Partial<SchedulerSnapshot>): SchedulerSnapshot {
  return {room: 2, running: [], ready: [], usedElsewhere: new Set(), ...changes};
}

const candidate = (id: string, remaining: number, order = 0): Candidate => ({id, remaining, order});

test('the task with the longest way to the end goes first, the file decides between equals', () => {
  const ready = [
    {constraint: {}, candidates: [candidate('long', 5, 3), candidate('first', 2, 1), candidate('second', 2, 2)]},
  ];
  expect(chooseNext(snapshot({ready}))).toEqual(['long', 'first']);
});

test('no more are started than there are places', () => {
  const ready = [{constraint: {}, candidates: [candidate('a', 1), candidate('b', 1, 1)]}];
  expect(chooseNext(snapshot({ready, room: 1}))).toEqual(['a']);
  expect(chooseNext(snapshot({ready, room: 0}))).toEqual([]);
});

test('overlapping areas never run together, also not two that are chosen at once', () => {
  const ready = [
    {constraint: {touches: ['src/**']}, candidates: [candidate('a', 9), candidate('b', 8)]},
    {constraint: {touches: ['docs/**']}, candidates: [candidate('c', 1)]},
  ];
  expect(chooseNext(snapshot({ready}))).toEqual(['a', 'c']);
  expect(chooseNext(snapshot({ready, running: [{constraint: {touches: ['src/lib/*.ts']}}]}))).toEqual(['c']);
});

test('a name is used by one task at a time, here and in other milestones', () => {
  const ready = [{constraint: {uses: ['database']}, candidates: [candidate('a', 2), candidate('b', 1)]}];
  expect(chooseNext(snapshot({ready}))).toEqual(['a']);
  expect(chooseNext(snapshot({ready, usedElsewhere: new Set(['database'])}))).toEqual([]);
});

test('a task that is to run alone waits until nothing runs, and then nothing starts beside it', () => {
  const ready = [{constraint: {}, candidates: [{...candidate('alone', 9), alone: true}, candidate('other', 1)]}];
  expect(chooseNext(snapshot({ready}))).toEqual(['alone']);
  expect(chooseNext(snapshot({ready: [], running: [{constraint: {}, alone: true}]}))).toEqual([]);
  const waiting = [{constraint: {}, candidates: [{...candidate('alone', 9), alone: true}]}];
  expect(chooseNext(snapshot({ready: waiting, running: [{constraint: {}}]}))).toEqual([]);
});
