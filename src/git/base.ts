import {MilestoneError} from '../errors.ts';
import {headBranch} from './checkout.ts';
import {commitTree} from './commit.ts';
import {git, type Repository} from './git.ts';
import {readHead, readRef, resolveCommit} from './refs.ts';

export interface Base {
  commit: string;
  /** What it was found under: the branch that is checked out, or what the user named; `HEAD` when detached. */
  name: string;
}

/**
 * The commit that a milestone starts at: `base`, else what is checked out. Without any commit yet it is an empty root
 * commit, which nothing of the user's points at.
 * @throws {MilestoneError} `BASE_MISSING` when `base` names no commit.
 */
export async function resolveBase(repo: Repository, base?: string): Promise<Base> {
  if (base !== undefined) {
    const commit = await resolveCommit(repo, base);
    if (commit === undefined) throw await baseMissing(repo, base);
    return {commit, name: base};
  }
  const branch = await headBranch(repo);
  const commit = branch === undefined ? await readRef(repo, 'HEAD') : await readHead(repo, branch);
  return {commit: commit ?? (await createEmptyRoot(repo)), name: branch ?? 'HEAD'};
}

/** The name of the tree without files. */
export async function emptyTree(repo: Repository): Promise<string> {
  return (await git(repo, ['hash-object', '-t', 'tree', '-w', '--stdin'])).trim();
}

async function createEmptyRoot(repo: Repository): Promise<string> {
  return commitTree(repo, {tree: await emptyTree(repo), parents: [], message: 'Start from nothing\n'});
}

async function baseMissing(repo: Repository, base: string): Promise<MilestoneError> {
  const locations = ['refs/heads', 'refs/remotes', 'refs/tags'];
  const names = (await git(repo, ['for-each-ref', '--format=%(refname:short)', ...locations]))
    .split('\n')
    .filter(Boolean);
  const near = names.find(name => isNear(name.toLowerCase(), base.toLowerCase()));
  const hint = near === undefined ? '`git branch --all` lists the branches' : `did you mean \`${near}\`?`;
  return new MilestoneError('BASE_MISSING', `the base \`${base}\` names no commit`, {hint});
}

/** One letter wrong, missing, too many or swapped with its neighbour; or the end of the other's path. */
function isNear(name: string, typed: string): boolean {
  if (name === typed || name.endsWith(`/${typed}`)) return true;
  let start = 0;
  while (start < name.length && name[start] === typed[start]) start++;
  const [rest, other] = [name.slice(start), typed.slice(start)];
  const isSwapped = rest.slice(2) === other.slice(2) && rest[0] === other[1] && rest[1] === other[0];
  return rest.slice(1) === other.slice(1) || rest === other.slice(1) || rest.slice(1) === other || isSwapped;
}
