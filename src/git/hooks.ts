import fs from 'node:fs';
import path from 'node:path';
import {git, type Repository, tryGit} from './git.ts';
import {withTemporaryIndex} from './trees/temporary-index.ts';

export type HookResult =
  | {ok: true; tree: string; message: string}
  | {ok: false; hook: 'pre-commit' | 'commit-msg'; output: string};

/**
 * Run the user's `pre-commit` and `commit-msg` hooks on a task's tree, in its slot (`git.hooks: true`).
 * @returns Tree and message as the hooks left them, or which one refused.
 */
export function runCommitHooks(slot: Repository, work: {tree: string; message: string}): Promise<HookResult> {
  return withTemporaryIndex(slot, async ({env}) => {
    await git(slot, ['read-tree', '--reset', work.tree], {env});
    const before = await runHook(slot, env, ['pre-commit']);
    if (before.code !== 0) return {ok: false, hook: 'pre-commit', output: before.stderr + before.stdout};
    const file = path.join(slot.gitDir, 'COMMIT_EDITMSG');
    fs.writeFileSync(file, work.message);
    const after = await runHook(slot, env, ['commit-msg', '--', file]);
    if (after.code !== 0) return {ok: false, hook: 'commit-msg', output: after.stderr + after.stdout};
    const tree = (await git(slot, ['write-tree'], {env})).trim();
    return {ok: true, tree, message: fs.readFileSync(file, 'utf8')};
  });
}

function runHook(slot: Repository, env: NodeJS.ProcessEnv, hook: readonly string[]) {
  return tryGit(slot, ['hook', 'run', '--ignore-missing', ...hook], {env: {...env, GIT_EDITOR: ':'}, hooks: true});
}
