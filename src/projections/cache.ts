// The folded state on disk, so that whoever looks does not fold the whole log. It may be deleted at any time.

import {defaultDriver} from '../drivers/default-driver.ts';
import type {LogPosition} from '../events/log-position.ts';
import {logSeal} from '../events/log-seal.ts';
import type {FileStamp} from '../plan/file/stamp.ts';
import type {ImportedState} from '../plan/plan.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {restoreSnapshot, type Snapshot, takeSnapshot} from '../state/snapshot.ts';
import {type TaskState, UNTOUCHED} from '../state/task.ts';

/** Changes whenever the form of the cache does. */
const FORMAT = 19;

/** What a cache says besides the state. */
interface About {
  position: LogPosition;
  /** The plan file as last read or written by the program. */
  stamp: FileStamp | null;
  /** What config.yaml says of the driver, and the file that said it. */
  config?: {stamp: FileStamp | null; driver?: string};
  /** What a reader found in a later version of the plan file; null when the file was gone. */
  laterPlan?: {stamp: FileStamp | null; edit?: PlanEdit};
  /** Of a milestone without a log: what its file says of its state. */
  imported?: Pick<ImportedState, 'status' | 'execution'>;
}

/** A plan file that says something else than the plan in force; without problems it merely waits for the next start. */
export interface PlanEdit {
  problems: string[];
}

export interface CachedSnapshot extends About {
  snapshot: Snapshot;
}

export interface CachedState extends About {
  state: MilestoneState;
}

/** The file. */
interface CacheFile extends About {
  format: typeof FORMAT;
  seal: string;
  snapshot: Omit<Snapshot, 'tasks'> & {
    /** Null: untouched. */
    tasks: Array<TaskState | null>;
  };
}

/** Driver of tasks that name none: what config.yaml says, else the first coding agent that is found here. */
export function projectDriverOf(config: About['config']): string {
  return config?.driver ?? defaultDriver(process.env.PATH);
}

/** The cached state, if there is one and it was folded from this log; anything wrong with it means there is none. */
export function readCache(file: string, logFile: string): CachedState | undefined {
  try {
    const cached = readCachedSnapshot(file, logFile);
    return cached && {...cached, state: restoreSnapshot(cached.snapshot)};
  } catch {
    return undefined;
  }
}

/** As `readCache`, for whoever only looks: putting the state together takes as long as reading it. */
export function readCachedSnapshot(file: string, logFile: string): CachedSnapshot | undefined {
  try {
    const text = readIfExists(file);
    if (text === undefined) return undefined;
    const cache = JSON.parse(text) as CacheFile;
    const {plan, tasks} = cache.snapshot;
    if (!isOf(logFile, cache) || tasks.length !== plan.tasks.length) return undefined;
    return {...cache, snapshot: {...cache.snapshot, tasks: tasks.map(task => task ?? UNTOUCHED)}};
  } catch {
    return undefined;
  }
}

/**
 * Write the cache of a state that was folded from the log up to `position`. What cannot be cached is no failure: the
 * next reader takes the long way.
 */
export function writeCache(file: string, logFile: string, {state, ...about}: CachedState): void {
  writeCachedSnapshot(file, logFile, {...about, snapshot: takeSnapshot(state)});
}

/** As `writeCache`, of a state that is taken apart already. */
export function writeCachedSnapshot(file: string, logFile: string, {snapshot, ...about}: CachedSnapshot): void {
  const seal = sealOf(logFile, about.position);
  if (seal === undefined) return;
  const tasks = snapshot.tasks.map(task => (task === UNTOUCHED ? null : task));
  const cache: CacheFile = {...about, format: FORMAT, seal, snapshot: {...snapshot, tasks}};
  try {
    replaceFile(file, JSON.stringify(cache), {durable: false});
  } catch {}
}

function isOf(logFile: string, {format, seal, position}: CacheFile): boolean {
  return format === FORMAT && seal === sealOf(logFile, position);
}

/** A milestone without a log has a seal too: that of no log. */
function sealOf(logFile: string, {offset}: LogPosition): string | undefined {
  return logSeal(logFile, offset) ?? (offset === 0 ? 'no log' : undefined);
}
