// The content of a worktree as a tree object, made beside its own index, which nothing here changes.

import fs from 'node:fs';
import path from 'node:path';
import {git, gitError, type Repository, tryGit} from './git.ts';
import {findNested, type NestedRepository} from './nested.ts';
import {homePath, isInHome} from './repository.ts';
import {untouchedFiles} from './untouched.ts';

export interface ChangedFile {
  /** Relative to the top of the repository. */
  path: string;
  /** A renamed file is one deleted and one added. */
  status: 'added' | 'modified' | 'deleted' | 'type_changed';
}

export interface WrittenTree {
  tree: string;
  /** What differs from the base, sorted by path; nothing of the home. */
  changedFiles: ChangedFile[];
  /** What differs in the home; it is not in the tree, which has the home of the base. */
  homeChanges: string[];
  /** Repositories inside the worktree whose commits nobody else has: a commit of the tree would lose their content. */
  nested: NestedRepository[];
}

/** A difference between two trees, as git has it. */
interface Difference extends ChangedFile {
  oldMode: string;
  oldId: string;
  mode: string;
  id: string;
}

export interface WriteOptions {
  /** Pass over what changed in the home, in place of listing it: in the user's checkout it always changes. */
  skipHome?: boolean;
  /** Take what can be read of a worktree in which something still runs. */
  lenient?: boolean;
}

/**
 * Write what a worktree holds, commits made in it included, `.gitignore` respected, the home left as in `base`.
 * @param base Commit or tree that the work started from.
 * @throws {MilestoneError} `GIT_FAILED` when a file cannot be read or a filter fails, `DISK_FULL`.
 */
export function writeTree(repo: Repository, base: string, options: WriteOptions = {}): Promise<WrittenTree> {
  return withTemporaryIndex(repo, async index => {
    const unborn = await addAll(index, options);
    const written = await readIndex(index, base);
    const untouched = await untouchedFiles(index, base, written.differences);
    const corrections = [...written.inHome, ...untouched];
    const {tree, differences} = corrections.length > 0 ? await putBack(index, base, corrections) : written;
    return {
      tree,
      changedFiles: differences.map(({path: file, status}) => ({path: file, status})),
      homeChanges: written.inHome.map(difference => difference.path),
      nested: [...unborn, ...(await findNested(repo, differences))],
    };
  });
}

/** A worktree together with the index that its git calls use. */
export interface Indexed {
  repo: Repository;
  env: {GIT_INDEX_FILE: string};
}

let indexNumber = 0;

/** What temporary indexes in a git folder are called. */
export const TEMPORARY_INDEX = 'milestone-index-';

/** Work on a copy of a worktree's index; it keeps what the index knows of the files, so that few of them are read again. */
export async function withTemporaryIndex<Result>(
  repo: Repository,
  work: (index: Indexed) => Promise<Result>,
): Promise<Result> {
  const file = path.join(repo.gitDir, `${TEMPORARY_INDEX}${process.pid}-${++indexNumber}`);
  try {
    copyIndex(path.join(repo.gitDir, 'index'), file);
    return await work({repo, env: {GIT_INDEX_FILE: file}});
  } finally {
    for (const name of [file, `${file}.lock`]) fs.rmSync(name, {force: true});
  }
}

// Git compares the content of files that are as young as the index. A copy that looked younger than its original would
// hide a change made right after it, so it gets the same time, rounded down.
function copyIndex(from: string, to: string): void {
  const original = fs.statSync(from, {bigint: true, throwIfNoEntry: false});
  if (original === undefined || original.size === 0n) return;
  fs.copyFileSync(from, to);
  const seconds = Math.floor(Number(original.mtimeNs / 1_000_000n)) / 1_000;
  fs.utimesSync(to, seconds, seconds);
}

/** @returns Nested repositories without a commit: git can add nothing of them. */
async function addAll({repo, env}: Indexed, options: WriteOptions): Promise<NestedRepository[]> {
  const unborn: NestedRepository[] = [];
  const excluded = options.skipHome ? [homePath(repo)] : [];
  for (;;) {
    const paths = ['.', ...[...excluded, ...unborn.map(nested => nested.path)].map(excludePath)];
    const flags = options.lenient ? ['--ignore-errors'] : [];
    const args = ['add', '--all', '--sparse', ...flags, '--', ...paths];
    const result = await tryGit(repo, args, {env});
    const [, found] = /^error: '(.*)\/' does not have a commit checked out$/m.exec(result.stderr) ?? [];
    if (found !== undefined && !unborn.some(nested => nested.path === found))
      unborn.push({path: found, why: 'embedded'});
    else if (result.code === 0 || (result.code === 1 && options.lenient)) return unborn;
    else if (isIndexBroken(result.stderr) && fs.existsSync(env.GIT_INDEX_FILE)) fs.rmSync(env.GIT_INDEX_FILE);
    else throw gitError(args, result);
  }
}

/** Whether git says that an index cannot be read: power was lost while it was written. */
export function isIndexBroken(said: string): boolean {
  return /index file (?:corrupt|smaller than expected|open failed)|bad (?:index )?signature|bad index/i.test(said);
}

/** A pathspec that takes a path, exactly as it is spelled, out of a selection. */
export function excludePath(file: string): string {
  return `:(top,exclude,literal)${file}`;
}

async function readIndex(
  {repo, env}: Indexed,
  base: string,
): Promise<{tree: string; differences: Difference[]; inHome: Difference[]}> {
  const tree = (await git(repo, ['write-tree'], {env})).trim();
  const differences = await compareTrees(repo, base, tree);
  return {
    tree,
    differences: differences.filter(difference => !isInHome(repo, difference.path)),
    inHome: differences.filter(difference => isInHome(repo, difference.path)),
  };
}

async function putBack(index: Indexed, base: string, corrections: readonly Difference[]) {
  // Removals first: a file may stand where the base has a folder.
  const removed = corrections.map(({path: file, id}) => `0 ${'0'.repeat(id.length)}\t${file}\0`);
  const restored = corrections
    .filter(({status}) => status !== 'added')
    .map(({path: file, oldMode, oldId}) => `${oldMode} ${oldId}\t${file}\0`);
  const input = [...removed, ...restored].join('');
  await git(index.repo, ['update-index', '-z', '--index-info'], {env: index.env, input});
  return readIndex(index, base);
}

const STATUS: Record<string, ChangedFile['status']> = {A: 'added', D: 'deleted', M: 'modified', T: 'type_changed'};

/** The files in which two trees (or commits) differ, sorted by path. */
export async function compareTrees(repo: Repository, from: string, to: string): Promise<Difference[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--end-of-options', from, to];
  // Git would read an index that plays no part here, and fail on a damaged one.
  const env = {GIT_INDEX_FILE: path.join(repo.gitDir, `${TEMPORARY_INDEX}none`)};
  const fields = (await git(repo, args, {env})).split('\0');
  const differences: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', mode = '', oldId = '', id = '', letter = ''] = fields[at]!.slice(1).split(' ');
    differences.push({path: fields[at + 1]!, status: STATUS[letter] ?? 'modified', oldMode, oldId, mode, id});
  }
  return differences;
}

export type {Difference, NestedRepository};
