import {StopReason, stoppedOutcome} from '../drivers/driver.ts';
import type {Usage} from '../events/details/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {MilestoneEvent} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import {type StopSignal, StopSource} from '../platform/processes/stop-signal.ts';
import {type AttemptId, isByHand} from '../state/task.ts';
import type {Ledger} from './ledger.ts';

interface LiveAttempt {
  attempt: number;
  stop: StopSource;
  /** False between the end of its driver and the begin of what comes then. */
  isAtWork: boolean;
  /** As far as it was seen. */
  usage?: Usage;
}

/** How attempts end with an execution that failed: this process ends in order. */
export const BROKEN_OFF: Outcome = {kind: 'interrupted', message: 'was interrupted', executor_died: false};

const POLL_MS = 20;
const NEVER = new AbortController().signal;

/** The attempts that this process works on at the moment, and how to end them before their time. */
export class LiveAttempts {
  private readonly live = new Map<TaskId, LiveAttempt>();
  private readonly hurrying = new AbortController();

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {
    ledger.onRecorded((event, endsAttempt) => this.follow(event, endsAttempt));
  }

  /** Aborts when even the polite end takes too long for the user. */
  get hurry(): AbortSignal {
    return this.hurrying.signal;
  }

  /**
   * Work on an attempt: its driver's, then what follows its claim. Who was told to end in the first part, or in between,
   * still is in the second.
   * @param work Gets a signal whose reason will be the `StopReason`.
   */
  async during<Result>({taskId, attempt}: AttemptId, work: (signal: StopSignal) => Promise<Result>): Promise<Result> {
    const known = this.live.get(taskId);
    const stop = known?.attempt === attempt ? known.stop : new StopSource();
    const mine: LiveAttempt = {attempt, stop, isAtWork: true};
    this.live.set(taskId, mine);
    try {
      return await work(stop);
    } finally {
      if (this.live.get(taskId) === mine) this.live.delete(taskId);
    }
  }

  /** What a running attempt has used so far. */
  noteUsage(task: TaskId, usage: Usage): void {
    const attempt = this.live.get(task);
    if (attempt) attempt.usage = usage;
  }

  /** What each running attempt has used, as far as it was seen. */
  get usages(): ReadonlyMap<TaskId, Usage> {
    return new Map([...this.live].flatMap(([id, {usage}]) => (usage ? [[id, usage]] : [])));
  }

  /** Tell the attempt at a task to end, if this process is at work on one. */
  interrupt(task: TaskId, outcome: Outcome): void {
    this.live.get(task)?.stop.abort(new StopReason(outcome));
  }

  /** Whether the attempt that this process has of a task was told to end. */
  isInterrupted(task: TaskId): boolean {
    return this.live.get(task)?.stop.aborted ?? false;
  }

  /**
   * Have the running attempt at a task end, and resolve when its end is on record. The caller keeps the task from starting
   * again.
   * @param over Of the execution. What nobody is at work on then is left to the next one.
   * @returns Whether no attempt is running.
   */
  async endRunning(id: TaskId, outcome: Outcome, over: AbortSignal): Promise<boolean> {
    for (;;) {
      const task = this.ledger.state.tasks.get(id);
      if (task?.status !== 'in_progress') return true;
      this.interrupt(id, outcome);
      const isAtWork = this.live.get(id)?.isAtWork ?? false;
      if (!isAtWork && over.aborted) return false;
      // What a person has done waits for checks that nobody has begun yet.
      if (!isAtWork && isByHand(task)) this.ledger.endAttempt({taskId: id, attempt: task.attempt}, outcome);
      else await this.clock.sleep(POLL_MS, NEVER);
    }
  }

  /**
   * @param outcome Of all, or by task.
   * @param immediate Without any grace, also for those that are being ended already.
   */
  interruptAll(outcome: Outcome | ((task: TaskId) => Outcome), immediate = false): void {
    const outcomeOf = typeof outcome === 'function' ? outcome : () => outcome;
    for (const [id, {stop}] of this.live) stop.abort(new StopReason(outcomeOf(id), immediate));
    if (immediate) this.hurrying.abort();
  }

  private follow(event: MilestoneEvent, endsAttempt: boolean): void {
    if (event.event === 'task_claimed') this.endWork(event.details.task_id, event.details.attempt);
    if (!endsAttempt) return;
    const {task_id} = event.details as {task_id: TaskId};
    if (this.live.get(task_id)?.isAtWork === false) this.live.delete(task_id);
  }

  /** Its driver has ended, and there is a claim to work on: what that has cost is no reason any more to stop it. */
  private endWork(task: TaskId, attempt: number): void {
    const known = this.live.get(task);
    if (known?.attempt !== attempt) return;
    const isForCost = known.stop.aborted && stoppedOutcome(known.stop).kind === 'budget';
    this.live.set(task, {attempt, stop: isForCost ? new StopSource() : known.stop, isAtWork: false});
  }
}
