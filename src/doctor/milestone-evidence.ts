import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../git/git.ts';
import {milestoneBranch, readHead} from '../git/refs.ts';
import {slotPool} from '../git/slot-folders.ts';
import {type RecordedCommit, readTaskCommits} from '../git/task-commits.ts';
import {locksFolderOf} from '../lock/executor.ts';
import {readLockOwner} from '../lock/lock.ts';
import {type Holder, isAtWork} from '../lock/lock-holder.ts';
import {unrecordedOf} from '../milestone/unrecorded-commits.ts';
import type {HomePaths, ListedMilestone} from '../plan/file/home.ts';
import {type PlanReading, readPlanAndConfig} from '../plan/file/reader.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {folderNumber, readIfExists} from '../platform/files.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {isOver} from '../state/milestone.ts';
import {type LogLines, readLogLines, SoundLog} from './sound-log.ts';

/** A milestone as it lies there: the door of the doctor, who takes no lock and trusts neither cache nor log. */
export interface Evidence {
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
  /** What is sound of the log. */
  log: SoundLog;
  /** Work on the branch that is complete, though the log does not tell of it. */
  lost: RecordedCommit[];
  /** Head of its branch. */
  head: string | undefined;
  /** Folder of its slots; undefined outside git. */
  pool: string | undefined;
}

/** Examine one milestone; changes nothing. */
export async function examine(
  paths: HomePaths,
  repo: Repository | undefined,
  {id, file, folder}: Partial<ListedMilestone> & {id: MilestoneId},
): Promise<Evidence> {
  const holder = readLockOwner(path.join(locksFolderOf(paths.home, repo), id), ownIdentity());
  const read = file === undefined ? undefined : readPlanAndConfig(file, paths.config);
  const lines = readLogLines(paths.log(id));
  const log = new SoundLog(lines, id, folderNumber(paths.home));
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
    log,
    lost: await lostCompletions(log, repo),
    head: repo && (await readHead(repo, milestoneBranch(id))),
    pool: repo && slotPool(repo, settings?.workspace.root, id),
  };
}

/** The last commit of each task that is complete on the branch, as far as the log tells where that began. */
export async function lostCompletions({state}: SoundLog, repo: Repository | undefined): Promise<RecordedCommit[]> {
  const base = state.activation?.base;
  const head = repo && (await readHead(repo, milestoneBranch(state.id)));
  if (!repo || base === undefined || head === undefined || isOver(state.status)) return [];
  const found = unrecordedOf(state, await readTaskCommits(repo, {from: base, to: head}));
  return found.filter((commit, index) => !found.slice(index + 1).some(later => later.task === commit.task));
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
export function wasExecutedHere({paths, id, read}: Pick<Evidence, 'paths' | 'id' | 'read'>): boolean {
  const session = read?.imported.execution?.session_id;
  const files = [paths.attemptLogs(id), paths.log(id)];
  if (session !== undefined && /^[\w-]+$/.test(session)) files.push(paths.session(session));
  return foldedLength(paths.cache(id)) > 0 || files.some(file => fs.existsSync(file));
}
