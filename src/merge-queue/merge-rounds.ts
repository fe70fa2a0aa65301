import {block, giveUp} from '../attempt/attempt-end.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import {type StopSignal, StopSource} from '../platform/processes/stop-signal.ts';
import {onAbort} from '../platform/processes/supervise.ts';
import {nextRound, type Suspects} from '../scheduler/merge-round.ts';
import {worthWaiting} from '../scheduler/worth-waiting.ts';
import {isBranchClosed} from '../state/open-blockers.ts';
import {PRUNED_WORK} from '../workspace/freezer.ts';
import type {AttemptPlace, Branch, BranchBlocker, BranchHead, QueuedWork} from '../workspace/workspace.ts';
import {Coming} from './coming.ts';
import type {Member} from './lay-works.ts';
import {takeRound} from './take-round.ts';

/** A task in the queue, on which this process has an eye. */
interface Waiting {
  place: AttemptPlace;
  /** That holds its work; absent where there is nothing to merge. */
  commit: string | undefined;
  /** Aborts when it is to leave the queue, or the execution is to end. */
  signal: StopSignal;
  /** Nobody need have an eye on it any more. */
  leave(): void;
}

/** Takes what waits in the merge queue onto the branch, round after round. */
export class MergeRounds {
  private readonly waiting = new Map<TaskId, Waiting>();
  private inRound: readonly Waiting[] = [];
  private suspects: Suspects | undefined;
  private isAtWork = false;
  private jobs = 0;
  private readonly coming: Coming;
  /** Ends when the queue is not what it was. */
  private pause = new AbortController();

  constructor(
    private readonly execution: Execution,
    private readonly branch: Branch,
  ) {
    this.coming = new Coming(execution);
    execution.ledger.onRecorded((event, endsAttempt) => {
      if (endsAttempt) this.forget((event.details as {task_id: TaskId}).task_id);
      if (endsAttempt || event.event === 'task_queued') this.pause.abort();
    });
  }

  /** Take up what is queued, unless that is under way. */
  wake(): void {
    const {lifetime, jobs} = this.execution;
    this.watchQueued();
    if (this.isAtWork || lifetime.ending || !this.canGoOn) return;
    this.isAtWork = true;
    // The one before may have ended just now, and its name be taken still.
    jobs.start(`merge queue ${++this.jobs}`, () => this.run());
  }

  /** Take up what is queued now, and resolve when nothing is left of it, or the execution is to end. */
  async drain(): Promise<void> {
    this.watchQueued();
    await this.run();
  }

  private async run(): Promise<void> {
    const {lifetime, mergeQueue} = this.execution;
    try {
      while (!lifetime.ending && this.canGoOn) {
        await this.gather();
        await mergeQueue.run(head => this.round(head as BranchHead));
      }
    } finally {
      this.isAtWork = false;
    }
  }

  /** Have the next round wait for works that are about to come, where that is worth it. */
  private async gather(): Promise<void> {
    const {clock, lifetime} = this.execution;
    const since = clock.elapsed();
    for (;;) {
      const ms = this.waitMs(clock.elapsed() - since);
      if (ms === 0 || lifetime.ending) return;
      this.pause = new AbortController();
      const until = AbortSignal.any([this.pause.signal, lifetime.signal]);
      await clock.sleep(ms, until).catch(() => undefined);
    }
  }

  private waitMs(waitedMs: number): number {
    const {inForce, ledger, mergeQueue} = this.execution;
    const {checkMs, expectedMs} = this.coming;
    this.watchQueued();
    const [first, ...others] = this.order();
    if (!first || this.suspects) return 0;
    const base = first.commit === undefined ? undefined : mergeQueue.works.get(first.commit)?.base;
    // It needs no check.
    if (others.length === 0 && base !== undefined && base === ledger.state.head) return 0;
    const queued = 1 + others.length;
    return worthWaiting({queued, room: inForce.settings.merge.batch - queued, waitedMs, checkMs, expectedMs});
  }

  /** @param head As it is now that it is the round's turn. */
  private async round(head: BranchHead): Promise<void> {
    const {execution, branch, suspects} = this;
    const order = this.order();
    if (execution.lifetime.ending || order.length === 0) return;
    if (head.kind !== 'head') return this.close(head.blocker);
    const {batch} = execution.inForce.settings.merge;
    const ids = nextRound(
      order.map(({place}) => place.taskId),
      {batch, head: head.commit, suspects},
    );
    this.inRound = order.filter(({place}) => ids.includes(place.taskId));
    const stop = new StopSource();
    const disarm = this.inRound.map(({signal}) => onAbort(signal, reason => stop.abort(reason)));
    try {
      const members = await this.membersOf(this.inRound);
      this.suspects = await takeRound(execution, {
        branch,
        members,
        onto: head.commit,
        suspects,
        signal: stop,
        onClosed: blocker => this.close(blocker),
      });
    } finally {
      for (const takeBack of disarm) takeBack();
      const left = this.inRound.filter(({place, signal}) => signal.aborted && execution.ledger.isCurrent(place));
      this.inRound = [];
      for (const one of left) this.withdraw(one);
    }
  }

  /** Something waits, and the branch can be moved as far as anybody knows. */
  private get canGoOn(): boolean {
    const isClosed = !this.isShared && isBranchClosed(this.execution.ledger.state);
    return this.order().length > 0 && !isClosed;
  }

  /** Where all work in one checkout, what waits lies there. */
  private get isShared(): boolean {
    return this.execution.ledger.state.activation?.isolation === 'shared';
  }

  /** Nothing gets onto the branch: what waits, waits on, unless it is in the way of all others. */
  private async close(blocker: BranchBlocker): Promise<void> {
    const {execution} = this;
    if (!this.isShared) return execution.ledger.openBlocker(blocker);
    for (const {place} of this.order()) await block(execution, place, blocker);
  }

  /** What waits, in the order of claims. */
  private order(): Waiting[] {
    const {state} = this.execution.ledger;
    const claimOf = ({place}: Waiting) => runningTask(state, place.taskId).claimSeq ?? 0;
    return [...this.waiting.values()].filter(({signal}) => !signal.aborted).sort((a, b) => claimOf(a) - claimOf(b));
  }

  private watchQueued(): void {
    for (const id of this.execution.ledger.state.queued) this.watch(id);
  }

  /** A task is in the queue: who wants it to leave finds it there. */
  private watch(id: TaskId): void {
    const {ledger, attempts} = this.execution;
    const {attempt, slot, queued} = runningTask(ledger.state, id);
    if (this.waiting.has(id)) return;
    const place = {taskId: id, attempt, slot};
    const commit = queued?.commit;
    void attempts.during(
      place,
      signal =>
        new Promise<void>(leave => {
          const one = {place, commit, signal, leave};
          this.waiting.set(id, one);
          onAbort(signal, () => this.withdraw(one));
        }),
    );
  }

  private forget(id: TaskId): void {
    const one = this.waiting.get(id);
    if (!one) return;
    one.leave();
    this.waiting.delete(id);
    if (one.commit !== undefined) this.execution.mergeQueue.works.delete(one.commit);
  }

  /** What is interrupted stays in the queue: the next execution finds it there. */
  private withdraw(one: Waiting): void {
    const {execution} = this;
    const {place, signal} = one;
    const outcome = stoppedOutcome(signal);
    // A round that it is in ends first.
    if (outcome.kind === 'interrupted' || this.inRound.includes(one)) return;
    execution.jobs.start(`withdraw ${place.taskId}.${place.attempt}`, async () =>
      giveUp(execution, place, outcome, await this.workOf(one)),
    );
  }

  /** Whose objects are gone has nothing to merge any more, and leaves. */
  private async membersOf(round: readonly Waiting[]): Promise<Member[]> {
    const members: Member[] = [];
    for (const one of round) {
      const work = await this.workOf(one);
      if (one.commit !== undefined && !work) await giveUp(this.execution, one.place, PRUNED_WORK);
      else members.push({place: one.place, work});
    }
    return members;
  }

  private async workOf({commit}: Waiting): Promise<QueuedWork | undefined> {
    return commit === undefined
      ? undefined
      : (this.execution.mergeQueue.works.get(commit) ?? (await this.branch.workOf(commit)));
  }
}
