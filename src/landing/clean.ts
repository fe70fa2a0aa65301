// Frees what milestones that are over have left: slots, the output of attempts, refs that keep work. Their plans and event
// logs stay: they say what was done.

import fs from 'node:fs';
import path from 'node:path';
import {onGround} from '../engine/prepare-execution.ts';
import {MilestoneError} from '../errors.ts';
import {readLog} from '../events/read-log.ts';
import {git, type Repository} from '../git/git.ts';
import {openRepository} from '../git/repository.ts';
import {slotsInPools} from '../git/slot-folders.ts';
import {findPlan, listLogged} from '../milestone/find-milestone.ts';
import {foldLog} from '../milestone/fold-log.ts';
import {type CommandOptions, hold} from '../milestone/hold.ts';
import {type HomePaths, homePaths} from '../plan/file/home.ts';
import {readConfigFile} from '../plan/file/reader.ts';
import {isValidId} from '../plan/ids.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {listFolder, walkFolder} from '../platform/files.ts';
import {removeFolder} from '../platform/remove-folder.ts';
import {isOver} from '../state/milestone.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {DEFAULT_REMOTE} from '../workers/transport.ts';
import {LeftWithWorkers, type OwnExecution} from './left-with-workers.ts';

/** What is freed of one milestone. */
export interface Cleaned {
  id: MilestoneId;
  /** Number of slots. */
  slots: number;
  /** Number of refs. */
  refs: number;
  /** Of slots and logs. */
  bytes: number;
  /** Names of refs at the workers' remote, and of queues in their database. */
  with_workers: string[];
}

export interface CleanOptions extends Omit<CommandOptions, 'id'> {
  /** Milliseconds that a milestone must be over. */
  olderThanMs: number;
  dryRun: boolean;
}

interface Leftovers {
  id: MilestoneId;
  slots: string[];
  refs: string[];
  folders: string[];
  /** By execution. */
  withWorkers: Array<{execution: OwnExecution; names: string[]}>;
}

/**
 * Free what is left of milestones that are over for long enough.
 * @returns What was freed, or would be; of one that somebody else holds, nothing.
 * @throws {MilestoneError} those of git and the file system.
 */
export async function clean(options: CleanOptions): Promise<Cleaned[]> {
  const {home, clock, olderThanMs, dryRun} = options;
  const paths = homePaths(home);
  const repo = await openRepository(path.dirname(home));
  const before = clock.now() - olderThanMs;
  // First: see `left-with-workers.ts`.
  const withWorkers = repo && (await findLeftWithWorkers(repo, options));
  const cleaned: Cleaned[] = [];
  for (const id of milestonesIn(paths)) {
    const left = await leftoversOf({paths, repo, withWorkers}, id, before);
    const found = {
      id,
      slots: left.slots.length,
      refs: left.refs.length,
      bytes: sizeOf([...left.slots, ...left.folders]),
      with_workers: left.withWorkers.flatMap(({names}) => names),
    };
    if (found.slots + found.refs + left.folders.length + found.with_workers.length === 0) continue;
    if (dryRun || (await free(left, {repo, withWorkers}, options))) cleaned.push(found);
  }
  return cleaned;
}

/** Those that have a log, and those of which only what was discarded is left. */
function milestonesIn(paths: HomePaths): MilestoneId[] {
  const discarded = listFolder(paths.logsFolder).flatMap(name => DISCARDED.exec(name)?.[1] ?? []);
  return [...new Set([...listLogged(paths), ...discarded])].filter(isValidId).sort();
}

const DISCARDED = /^(.+)\.discarded\.(\d{8}T\d{6})Z$/;

/** @returns Undefined where config.yaml names no workers. */
async function findLeftWithWorkers(repo: Repository, options: CleanOptions): Promise<LeftWithWorkers | undefined> {
  const {home, callerEnv, clock, warn} = options;
  const {workers} = readConfigFile(homePaths(home).config).config;
  if (!workers) return undefined;
  const connect = () => connectAddress(workers.connect, callerEnv);
  return LeftWithWorkers.find({repo, remote: workers.remote ?? DEFAULT_REMOTE, connect, clock, warn});
}

interface Sources {
  paths: HomePaths;
  repo: Repository | undefined;
  withWorkers: LeftWithWorkers | undefined;
}

async function leftoversOf({paths, repo, withWorkers}: Sources, id: MilestoneId, before: number): Promise<Leftovers> {
  const isOld = isOverSince(paths, id, before);
  const slots = repo && isOld ? slotsInPools(repo).filter(({pool}) => path.basename(pool) === id) : [];
  const folders = listFolder(paths.logsFolder).filter(name => {
    const [, of, time = ''] = DISCARDED.exec(name) ?? [];
    return of === id ? timeOf(time) <= before : name === id && isOld;
  });
  const refs = repo ? await keptRefs(repo, id) : [];
  return {
    id,
    slots: slots.map(({slot}) => slot.topLevel),
    folders: folders.map(name => path.join(paths.logsFolder, name)),
    withWorkers: executionsOf(paths, id, before).flatMap(execution => {
      const names = withWorkers?.of(execution, before) ?? [];
      return names.length > 0 ? [{execution, names}] : [];
    }),
    refs: refs.filter(ref => {
      const [, time] = /\/discarded\.(\d{8}T\d{6})Z[^/]*$/.exec(ref) ?? [];
      return time === undefined ? isOld : timeOf(time) <= before;
    }),
  };
}

/** That of its log, unless it is over only since lately, and those that were discarded. */
function executionsOf(paths: HomePaths, id: MilestoneId, before: number): OwnExecution[] {
  const state = foldLog(paths, id)?.state;
  const own = state?.activation?.executionId;
  const isOld = isOverSince(paths, id, before);
  const discarded = listFolder(paths.logsFolder).flatMap(name => {
    const [, of, time = ''] = DISCARDED.exec(name) ?? [];
    const log = path.join(paths.logsFolder, name, path.basename(paths.log(id)));
    return of === id && timeOf(time) <= before ? (activatedAs(log) ?? []) : [];
  });
  return [
    ...(state && own !== undefined && (isOld || !isOver(state.status))
      ? [isOld ? {id: own, isOver: true as const} : {id: own, isOver: false as const, state}]
      : []),
    ...discarded.map(execution => ({id: execution, isOver: true as const})),
  ];
}

/** The execution whose log this was; undefined when nobody can say. */
function activatedAs(log: string): string | undefined {
  try {
    for (const {event} of readLog(log)) if (event.event === 'milestone_activated') return event.details.execution_id;
  } catch {
    // What is left of it is not read any more.
  }
  return undefined;
}

function isOverSince(paths: HomePaths, id: MilestoneId, before: number): boolean {
  const {status, timestamp} = foldLog(paths, id)?.state ?? {};
  return isOver(status) && timestamp !== undefined && Date.parse(timestamp) <= before;
}

/** As `timeName` writes it. */
function timeOf(name: string): number {
  const [, year, month, day, hours, minutes, seconds] = /^(.{4})(..)(..)T(..)(..)(..)$/.exec(name) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
}

async function keptRefs(repo: Repository, id: MilestoneId): Promise<string[]> {
  const locations = ['rescue', 'frozen', 'upstream'].map(kind => `refs/milestone/${kind}/${id}`);
  return (await git(repo, ['for-each-ref', '--format=%(refname)', ...locations])).split('\n').filter(Boolean);
}

function sizeOf(folders: readonly string[]): number {
  const files = folders.flatMap(folder => walkFolder(folder).map(({parentPath, name}) => path.join(parentPath, name)));
  return files.reduce((sum, file) => sum + (fs.lstatSync(file, {throwIfNoEntry: false})?.size ?? 0), 0);
}

/** @returns False when somebody else holds the milestone. */
async function free(
  left: Leftovers,
  {repo, withWorkers}: Omit<Sources, 'paths'>,
  options: CleanOptions,
): Promise<boolean> {
  const {refs, folders, slots, id} = left;
  // What goes on is its executor's.
  const isGoingOn = left.withWorkers.some(({execution}) => !execution.isOver);
  const act = async () => {
    for (const {execution, names} of left.withWorkers) await withWorkers?.free(execution, names);
    // What a slot held that is kept only now has a ref that is not among these.
    const input = refs.map(ref => `delete ${ref}\n`).join('');
    if (repo && input !== '') await git(repo, ['update-ref', '--stdin'], {input});
    for (const folder of folders) await removeFolder(folder);
  };
  if (isGoingOn || findPlan(homePaths(options.home), id) === undefined) {
    await act();
    return true;
  }
  try {
    await hold({...options, id, purpose: 'command'}, async held => {
      if (slots.length > 0) await onGround(held, {...options, inSlots: true}, ({workspace}) => workspace.remove());
      await held.flush();
      await act();
    });
    return true;
  } catch (error) {
    if (!(error instanceof MilestoneError && error.code === 'LOCKED')) throw error;
    options.warn(`milestone \`${id}\` is left as it is: ${error.message}`);
    return false;
  }
}
