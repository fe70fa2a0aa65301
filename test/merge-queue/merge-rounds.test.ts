// When rounds begin, on a clock that the tests turn. What they do is in test/cli/merge-rounds.test.ts.

import {expect, test} from 'vitest';
import {MergeRounds} from '../../src/merge-queue/merge-rounds.ts';
import type {TaskId} from '../../src/plan/plan.ts';
import type {Branch, BranchMove} from '../../src/workspace/workspace.ts';
import {type ExecutionRig, makeExecutionOn, startTask} from '../execution/execution-rig.ts';

const CHECK_MS = 1_000;

/** A branch onto which everything fits. Commits are named after the tasks that they hold. */
class FakeBranch implements Partial<Branch> {
  readonly name = 'milestone/m';
  readonly rounds: TaskId[][] = [];
  private commit_ = 'h0';

  async head() {
    return {kind: 'head' as const, commit: this.commit_};
  }

  async workOf(commit: string) {
    return {commit, tree: commit, base: 'old', hasChanges: true, changedFiles: [], message: commit};
  }

  async merge(_: unknown, {tree}: {tree: string}) {
    return {kind: 'merged' as const, tree};
  }

  async commit(tree: string, parent: string) {
    return `${parent}+${tree}`;
  }

  async firstLost() {
    return undefined;
  }

  async isWhole() {
    return true;
  }

  async advance({to, places}: BranchMove) {
    this.commit_ = to;
    this.rounds.push(places.map(({taskId}) => taskId));
    return {kind: 'advanced' as const};
  }
}

/** A queue in which the work of `first` came, half a second after its claim, and checks take a second. */
async function queue(...tasks: TaskId[]) {
  const branch = new FakeBranch();
  const rig = makeExecutionOn(
    branch as unknown as Branch,
    ...['first', ...tasks].map(id => ({id, title: id, run: 'true'})),
  );
  rig.state.head = 'h0';
  const rounds = new MergeRounds(rig.execution, branch as unknown as Branch);
  const check = {name: 'baseline' as const, command: 'true', ok: true, exit_code: 0, duration_ms: CHECK_MS};
  rig.execution.ledger.record({event: 'baseline_checked', details: {head: 'h0', ok: true, checks: [check]}});
  const enqueue = async (id: TaskId) => {
    rig.execution.ledger.record({event: 'task_queued', details: {task_id: id, attempt: 1, commit: id}});
    rounds.wake();
    await rig.clock.advance(0);
  };
  claim(rig, 'first');
  await rig.clock.advance(500);
  await enqueue('first');
  expect(branch.rounds.splice(0)).toEqual([['first']]);
  return {...rig, rig, branch, enqueue};
}

function claim(rig: ExecutionRig, id: TaskId): void {
  startTask(rig, id);
  rig.execution.ledger.record({event: 'task_claimed', details: {task_id: id, attempt: 1, result: {}}});
}

/** `a` comes to the queue, and `b` was claimed `laterMs` after it and `agoMs` before that. */
async function queuedBeside(laterMs: number, agoMs: number) {
  const all = await queue('a', 'b');
  claim(all.rig, 'a');
  await all.clock.advance(laterMs);
  claim(all.rig, 'b');
  await all.clock.advance(agoMs);
  await all.enqueue('a');
  return all;
}

test('a round waits for works whose own checks are about to end', async () => {
  const {rig, branch, clock, enqueue} = await queue('a', 'b', 'c');
  claim(rig, 'a');
  await clock.advance(40);
  claim(rig, 'b');
  claim(rig, 'c');
  await clock.advance(460);
  await enqueue('a');
  await clock.advance(30);
  await enqueue('b');
  expect(branch.rounds).toEqual([]);
  await clock.advance(10);
  await enqueue('c');
  expect(branch.rounds).toEqual([['a', 'b', 'c']]);
});

test('a round does not wait for works whose own checks have just begun', async () => {
  const {branch} = await queuedBeside(490, 10);
  expect(branch.rounds).toEqual([['a']]);
});

test('a round waits no more when nobody is to be expected any more', async () => {
  const {branch, clock, execution} = await queuedBeside(100, 400);
  expect(branch.rounds).toEqual([]);
  execution.ledger.endAttempt({taskId: 'b', attempt: 1}, {kind: 'failed', cause: 'check', message: 'is red'});
  await clock.advance(0);
  expect(branch.rounds).toEqual([['a']]);
});

test('a round waits for a quarter of a check at most, whoever is late', async () => {
  const {branch, clock} = await queuedBeside(10, 490);
  await clock.advance(50);
  expect(branch.rounds).toEqual([]);
  await clock.advance(CHECK_MS / 4 - 50);
  expect(branch.rounds).toEqual([['a']]);
});

test('an execution that is to end does not wait', async () => {
  const {branch, clock, execution} = await queuedBeside(100, 400);
  execution.lifetime.end({exit: 6, reason: 'paused'});
  await execution.jobs.allEnded();
  expect([branch.rounds, clock.sleeping]).toEqual([[], 0]);
});
