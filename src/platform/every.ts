import type {Clock} from './clock.ts';

/** Do something again and again, with a rest of `ms` in between, until the signal aborts. Rejects when `work` does. */
export async function every(
  ms: number,
  {clock, signal}: {clock: Clock; signal: AbortSignal},
  work: () => void | Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(ms, signal).catch(() => undefined);
  }
}
