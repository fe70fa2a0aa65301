// What the home has of one milestone and git does not ignore: its plan, documents and approvals.

import fs from 'node:fs';
import path from 'node:path';
import {headBranch} from '../git/checkout.ts';
import {git, gitError, type Repository, tryGit} from '../git/git.ts';
import {readHead} from '../git/refs.ts';
import {homePath} from '../git/repository.ts';
import {readCommit} from '../git/task-commits.ts';
import {withTemporaryIndex} from '../git/trees/temporary-index.ts';
import {isAdded} from '../git/trees/tree.ts';
import {type HomePaths, homePaths} from '../plan/file/home.ts';
import type {MilestoneId} from '../plan/plan.ts';

/**
 * A tree with the milestone's files of the home as they are on disk, those that are gone taken out.
 * @param plan Text of the completed plan, where it is to say something else than on disk.
 * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`.
 */
export function addRecord(repo: Repository, tree: string, id: MilestoneId, plan?: string): Promise<string> {
  return withTemporaryIndex(repo, async ({env}) => {
    await git(repo, ['read-tree', tree], {env});
    const listed = await git(repo, ['ls-files', '-z', '--', ...pathsOf(repo, id).map(exactly)], {env});
    const known = listed.split('\0').filter(Boolean);
    // Git fails at a place where there is nothing and was nothing.
    const there = pathsOf(repo, id).filter(
      location =>
        fs.lstatSync(path.join(repo.topLevel, location), {throwIfNoEntry: false}) ||
        known.some(file => file === location || file.startsWith(`${location}/`)),
    );
    if (there.length === 0) return tree;
    const args = ['add', '--all', '--sparse', '--', ...there.map(exactly)];
    const added = await tryGit(repo, args, {env});
    if (!isAdded(added)) throw gitError(args, added);
    if (plan !== undefined) await replaceText(repo, env, inTree(repo, homePaths('').completed(id)), plan);
    return (await git(repo, ['write-tree'], {env})).trim();
  });
}

/**
 * What the home has of a milestone just as a branch has it, where another branch is checked out that knows nothing of it:
 * git switches to that branch only when these files are out of the way.
 * @returns Absolute paths.
 */
export async function recordInTheWay(repo: Repository, id: MilestoneId, branch: string): Promise<string[]> {
  const commit = (await headBranch(repo)) === branch ? undefined : await readHead(repo, branch);
  if (commit === undefined) return [];
  const {tree} = await readCommit(repo, commit);
  if ((await addRecord(repo, tree, id)) !== tree) return [];
  const tracked = (await git(repo, ['ls-files', '-z', '--', ...pathsOf(repo, id).map(exactly)])).split('\0');
  return pathsOf(repo, id)
    .filter(location => !tracked.some(file => file === location || file.startsWith(`${location}/`)))
    .map(location => path.join(repo.topLevel, location))
    .filter(file => fs.existsSync(file));
}

/** Relative to the top of the repository. */
function pathsOf(repo: Repository, id: MilestoneId): string[] {
  const paths: HomePaths = homePaths('');
  const documents = path.dirname(path.dirname(paths.deliverables(id, 'task', 'phase')));
  return [paths.active(id), paths.completed(id), documents, paths.approvals(id)].map(location =>
    inTree(repo, location),
  );
}

function inTree(repo: Repository, location: string): string {
  return `${homePath(repo)}/${location.split(path.sep).join('/')}`;
}

function exactly(file: string): string {
  return `:(top,literal)${file}`;
}

/** Another content for a file that the index has; an ignored one it has not. */
async function replaceText(repo: Repository, env: NodeJS.ProcessEnv, file: string, text: string): Promise<void> {
  const [entry] = (await git(repo, ['ls-files', '-z', '--stage', '--', exactly(file)], {env})).split('\0');
  const [mode] = entry?.split(' ') ?? [];
  if (!mode) return;
  const blob = (await git(repo, ['hash-object', '-w', '--stdin', `--path=${file}`], {input: text})).trim();
  await git(repo, ['update-index', '--cacheinfo', `${mode},${blob},${file}`], {env});
}
