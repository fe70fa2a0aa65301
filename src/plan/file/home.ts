// Where things are: the home (`.milestones/`) and the paths in it.

import fs from 'node:fs';
import path from 'node:path';
import {listFolder, readIfExists, replaceFile, walkFolder} from '../../platform/files.ts';
import {readGitPointer} from '../../platform/git-pointer.ts';
import type {MilestoneId, TaskId} from '../plan.ts';

/** Name of the file in a slot's private git folder that holds the absolute path of the home that owns the slot. */
export const HOME_MARKER = 'milestone-home';

/** What git need not know of a home. */
const HOME_GITIGNORE = `active/current.txt
logs/
sessions/
inbox/
cache/
.*.tmp
.*.aside
`;

/**
 * The home that a working directory belongs to: the nearest `.milestones/` upwards, but inside a slot the home that
 * owns the slot, never the slot's own checked-out copy.
 * @returns Its absolute path, or `undefined` when there is none.
 */
export function findHome(cwd: string): string | undefined {
  let nearest: string | undefined;
  for (const folder of upwards(realPath(cwd))) {
    const home = path.join(folder, '.milestones');
    if (nearest === undefined && isFolder(home)) nearest = home;
    const owner = ownerOfSlot(folder);
    if (owner !== undefined) return isFolder(owner) ? owner : undefined;
    // The edge of a repository that is no slot: what lies above cannot own what was found in it.
    if (nearest !== undefined && fs.existsSync(path.join(folder, '.git'))) return nearest;
  }
  return nearest;
}

/** Whether a folder is a slot of whichever milestone, or lies in one. */
export function isInsideSlot(folder: string): boolean {
  return [...upwards(realPath(folder))].some(at => ownerOfSlot(at) !== undefined);
}

/** All paths of a home. Ids must be valid ones: they become parts of paths. */
export function homePaths(home: string) {
  const inHome = (...parts: string[]) => path.join(home, ...parts);
  return {
    home,
    config: inHome('config.yaml'),
    gitignore: inHome('.gitignore'),
    activeFolder: inHome('active'),
    completedFolder: inHome('completed'),
    current: inHome('active', 'current.txt'),
    active: (id: MilestoneId) => inHome('active', `${id}.yaml`),
    completed: (id: MilestoneId) => inHome('completed', `${id}.yaml`),
    deliverables: (id: MilestoneId, task: TaskId, phase: string) => inHome('deliverables', id, task, phase),
    approvals: (id: MilestoneId) => inHome('approvals', id),
    approval: (id: MilestoneId, approval: string) => inHome('approvals', id, `${approval}.yaml`),
    logsFolder: inHome('logs'),
    log: (id: MilestoneId) => inHome('logs', `execution-${id}.jsonl`),
    attemptLogs: (id: MilestoneId) => inHome('logs', id),
    attemptLog: (id: MilestoneId, task: TaskId, attempt: number) => inHome('logs', id, `${task}.${attempt}.log`),
    sessionsFolder: inHome('sessions'),
    session: (session: string) => inHome('sessions', `${session}.yaml`),
    agentSession: (agent: string, session: string) => inHome('sessions', 'agents', `${agent}-${session}.yaml`),
    inbox: (id: MilestoneId) => inHome('inbox', id),
    cacheFolder: inHome('cache'),
    cache: (id: MilestoneId) => inHome('cache', `${id}.json`),
    visit: (id: MilestoneId) => inHome('cache', 'looked', `${id}.json`),
  };
}

export type HomePaths = ReturnType<typeof homePaths>;

/** The folders of a home in which something is written for a milestone: killed writers leave temporary files there. */
export function writtenFolders(paths: HomePaths, id: MilestoneId): string[] {
  const {home, activeFolder, completedFolder, logsFolder, sessionsFolder, cacheFolder} = paths;
  const shared = [home, activeFolder, completedFolder, logsFolder, sessionsFolder, cacheFolder];
  const logs = paths.attemptLogs(id);
  const own = [paths.approvals(id), paths.inbox(id), logs, path.join(logs, 'documents')];
  return [...shared, path.join(sessionsFolder, 'agents'), ...own, ...foldersIn(path.join(home, 'deliverables', id))];
}

/** A folder and all folders in it; links are not followed. */
export function foldersIn(folder: string): string[] {
  if (!fs.lstatSync(folder, {throwIfNoEntry: false})?.isDirectory()) return [];
  const inner = walkFolder(folder).filter(entry => entry.isDirectory());
  return [folder, ...inner.map(({parentPath, name}) => path.join(parentPath, name))];
}

export interface ListedMilestone {
  /** As the file name says. */
  id: MilestoneId;
  file: string;
  folder: 'active' | 'completed';
}

/** Files of a home that may be milestones, the active ones first; nothing is read. */
export function listMilestones(home: string): ListedMilestone[] {
  return (['active', 'completed'] as const).flatMap(folder =>
    listFolder(path.join(home, folder))
      .filter(name => name.endsWith('.yaml') && !name.startsWith('.'))
      .map(name => ({id: name.slice(0, -'.yaml'.length), file: path.join(home, folder, name), folder})),
  );
}

/** Write the home's `.gitignore` when it has none; an existing one is the user's. */
export function ensureHomeFiles(home: string): void {
  const {gitignore} = homePaths(home);
  if (readIfExists(gitignore) === undefined) replaceFile(gitignore, HOME_GITIGNORE);
}

/** The home that owns the linked worktree at `folder`, when that is a slot. */
function ownerOfSlot(folder: string): string | undefined {
  const dotGit = path.join(folder, '.git');
  if (!fs.statSync(dotGit, {throwIfNoEntry: false})?.isFile()) return undefined;
  const gitFolder = readGitPointer(dotGit);
  if (gitFolder === undefined) return undefined;
  return readIfExists(path.join(gitFolder, HOME_MARKER))?.replace(/\r?\n$/, '');
}

function* upwards(start: string): Generator<string> {
  for (let folder = start; ; folder = path.dirname(folder)) {
    yield folder;
    if (folder === path.dirname(folder)) return;
  }
}

function isFolder(file: string): boolean {
  return fs.statSync(file, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function realPath(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}
