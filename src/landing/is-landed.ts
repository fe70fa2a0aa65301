import type {Finished} from '../git/brought.ts';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';

/**
 * Whether a branch of the repository that a folder is in has all of a milestone; no where it cannot be asked. One call of
 * git, for whoever only looks, where the branch has the very commit.
 */
export async function isInBranch(folder: string, finished: Finished, branch: string | undefined): Promise<boolean> {
  const into = branch === undefined || branch === 'HEAD' ? 'HEAD' : `refs/heads/${branch}`;
  const args = ['merge-base', '--is-ancestor', '--end-of-options', finished.commit, into];
  const {code} = await runGit(args, {cwd: folder, env: gitEnvironment(process.env)});
  return code === 0 || isThereAsAnother(folder, finished, into);
}

async function isThereAsAnother(folder: string, finished: Finished, into: string): Promise<boolean> {
  const [{broughtBy}, {readRef}, {openRepository}] = await Promise.all([
    import('../git/brought.ts'),
    import('../git/refs.ts'),
    import('../git/repository.ts'),
  ]);
  try {
    const repo = await openRepository(folder);
    const tip = repo && (await readRef(repo, into));
    return tip !== undefined && (await broughtBy(repo as NonNullable<typeof repo>, finished, tip)) !== undefined;
  } catch {
    return false;
  }
}
