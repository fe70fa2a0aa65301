import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../git/git.ts';
import {milestoneBranch, readHead} from '../git/refs.ts';
import {slotPool} from '../git/slot-place.ts';
import {type RecordedCommit, readTaskCommits} from '../git/task-commits.ts';
import {locksFolderOf} from '../lock/executor.ts';
import {readLockOwner} from '../lock/lock.ts';
import {type Holder, isAtWork} from '../lock/lock-holder.ts';
import type {HomePaths, ListedMilestone} from '../plan/file/home.ts';
import {type PlanReading, readPlanAndConfig} from '../plan/file/reader.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {readIfExists} from '../platform/files.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {type LogLines, readLogLines, Salvage, type SalvageOptions} from './salvage.ts';

/** A milestone as it lies there, read without the lock, the cache, or any trust in the log. */
export interface MilestoneLook {
  id: MilestoneId;
  paths: HomePaths;
  repo: Repository | undefined;
  /** Absent when only a log is left. */
  folder: ListedMilestone['folder'] | undefined;
  file: string | undefined;
  read: PlanReading | undefined;
  holder: Holder;
  /** Somebody may be at work on it: what is unfinished may be about to be finished. */
  isBusy: boolean;
  lines: LogLines;
  salvage: Salvage;
  /** Head of its branch. */
  head: string | undefined;
  /** Folder of its slots; undefined outside git. */
  pool: string | undefined;
}

/** Look at one milestone; changes nothing. */
export async function lookAt(
  paths: HomePaths,
  repo: Repository | undefined,
  {id, file, folder}: Partial<ListedMilestone> & {id: MilestoneId},
): Promise<MilestoneLook> {
  const holder = readLockOwner(path.join(locksFolderOf(paths.home, repo), id), ownIdentity());
  const read = file === undefined ? undefined : readPlanAndConfig(file, paths.config);
  const lines = readLogLines(paths.log(id));
  const options = {id, sessionId: '', now: ''};
  const commits = repo ? await commitsOf(repo, id, lines, options) : [];
  const settings = read && resolveMilestoneSettings(read.plan?.settings ?? {}, read.config.settings);
  return {
    id,
    paths,
    repo,
    folder,
    file,
    read,
    holder,
    isBusy: isAtWork(holder.who),
    lines,
    salvage: new Salvage(lines, {...options, commits}),
    head: repo && (await readHead(repo, milestoneBranch(id))),
    pool: repo && slotPool(repo, settings?.workspace.root, id),
  };
}

/** Of the branch, as far as the log tells where it began. */
export async function commitsOf(
  repo: Repository,
  id: MilestoneId,
  lines: LogLines,
  options: SalvageOptions,
): Promise<RecordedCommit[]> {
  const base = new Salvage(lines, options).state.activation?.base;
  const head = await readHead(repo, milestoneBranch(id));
  return base === undefined || head === undefined ? [] : readTaskCommits(repo, {from: base, to: head});
}

/** Bytes of the log that a cache was folded from; 0 when there is none. */
export function foldedLength(cacheFile: string): number {
  try {
    const offset = JSON.parse(readIfExists(cacheFile) ?? '{}').position?.offset;
    return Number.isSafeInteger(offset) ? offset : 0;
  } catch {
    return 0;
  }
}

/** Whether this very machine executed the milestone: git knows nothing of these files. */
export function wasExecutedHere({paths, id, read}: Pick<MilestoneLook, 'paths' | 'id' | 'read'>): boolean {
  const session = read?.imported.execution?.session_id;
  const files = [paths.attemptLogs(id), paths.log(id)];
  if (session !== undefined && /^[\w-]+$/.test(session)) files.push(paths.session(session));
  return foldedLength(paths.cache(id)) > 0 || files.some(file => fs.existsSync(file));
}
