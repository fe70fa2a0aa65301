import {isGated} from '../attempt/completion-gate.ts';
import {checksOf} from '../attempt/verify.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {MilestoneEvent} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import type {TaskId} from '../plan/plan.ts';

/** Works on their way into the merge queue, judged by what those before them took. */
export class Coming {
  /** When each was claimed, on the clock's `elapsed()`. */
  private readonly claimedAt = new Map<TaskId, number>();
  /** From claim to queue, in milliseconds: of the last work with these checks. */
  private readonly tookMs = new Map<string, number>();
  private lastCheckMs = 0;

  constructor(private readonly execution: Pick<Execution, 'clock' | 'inForce' | 'ledger'>) {
    execution.ledger.onRecorded((event, endsAttempt) => this.follow(event, endsAttempt));
  }

  /** What the check of a round took last, in milliseconds. */
  get checkMs(): number {
    return this.lastCheckMs;
  }

  /** When works whose own checks run are expected, in milliseconds from now. */
  get expectedMs(): number[] {
    const now = this.execution.clock.elapsed();
    return [...this.claimedAt].flatMap(([id, claimedAt]) => {
      const tookMs = this.tookMs.get(this.checksTextOf(id));
      if (tookMs === undefined || isGated(this.execution, id)) return [];
      // Who is late will be as late again, as far as anybody knows.
      return Math.max(Math.abs(claimedAt + tookMs - now), 1);
    });
  }

  private follow(event: MilestoneEvent, endsAttempt: boolean): void {
    const now = this.execution.clock.elapsed();
    if (endsAttempt) this.claimedAt.delete((event.details as {task_id: TaskId}).task_id);
    else if (event.event === 'task_claimed') this.claimedAt.set(event.details.task_id, now);
    else if (event.event === 'task_queued') this.arrive(event.details.task_id, now);
    else if (event.event === 'baseline_checked' || event.event === 'round_checked')
      this.lastCheckMs = longest(event.details.checks);
  }

  private arrive(id: TaskId, now: number): void {
    const claimedAt = this.claimedAt.get(id);
    if (claimedAt !== undefined) this.tookMs.set(this.checksTextOf(id), now - claimedAt);
    this.claimedAt.delete(id);
  }

  private checksTextOf(id: TaskId): string {
    return JSON.stringify(checksOf(this.execution, id).map(({command}) => command));
  }
}

/** They run beside each other. */
function longest(checks: readonly CheckResult[]): number {
  return Math.max(0, ...checks.map(({duration_ms}) => duration_ms));
}
