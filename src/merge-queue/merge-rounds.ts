import {block, giveUp} from '../attempt/attempt-end.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import {type StopSignal, StopSource} from '../platform/processes/stop-signal.ts';
import {onAbort} from '../platform/processes/supervise.ts';
import {nextRound, type Suspects} from '../scheduler/merge-round.ts';
import {PRUNED_WORK} from '../workspace/freezer.ts';
import type {AttemptPlace, Branch, BranchHead, QueuedWork} from '../workspace/workspace.ts';
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

  constructor(
    private readonly execution: Execution,
    private readonly branch: Branch,
  ) {
    execution.ledger.onRecorded((event, endsAttempt) => {
      if (endsAttempt) this.forget((event.details as {task_id: TaskId}).task_id);
    });
  }

  /** Take up what is queued, unless that is under way. */
  wake(): void {
    const {ledger, lifetime, jobs} = this.execution;
    for (const id of ledger.state.queued) this.watch(id);
    if (this.isAtWork || lifetime.ending || this.order().length === 0) return;
    this.isAtWork = true;
    // The one before may have ended just now, and its name be taken still.
    jobs.start(`merge queue ${++this.jobs}`, () => this.run());
  }

  /** Take up what is queued now, and resolve when nothing is left of it, or the execution is to end. */
  async drain(): Promise<void> {
    for (const id of this.execution.ledger.state.queued) this.watch(id);
    await this.run();
  }

  private async run(): Promise<void> {
    const {lifetime, mergeQueue} = this.execution;
    try {
      while (!lifetime.ending && this.order().length > 0) await mergeQueue.run(head => this.round(head as BranchHead));
    } finally {
      this.isAtWork = false;
    }
  }

  /** @param head As it is now that it is the round's turn. */
  private async round(head: BranchHead): Promise<void> {
    const {execution, branch, suspects} = this;
    const order = this.order();
    if (execution.lifetime.ending || order.length === 0) return;
    if (head.kind !== 'head') {
      for (const {place} of order) await block(execution, place, head.blocker);
      return;
    }
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
      const others = order.filter(one => !this.inRound.includes(one)).map(({place}) => place);
      this.suspects = await takeRound(execution, {
        branch,
        members,
        others,
        onto: head.commit,
        suspects,
        signal: stop,
      });
    } finally {
      for (const takeBack of disarm) takeBack();
      const left = this.inRound.filter(({place, signal}) => signal.aborted && execution.ledger.isCurrent(place));
      this.inRound = [];
      for (const one of left) this.withdraw(one);
    }
  }

  /** What waits, in the order of claims. */
  private order(): Waiting[] {
    const {state} = this.execution.ledger;
    const claimOf = ({place}: Waiting) => runningTask(state, place.taskId).claimSeq ?? 0;
    return [...this.waiting.values()].filter(({signal}) => !signal.aborted).sort((a, b) => claimOf(a) - claimOf(b));
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
