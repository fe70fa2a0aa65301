import fs from 'node:fs';
import type {Clock} from '../platform/clock.ts';
import type {LogPosition} from './log-position.ts';
import {type LogEntry, readLog} from './read-log.ts';

/**
 * The events after `from`, and then each new one as it is written; ends when `signal` aborts. The file may not exist
 * yet. A line that is still being written is looked at again from its beginning: a writer whose disk is full takes back
 * what it wrote of it.
 * @throws {MilestoneError} as `readLog` does; `LOG_CORRUPT` also when the log became shorter than what was read.
 */
export async function* followLog(
  file: string,
  from: LogPosition,
  clock: Clock,
  signal: AbortSignal,
  options: {pollMs: number},
): AsyncGenerator<LogEntry, void> {
  let position = from;
  while (!signal.aborted) {
    if (hasChanged(file, position)) {
      const reader = readLog(file, {from: position});
      for (const entry of reader) {
        yield entry;
        if (signal.aborted) return;
      }
      position = reader.position;
    }
    if (await isAborted(clock, options.pollMs, signal)) return;
  }
}

function hasChanged(file: string, position: LogPosition): boolean {
  const stats = fs.statSync(file, {throwIfNoEntry: false});
  return stats !== undefined && stats.size !== position.offset;
}

/** Rest, and say whether the rest was cut short. */
function isAborted(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => false,
    error => {
      if (signal.aborted) return true;
      throw error;
    },
  );
}
