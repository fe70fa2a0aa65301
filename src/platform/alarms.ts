import type {Clock} from './clock.ts';

interface Alarm {
  dueAt: number;
  ring(): void;
}

/**
 * Many deadlines on one sleep: every attempt sets some and nearly none is ever reached, so setting one and taking it
 * back must cost next to nothing.
 */
export class Alarms {
  readonly #alarms = new Set<Alarm>();
  #nap: {endsAt: number; end: AbortController} | undefined;

  private constructor(private readonly clock: Clock) {}

  /** Those of a clock; one instance each, so that all its deadlines share the sleep. */
  static of(clock: Clock): Alarms {
    const alarms = byClock.get(clock) ?? new Alarms(clock);
    byClock.set(clock, alarms);
    return alarms;
  }

  /** Call `ring` once, after `ms` milliseconds (never after `Infinity`). @returns Takes the alarm back. */
  set(ms: number, ring: () => void): () => void {
    const alarm = {dueAt: this.clock.elapsed() + ms, ring};
    this.#alarms.add(alarm);
    if (!this.#nap || alarm.dueAt < this.#nap.endsAt) this.#sleepUntil(alarm.dueAt);
    return () => {
      // The sleep goes with the last alarm: it would keep the program from ending.
      if (this.#alarms.delete(alarm) && this.#alarms.size === 0) this.#wake();
    };
  }

  #wake(): void {
    this.#nap?.end.abort(WOKEN);
    this.#nap = undefined;
  }

  #sleepUntil(endsAt: number): void {
    this.#wake();
    const nap = {endsAt, end: new AbortController()};
    this.#nap = nap;
    const ms = Math.min(LONGEST_MS, Math.max(0, endsAt - this.clock.elapsed()));
    this.clock.sleep(ms, nap.end.signal).then(
      () => this.#nap === nap && this.#ringDue(),
      () => {}, // woken
    );
  }

  #ringDue(): void {
    this.#nap = undefined;
    const now = this.clock.elapsed();
    const due = [...this.#alarms].filter(({dueAt}) => dueAt <= now);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.ring();
    const next = Math.min(...[...this.#alarms].map(({dueAt}) => dueAt));
    if (this.#alarms.size > 0 && !this.#isAsleepUntil(next)) this.#sleepUntil(next);
  }

  #isAsleepUntil(at: number): boolean {
    return this.#nap !== undefined && this.#nap.endsAt <= at;
  }
}

const byClock = new WeakMap<Clock, Alarms>();
/** What a timer can hold, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
/** Made once: an abort without a reason makes an error with a stack each time. */
const WOKEN = new Error('woken before time');
