import {expect, test} from 'vitest';
import type {Difference} from '../../../src/git/trees/compare-trees.ts';
import {takenBeyond} from '../../../src/git/trees/merge.ts';

const difference = (path: string, status: Difference['status'], oldId: string, id: string): Difference => ({
  path,
  status,
  oldMode: '100644',
  mode: '100644',
  oldId,
  id,
});

test('a merge takes from the head what the work deleted, and what it moved, and nothing else', () => {
  const gone = difference('gone', 'deleted', 'a', '0');
  expect(takenBeyond([gone], [gone])).toEqual([]);
  expect(takenBeyond([gone], [])).toEqual(['gone']);
  // The work renamed a folder in which the head has a new file.
  const moved = [difference('old/new', 'deleted', 'b', '0'), difference('folder/new', 'added', '0', 'b')];
  expect(takenBeyond(moved, [])).toEqual([]);
  expect(takenBeyond([...moved, gone, difference('changed', 'modified', 'c', 'd')], [])).toEqual(['gone']);
});
