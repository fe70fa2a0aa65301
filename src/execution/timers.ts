import type {Uses} from '../lock/named-locks.ts';
import type {Clock} from '../platform/clock.ts';

/** What is to be done later in an execution; nothing of it is done after the end. */
export class Timers {
  /** Each takes back one that is set. */
  private readonly alarms = new Set<() => void>();
  /** One at a time: it is for all that is busy. */
  private nextRetry: {dueAt: number; takeBack(): void} | undefined;
  private readonly wakeListeners: Array<() => void> = [];

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly uses: Pick<Uses, 'forgetBusy' | 'whenCleared'>,
  ) {
    signal.addEventListener('abort', () => {
      for (const takeBack of this.alarms) takeBack();
    });
    uses.whenCleared(() => this.retryBusy(0));
  }

  /** Do something after `ms`, then wake whoever waits for a change. */
  after(ms: number, then: () => void): void {
    this.set(ms, then);
  }

  /** Try again after `ms` what somebody else was using. */
  retryBusy(ms: number): void {
    const dueAt = this.clock.elapsed() + ms;
    if (this.nextRetry && this.nextRetry.dueAt <= dueAt) return;
    this.nextRetry?.takeBack();
    const takeBack = this.set(ms, () => {
      this.nextRetry = undefined;
      this.uses.forgetBusy();
    });
    this.nextRetry = {dueAt, takeBack};
  }

  /** Something changed of which no event tells. */
  wake(): void {
    for (const tell of this.wakeListeners) tell();
  }

  onWake(listener: () => void): void {
    this.wakeListeners.push(listener);
  }

  private set(ms: number, then: () => void): () => void {
    if (this.signal.aborted) return () => undefined;
    const endAlarm = this.clock.alarm(ms, () => {
      this.alarms.delete(takeBack);
      then();
      this.wake();
    });
    const takeBack = () => {
      endAlarm();
      this.alarms.delete(takeBack);
    };
    this.alarms.add(takeBack);
    return takeBack;
  }
}
