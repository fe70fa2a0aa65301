import {StopReason, stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome, Usage} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import {type StopSignal, StopSource} from '../platform/processes/stop-signal.ts';

interface LiveAttempt {
  attempt: number;
  stop: StopSource;
  /** False between the end of its driver and the begin of what comes then. */
  isAtWork: boolean;
  /** As far as it was seen. */
  usage?: Usage;
  activity?: string;
}

/** The attempts that this process works on at the moment, and how to end them before their time. */
export class Attempts {
  private readonly live = new Map<TaskId, LiveAttempt>();
  private readonly hurrying = new AbortController();

  /** Aborts when even the polite end takes too long for the user. */
  get hurry(): AbortSignal {
    return this.hurrying.signal;
  }

  /**
   * Work on an attempt: its driver's, then what follows its claim. Who was told to end in the first part, or in between,
   * still is in the second.
   * @returns A signal whose reason will be the `StopReason`.
   */
  begin(task: TaskId, attempt: number): StopSignal {
    const known = this.live.get(task);
    const stop = known?.attempt === attempt ? known.stop : new StopSource();
    this.live.set(task, {attempt, stop, isAtWork: true});
    return stop;
  }

  /** Its driver has ended, and there is a claim to work on: what that has cost is no reason any more to stop it. */
  rest(task: TaskId, attempt: number): void {
    const known = this.live.get(task);
    if (known?.attempt !== attempt) return;
    const isForCost = known.stop.aborted && stoppedOutcome(known.stop).kind === 'budget';
    this.live.set(task, {attempt, stop: isForCost ? new StopSource() : known.stop, isAtWork: false});
  }

  end(task: TaskId, attempt: number): void {
    if (this.live.get(task)?.attempt === attempt) this.live.delete(task);
  }

  /** What a running attempt has used so far. */
  noteUsage(task: TaskId, usage: Usage): void {
    const attempt = this.live.get(task);
    if (attempt) attempt.usage = usage;
  }

  /** What a running attempt does at the moment, for a screen. */
  noteActivity(task: TaskId, text: string): void {
    const attempt = this.live.get(task);
    if (attempt) attempt.activity = text;
  }

  /** What each running attempt has used, as far as it was seen. */
  get usages(): ReadonlyMap<TaskId, Usage> {
    return new Map([...this.live].flatMap(([id, {usage}]) => (usage ? [[id, usage]] : [])));
  }

  /** @returns False when this process is at work on no attempt of the task. */
  interrupt(task: TaskId, outcome: Outcome): boolean {
    const attempt = this.live.get(task);
    attempt?.stop.abort(new StopReason(outcome));
    return attempt?.isAtWork ?? false;
  }

  /** Whether the attempt that this process has of a task was told to end. */
  isInterrupted(task: TaskId): boolean {
    return this.live.get(task)?.stop.aborted ?? false;
  }

  /** @param immediate Without any grace, also for those that are being ended already. */
  interruptAll(outcome: Outcome, immediate = false): void {
    for (const {stop} of this.live.values()) stop.abort(new StopReason(outcome, immediate));
    if (immediate) this.hurrying.abort();
  }
}
