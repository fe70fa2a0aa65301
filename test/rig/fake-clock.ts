import type {Clock} from '../../src/platform/clock.ts';

interface Sleeper {
  dueAt: number;
  wake(): void;
}

/** A clock that stands still until a test turns it. */
export class FakeClock implements Clock {
  #elapsed = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #waiting: Array<() => void> = [];

  /** @param startedAt Milliseconds since the Unix epoch. */
  constructor(private readonly startedAt = Date.parse('2026-11-23T10:00:00.000Z')) {}

  now(): number {
    return this.startedAt + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = {dueAt: this.#elapsed + ms, wake};
      signal.addEventListener('abort', onAbort, {once: true});
      this.#sleepers.add(sleeper);
      for (const notice of this.#waiting.splice(0)) notice();
    });
  }

  alarm(ms: number, ring: () => void): () => void {
    const wake = () => {
      this.#sleepers.delete(sleeper);
      ring();
    };
    const sleeper = {dueAt: this.#elapsed + ms, wake};
    this.#sleepers.add(sleeper);
    for (const notice of this.#waiting.splice(0)) notice();
    return () => this.#sleepers.delete(sleeper);
  }

  /** How many sleep now, or wait for an alarm. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Resolves as soon as anybody sleeps; at once if somebody does. */
  async untilAsleep(): Promise<void> {
    if (this.#sleepers.size === 0) await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  /**
   * Let `ms` pass: wakes, in order and each at its own instant, whoever's sleep ends in it, also when it began in it.
   * Resolves when those who woke have done what needs no further time, file or process.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    for (let next = this.#nextUntil(until); next; next = this.#nextUntil(until)) {
      this.#elapsed = next.dueAt;
      next.wake();
      await settle();
    }
    this.#elapsed = until;
    await settle();
  }

  /** Turn the clock, in steps of `stepMs`, whenever somebody sleeps, until `promise` settles. */
  async runUntil<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    while (!isSettled) {
      await Promise.race([this.untilAsleep(), settled.catch(() => {})]);
      if (!isSettled) await this.advance(stepMs);
    }
    return settled;
  }

  #nextUntil(until: number): Sleeper | undefined {
    return [...this.#sleepers].filter(({dueAt}) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  }
}

function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
