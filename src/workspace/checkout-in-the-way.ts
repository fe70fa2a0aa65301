// A person's checkout that has the branch checked out follows its moves, or is in the way of them.

import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {checkedOutAt, dirtyFiles} from '../git/checkout.ts';
import type {Repository} from '../git/git.ts';
import {homePath} from '../git/repository.ts';
import {shellWord} from '../platform/shell-word.ts';
import type {BranchBlocker} from './workspace.ts';

/**
 * The first checkout of a branch that could not follow a move of it, as a blocker.
 * @param except The checkout that attempts share: it holds their work already.
 * @param goOn The command that somebody types when the checkout is clean.
 */
export async function checkoutInTheWay(
  repo: Repository,
  branch: string,
  {except, goOn = 'milestone resume'}: {except?: Repository | undefined; goOn?: string},
): Promise<BranchBlocker | undefined> {
  for (const checkout of await checkedOutAt(repo, branch)) {
    const files = checkout.gitDir === except?.gitDir ? [] : await dirtyFiles(checkout);
    if (files.length === 0) continue;
    const shown = files.slice(0, 3).map(file => `\`${file}\``);
    return {
      type: 'branch_checked_out',
      message: `\`${checkout.topLevel}\` has \`${branch}\` checked out, with changes that are not committed (${shown.join(', ')}${files.length > 3 ? ' …' : ''})`,
      hint: `commit them, put them aside (\`${putAside(checkout)}\`), or check out another branch in \`${path.basename(checkout.topLevel)}\`, then \`${goOn}\``,
    };
  }
  return undefined;
}

/**
 * The command that takes away all that is not committed but the home: a plan that nobody has committed would go along, and
 * its milestone be unknown.
 */
export function putAside(checkout: Repository): string {
  return `git stash push --include-untracked -- ${shellWord(`:(top,exclude)${homePath(checkout)}`)}`;
}

/**
 * @param goOn The command that somebody types when the checkout is clean.
 * @throws {MilestoneError} `TREE_DIRTY` when a checkout of the branch could not follow it.
 */
export async function assertCheckoutsCanFollow(repo: Repository, branch: string, goOn?: string): Promise<void> {
  const blocker = await checkoutInTheWay(repo, branch, {...(goOn !== undefined && {goOn})});
  if (blocker) throw new MilestoneError('TREE_DIRTY', blocker.message, {hint: blocker.hint});
}
