import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';

/**
 * Whether a branch of the repository that a folder is in has a commit; no where it cannot be asked. One call of git, for
 * whoever only looks.
 */
export async function isInBranch(folder: string, commit: string, branch: string | undefined): Promise<boolean> {
  const into = branch === undefined || branch === 'HEAD' ? 'HEAD' : `refs/heads/${branch}`;
  const args = ['merge-base', '--is-ancestor', '--end-of-options', commit, into];
  const {code} = await runGit(args, {cwd: folder, env: gitEnvironment(process.env)});
  return code === 0;
}
