/** Time as the program sees it; tests hand in one that they turn themselves. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes backwards; only differences mean something. */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Call `ring` once, after `ms`; never after `Infinity`. Every attempt sets a few and nearly none is ever reached, so
   * it must cost next to nothing.
   * @returns Takes it back.
   */
  alarm(ms: number, ring: () => void): () => void;
}

/** What a timer can hold, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal.addEventListener('abort', onAbort, {once: true});
    });
  },
  alarm(ms, ring) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      timer = setTimeout(
        () => (leftMs > LONGEST_MS ? wait(leftMs - LONGEST_MS) : ring()),
        Math.min(leftMs, LONGEST_MS),
      );
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
