// The folded state on disk, so that whoever looks does not fold the whole log. It may be deleted at any time.

import {logSeal} from '../events/log-seal.ts';
import type {LogPosition} from '../events/read-log.ts';
import type {FileStamp} from '../milestone/stamp.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {restoreSnapshot, type Snapshot, takeSnapshot} from '../state/snapshot.ts';

/** Changes whenever the form of the cache does. */
const FORMAT = 1;

interface CacheFile {
  format: typeof FORMAT;
  seal: string;
  position: LogPosition;
  /** The plan file as last read or written by the program. */
  stamp: FileStamp | null;
  snapshot: Snapshot;
}

export interface CachedState {
  state: MilestoneState;
  position: LogPosition;
  stamp: FileStamp | null;
}

/** The cached state, if there is one and it was folded from this log; anything wrong with it means there is none. */
export function readCache(file: string, logFile: string): CachedState | undefined {
  try {
    const text = readIfExists(file);
    if (text === undefined) return undefined;
    const cache = JSON.parse(text) as CacheFile;
    if (cache.format !== FORMAT || cache.seal !== sealOf(logFile, cache.position)) return undefined;
    return {state: restoreSnapshot(cache.snapshot), position: cache.position, stamp: cache.stamp};
  } catch {
    return undefined;
  }
}

/**
 * Write the cache of a state that was folded from the log up to `position`.
 * @throws {MilestoneError} when it cannot be written.
 */
export function writeCache(file: string, logFile: string, {state, position, stamp}: CachedState): void {
  const seal = sealOf(logFile, position);
  if (seal === undefined) return;
  const cache: CacheFile = {format: FORMAT, seal, position, stamp, snapshot: takeSnapshot(state)};
  replaceFile(file, JSON.stringify(cache), {durable: false});
}

/** A milestone without a log has a seal too: that of no log. */
function sealOf(logFile: string, {offset}: LogPosition): string | undefined {
  return logSeal(logFile, offset) ?? (offset === 0 ? 'no log' : undefined);
}
