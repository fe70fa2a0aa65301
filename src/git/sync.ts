// The milestone's branch at a remote: looked at, and moved forward there. Never forced, and nothing of the user's moves.

import {git, gitError, type Repository, tryGit} from './git.ts';

/** Where a fetched branch is kept: no ref of the user's. */
function upstreamRef(branch: string): string {
  return `refs/milestone/upstream/${branch.replace(/^milestone\//, '')}`;
}

/** The remote that a branch belongs to: its own, else that of its base, else what git would push to. */
export async function remoteOf(
  repo: Repository,
  branch: string,
  base: string | undefined,
): Promise<string | undefined> {
  const keys = [
    `branch.${branch}.remote`,
    ...(base === undefined ? [] : [`branch.${base}.remote`]),
    'remote.pushDefault',
  ];
  for (const key of keys) {
    const named = (await git(repo, ['config', '--get', key], {accept: [1]})).trim();
    // A branch that follows another one of this very repository says `.`.
    if (named !== '' && named !== '.') return named;
  }
  const remotes = (await git(repo, ['remote'])).split('\n').filter(name => name !== '');
  return remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
}

/**
 * Fetch a branch, and how far it and ours have come apart.
 * @returns `undefined` when the remote has no such branch.
 * @throws {MilestoneError} `GIT_FAILED`
 */
export async function fetchBranch(
  repo: Repository,
  {remote, branch, head}: {remote: string; branch: string; head: string},
): Promise<{head: string; ahead: number; behind: number} | undefined> {
  const ref = upstreamRef(branch);
  const args = ['fetch', '--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules'];
  args.push('--refmap=', '--', remote, `+refs/heads/${branch}:${ref}`);
  const result = await tryGit(repo, args);
  if (result.code !== 0 && /couldn't find remote ref/.test(result.stderr)) return undefined;
  if (result.code !== 0) throw gitError(args, result);
  const upstream = (await git(repo, ['rev-parse', '--verify', ref])).trim();
  const counted = await git(repo, ['rev-list', '--left-right', '--count', `${head}...${upstream}`]);
  const [ahead = 0, behind = 0] = counted.trim().split('\t').map(Number);
  return {head: upstream, ahead, behind};
}

/**
 * Push a commit to a branch of the remote, forward only.
 * @throws {MilestoneError} `GIT_FAILED`, also when the remote has what the commit does not descend from.
 */
export async function pushBranch(
  repo: Repository,
  {remote, branch, commit, hooks}: {remote: string; branch: string; commit: string; hooks: boolean},
): Promise<void> {
  const args = ['push', '--quiet', '--no-follow-tags', '--no-signed', '--recurse-submodules=no'];
  await git(repo, [...args, '--', remote, `${commit}:refs/heads/${branch}`], {hooks});
}
