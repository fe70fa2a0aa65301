// How commits travel between coordinator and workers: through refs of the remote, each of which one side makes.

import {MilestoneError} from '../errors.ts';
import {git, gitError, type Repository, tryGit} from '../git/git.ts';
import type {RemoteCommit} from './port.ts';

/** Through which work travels where config.yaml names none. */
export const DEFAULT_REMOTE = 'origin';

/**
 * Address of the remote through which work travels, as a worker can use it: without a password, which is the worker's own matter.
 * @throws {MilestoneError} `NO_WORKERS` when the repository has no such remote.
 */
export async function remoteAddress(repo: Repository, remote = DEFAULT_REMOTE): Promise<string> {
  const url = (await git(repo, ['remote', 'get-url', '--', remote], {accept: [2, 128]})).trim();
  if (url === '')
    throw new MilestoneError(
      'NO_WORKERS',
      `the repository has no remote \`${remote}\`, through which work would travel`,
      {hint: 'add it with `git remote add`, or name another one as `workers.remote` in config.yaml'},
    );
  return url.replace(/^([a-z+]+:\/\/[^/@:]*):[^/@]*@/i, '$1@');
}

const PUSH = ['push', '--quiet', '--no-follow-tags', '--no-signed', '--recurse-submodules=no'];
const FETCH = ['fetch', '--quiet', '--no-tags', '--no-prune', '--no-write-fetch-head', '--no-recurse-submodules'];

/**
 * Make a ref of the remote; one that is there already stays as it is.
 * @throws {MilestoneError} `GIT_FAILED`, also when somebody has that ref.
 */
export async function createRemoteRef(repo: Repository, remote: string, {ref, commit}: RemoteCommit): Promise<void> {
  // Empty: the remote must not have it.
  await git(repo, [...PUSH, `--force-with-lease=${ref}:`, '--', remote, `${commit}:${ref}`]);
}

/** Make a ref of the remote, or move it, whatever it was at. @throws {MilestoneError} `GIT_FAILED` */
export async function setRemoteRef(repo: Repository, remote: string, {ref, commit}: RemoteCommit): Promise<void> {
  await git(repo, [...PUSH, '--', remote, `+${commit}:${ref}`]);
}

/** Take refs away from the remote. @throws {MilestoneError} `GIT_FAILED` */
export async function removeRemoteRefs(repo: Repository, remote: string, refs: readonly string[]): Promise<void> {
  if (refs.length > 0) await git(repo, [...PUSH, '--', remote, ...refs.map(ref => `:${ref}`)]);
}

/** Refs of the remote whose names begin with `prefix`, sorted by name. @throws {MilestoneError} `GIT_FAILED` */
export async function listRemoteRefs(repo: Repository, remote: string, prefix: string): Promise<RemoteCommit[]> {
  const listed = await git(repo, ['ls-remote', '--quiet', '--refs', '--', remote, `${prefix}*`]);
  const refs = listed.split('\n').flatMap(line => {
    const [commit, ref] = line.split('\t');
    return commit && ref?.startsWith(prefix) ? [{ref, commit}] : [];
  });
  return refs.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/**
 * Fetch exactly one commit: that its ref stands at another one by now is of no interest.
 * @param into Ref here that holds it.
 * @returns Whether the remote has it.
 * @throws {MilestoneError} `GIT_FAILED` when the remote cannot be asked.
 */
export async function fetchCommit(
  repo: Repository,
  remote: string,
  {ref, commit}: RemoteCommit,
  into: string,
): Promise<boolean> {
  if (!(await hasCommit(repo, commit))) await fetchFrom(repo, remote, ref);
  if (!(await hasCommit(repo, commit))) await fetchFrom(repo, remote, commit);
  if (!(await hasCommit(repo, commit))) return false;
  await git(repo, ['update-ref', '--no-deref', into, commit]);
  return true;
}

/** Also what nothing refers to here stays for as long as this lasts: git is told to collect no garbage. */
async function fetchFrom(repo: Repository, remote: string, what: string): Promise<void> {
  const args = [...FETCH, '--refmap=', '--', remote, what];
  const result = await tryGit(repo, args);
  if (result.code === 0 || IS_GONE.test(result.stderr)) return;
  throw gitError(args, result);
}

const IS_GONE = /couldn't find remote ref|not our ref|unadvertised object/;

async function hasCommit(repo: Repository, commit: string): Promise<boolean> {
  return (await tryGit(repo, ['cat-file', '-e', `${commit}^{commit}`])).code === 0;
}
