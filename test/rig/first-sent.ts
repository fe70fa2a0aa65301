import {onTestFinished, vi} from 'vitest';
import type {FakeClock} from './fake-clock.ts';

/**
 * When, on a clock that the test turns, this process first sends a signal; NaN until it has. Unlike what has passed
 * when a process is gone it does not hang on how soon the machine ends one.
 */
export function firstSent(wanted: NodeJS.Signals, clock: FakeClock): {at: number} {
  const sent = {at: Number.NaN};
  const kill = process.kill.bind(process);
  const spy = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    if (signal === wanted && Number.isNaN(sent.at)) sent.at = clock.elapsed();
    return kill(pid, signal);
  });
  onTestFinished(() => spy.mockRestore());
  return sent;
}
