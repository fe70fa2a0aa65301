import fs from 'node:fs';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readLog} from '../events/read-log.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {type CachedState, readCache} from '../projections/cache.ts';
import {applyEvent} from '../state/apply-event.ts';
import {initialState} from '../state/initial-state.ts';
import type {MilestoneState} from '../state/milestone.ts';

export interface FoldedLog {
  state: MilestoneState;
  position: LogPosition;
  /** Of the plan file, when a cache knew it. */
  stamp: CachedState['stamp'];
  /** Lines of another program that were passed over. */
  foreignLines: number;
}

/**
 * The state as the log tells it, from the cache where there is one.
 * @param cached What its cache says, for whoever has read that already.
 * @returns Undefined when the milestone has no log, or one without a whole event.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`.
 */
export function foldLog(
  paths: HomePaths,
  id: MilestoneId,
  cached: CachedState | undefined = readCache(paths.cache(id), paths.log(id)),
): FoldedLog | undefined {
  const folded = fold(paths, id, cached);
  return folded?.position.seq === 0 ? undefined : folded;
}

/**
 * The same from the log alone, every line of it: for whoever is to write it, and must not go on behind damage.
 * @returns Also for one that has no event; undefined when there is no log.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`.
 */
export function foldWholeLog(paths: HomePaths, id: MilestoneId): FoldedLog | undefined {
  return fold(paths, id, undefined);
}

function fold(paths: HomePaths, id: MilestoneId, cached: CachedState | undefined): FoldedLog | undefined {
  const logFile = paths.log(id);
  if (!fs.existsSync(logFile)) return undefined;
  const state = cached?.state ?? emptyState(id);
  const reader = readLog(logFile, {from: cached?.position ?? LOG_START});
  for (const {event} of reader) applyEvent(state, event);
  const {position, foreignLines} = reader;
  return {state, position, foreignLines, stamp: cached?.stamp ?? null};
}

/** The first event of a log brings the plan. */
export function emptyState(id: MilestoneId): MilestoneState {
  return initialState({id, title: id, requires: [], settings: {}, tasks: []});
}
