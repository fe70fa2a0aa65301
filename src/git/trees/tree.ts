// The content of a worktree as a tree object, made beside its own index, which nothing here changes.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import type {GitResult} from '../../platform/processes/run-git.ts';
import {syncLooseObjects} from '../durable.ts';
import {git, gitError, type Repository, tryGit, withPrunes} from '../git.ts';
import {findNested, innerWorktrees, type NestedRepository} from '../nested.ts';
import {homePath, isInHome} from '../repository.ts';
import {type ChangedFile, compareObjects, type Difference} from './compare-trees.ts';
import {type Indexed, isIndexBroken, withTemporaryIndex} from './temporary-index.ts';
import {untouchedFiles} from './unchanged-content.ts';

export interface WrittenTree {
  tree: string;
  /** Names of all objects that the tree needs and the base has not. */
  objects: string[];
  /** What differs from the base, sorted by path; nothing of the home. */
  changedFiles: ChangedFile[];
  /** What differs in the home; it is not in the tree, which has the home of the base. */
  homeChanges: string[];
  /** Repositories inside the worktree whose commits nobody else has: a commit of the tree would lose their content. */
  nested: NestedRepository[];
}

/** What lies in a worktree cannot be made a tree: a file that cannot be read, a filter that fails, a name git refuses. */
export class CannotAdd extends MilestoneError {}

export interface WriteOptions {
  /** Pass over what changed in the home, in place of listing it: in the user's checkout it always changes. */
  skipHome?: boolean;
  /** Take what can be read of a worktree in which something still runs. */
  lenient?: boolean;
  /** Write what changed in the home, too. */
  withHome?: boolean;
}

/**
 * Write what a worktree holds, commits made in it included, `.gitignore` respected, the home left as in `base`. The
 * content of all new objects is on disk when this resolves; their names are for `syncObjects`.
 * @param base Commit or tree that the work started from.
 * @throws {CannotAdd} `GIT_FAILED`
 * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`.
 */
export function writeTree(repo: Repository, base: string, options: WriteOptions = {}): Promise<WrittenTree> {
  return withPrunes(() => writeFiles(repo, base, options));
}

function writeFiles(repo: Repository, base: string, options: WriteOptions): Promise<WrittenTree> {
  return withTemporaryIndex(repo, async index => {
    const unborn = await addAll(index, options);
    const written = await readIndex(index, base);
    const untouched = await untouchedFiles(index, base, written.differences);
    const corrections = [...(options.withHome ? [] : written.inHome), ...untouched];
    const final = corrections.length > 0 ? await putBack(index, base, corrections) : written;
    const {tree, differences} = final;
    const objects = [tree, ...final.newObjects];
    await syncLooseObjects(repo, objects);
    return {
      tree,
      objects,
      changedFiles: differences.map(({path: file, status}) => ({path: file, status})),
      homeChanges: written.inHome.map(difference => difference.path),
      nested: [...unborn, ...(await findNested(repo, differences))],
    };
  });
}

// Git would sync one object after the other; it is done for all of them at once, before anything may point at them.
// `committed` may not stand there: git takes away what has a minus first, and adds the rest after it.
// The hash over the whole index (which git before 2.40 insists on) guards nothing in an index that is thrown away.
const TEMPORARY = ['-c', 'core.fsync=pack,pack-metadata,-loose-object', '-c', 'index.skipHash=true'];

/** @returns Nested repositories without a commit: git can add nothing of them. */
async function addAll({repo, env}: Indexed, options: WriteOptions): Promise<NestedRepository[]> {
  const unborn: NestedRepository[] = [];
  let vanished = 0;
  const inner = innerWorktrees(repo).map(({topLevel}) => path.relative(repo.topLevel, topLevel));
  const excluded = [...(options.skipHome ? [homePath(repo)] : []), ...inner];
  for (;;) {
    const paths = ['.', ...[...excluded, ...unborn.map(nested => nested.path)].map(excludePath)];
    const flags = options.lenient ? ['--ignore-errors'] : [];
    const args = [...TEMPORARY, 'add', '--all', '--sparse', ...flags, '--', ...paths];
    const result = await tryGit(repo, args, {env});
    const [, found] = /^error: '(.*)\/' does not have a commit checked out$/m.exec(result.stderr) ?? [];
    if (found !== undefined && !unborn.some(nested => nested.path === found))
      unborn.push({path: found, why: 'embedded'});
    else if (isAdded(result) || (result.code === 1 && options.lenient)) return unborn;
    else if (isIndexBroken(result.stderr) && fs.existsSync(env.GIT_INDEX_FILE)) fs.rmSync(env.GIT_INDEX_FILE);
    else if (!options.lenient || !isVanished(result) || ++vanished > MOST_VANISHED) throw cannotAdd(args, result);
  }
}

/** So often in a row a file may have gone between git's look at its folder and at itself. */
const MOST_VANISHED = 10;

function isVanished({stderr}: GitResult): boolean {
  return /^fatal: unable to stat '.*': No such file or directory$/m.test(stderr);
}

function cannotAdd(args: readonly string[], result: GitResult): MilestoneError {
  const error = gitError(args, result);
  return error.code === 'GIT_FAILED' ? new CannotAdd(error.code, error.message, {hint: error.hint}) : error;
}

/** Whether `git add` has added all that it was to: what is left out by `excludePath` and ignored, too, it complains of. */
export function isAdded({code, stderr}: GitResult): boolean {
  if (code === 0) return true;
  return code === 1 && stderr.startsWith('The following paths are ignored by') && !/^(?:error|fatal):/m.test(stderr);
}

/** A pathspec that takes a path, exactly as it is spelled, out of a selection. */
export function excludePath(file: string): string {
  return `:(top,exclude,literal)${file}`;
}

interface Content {
  tree: string;
  differences: Difference[];
  inHome: Difference[];
  newObjects: string[];
}

async function readIndex({repo, env}: Indexed, base: string): Promise<Content> {
  // Not to look for every unchanged object spares a third of the time, and a partial clone the download.
  const tree = (await git(repo, [...TEMPORARY, 'write-tree', '--missing-ok'], {env})).trim();
  const {files, newObjects} = await compareObjects(repo, base, tree);
  return {
    tree,
    differences: files.filter(file => !isInHome(repo, file.path)),
    inHome: files.filter(file => isInHome(repo, file.path)),
    newObjects,
  };
}

async function putBack(index: Indexed, base: string, corrections: readonly Difference[]): Promise<Content> {
  // Removals first: a file may stand where the base has a folder.
  const removed = corrections.map(({path: file, id}) => `0 ${'0'.repeat(id.length)}\t${file}\0`);
  const restored = corrections
    .filter(({status}) => status !== 'added')
    .map(({path: file, oldMode, oldId}) => `${oldMode} ${oldId}\t${file}\0`);
  const input = [...removed, ...restored].join('');
  await git(index.repo, ['update-index', '-z', '--index-info'], {env: index.env, input});
  return readIndex(index, base);
}
