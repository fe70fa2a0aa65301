import type {Outcome} from '../events/details/outcome.ts';
import {sizeOf} from '../platform/attempt-log.ts';
import type {AttemptInput} from './driver.ts';

/** Silence is noticed at most this part of it too late. */
const SAMPLES = 4;

export type Watched = Pick<AttemptInput, 'limits' | 'clock' | 'logFile' | 'hasChanged'>;

/**
 * Call `end` when an attempt has used up its time, or has been silent for too long.
 * @returns Ends the watch.
 */
export function watchLimits(watched: Watched, end: (outcome: Outcome) => void): () => void {
  const {timeoutMs, silentMs} = watched.limits;
  const endTimeout = watched.clock.alarm(timeoutMs, () =>
    end(failed('timeout', `took longer than ${formatMs(timeoutMs)}`)),
  );
  const silence = new SilenceWatch(watched, () =>
    end(failed('stalled', `printed nothing and changed nothing for ${formatMs(silentMs)}`)),
  );
  return () => {
    endTimeout();
    silence.end();
  };
}

/** Looks now and then whether the log has grown, and in silence also whether the slot has changed. */
class SilenceWatch {
  #size = 0;
  #quietSince: number;
  #isOver = false;
  #endAlarm: () => void = () => {};

  constructor(
    private readonly watched: Watched,
    private readonly onSilence: () => void,
  ) {
    this.#quietSince = watched.clock.elapsed();
    this.#setAlarm();
  }

  end(): void {
    this.#isOver = true;
    this.#endAlarm();
  }

  #setAlarm(): void {
    const {clock, limits} = this.watched;
    this.#endAlarm = clock.alarm(limits.silentMs / SAMPLES, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const {clock, limits, logFile} = this.watched;
    const size = sizeOf(logFile);
    const isQuiet = size === this.#size && clock.elapsed() - this.#quietSince >= limits.silentMs;
    const isSilent = isQuiet && !(await this.#hasChanged());
    if (this.#isOver) return;
    if (isSilent) return this.onSilence();
    if (isQuiet || size !== this.#size) this.#quietSince = clock.elapsed();
    this.#size = size;
    this.#setAlarm();
  }

  /** Who cannot tell (a git that is busy, a file that goes meanwhile) does not end an attempt; its timeout still holds. */
  #hasChanged(): Promise<boolean> {
    return this.watched.hasChanged().catch(() => true);
  }
}

function failed(cause: 'timeout' | 'stalled', message: string): Outcome {
  return {kind: 'failed', cause, message};
}

/** A duration as one would write it in a plan. */
export function formatMs(ms: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}
