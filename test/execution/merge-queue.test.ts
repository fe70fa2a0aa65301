import {expect, test} from 'vitest';
import {MergeQueue} from '../../src/execution/merge-queue.ts';
import type {BranchHead} from '../../src/workspace/workspace.ts';

/** A branch whose commits are `c0`, `c1`, …, as it is moved. */
function movingBranch() {
  let commits = 0;
  return {
    head: async (): Promise<BranchHead> => ({kind: 'head', commit: `c${commits}`}),
    move: () => void commits++,
  };
}

function commitOf(head: BranchHead | undefined): string | undefined {
  return head?.kind === 'head' ? head.commit : undefined;
}

test('whoever waits gets the head as it is when his turn has come', async () => {
  const branch = movingBranch();
  const queue = new MergeQueue(branch);
  const seen = await Promise.all(
    [1, 2, 3].map(() =>
      queue.run(async head => {
        branch.move();
        return commitOf(head);
      }),
    ),
  );
  expect(seen).toEqual(['c0', 'c1', 'c2']);
});

test('a failure is its owner’s; the queue goes on', async () => {
  const queue = new MergeQueue(undefined);
  const failing = queue.run(async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await queue.run(async head => head)).toBeUndefined();
});
