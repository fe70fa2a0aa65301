// The people's checkouts of the branch that a milestone lands in.

import fs from 'node:fs';
import path from 'node:path';
import {alignIndex, checkedOutAt, followCheckout, restore} from '../git/checkout.ts';
import {git, type Repository} from '../git/git.ts';
import {homePath, isInHome} from '../git/repository.ts';
import {compareTrees} from '../git/trees/compare-trees.ts';

/**
 * Have every checkout of a branch follow a move of it that is done; may be repeated after a crash at any point.
 * @param home Absolute path of the home, the files of which are newer than any commit.
 * @returns What to say of those that could not: somebody has changed a file in the last moment.
 */
export async function followAll(
  repo: Repository,
  {into, onto, commit}: {into: string; onto: string; commit: string},
  home: string,
): Promise<{followed: string[]; warnings: string[]}> {
  const followed: string[] = [];
  const warnings: string[] = [];
  for (const checkout of await checkedOutAt(repo, into)) {
    const result = await followCheckout(checkout, onto, commit);
    if (result.kind === 'dirty') {
      warnings.push(
        `\`${checkout.topLevel}\` does not follow \`${into}\`: ${result.files.slice(0, 3).join(', ')} changed meanwhile`,
      );
      continue;
    }
    if (path.join(checkout.topLevel, homePath(checkout)) !== home) await followHome(checkout, onto, commit);
    await alignIndex(checkout);
    followed.push(checkout.topLevel);
  }
  return {followed, warnings};
}

/** In a checkout that has but a copy of the home, its files follow like all others, unless somebody changed them. */
async function followHome(checkout: Repository, onto: string, commit: string): Promise<void> {
  const changes = (await compareTrees(checkout, onto, commit)).filter(({path: file}) => isInHome(checkout, file));
  const edited = (await git(checkout, ['diff', '--name-only', '-z', '--no-ext-diff', onto, '--'])).split('\0');
  const isFree = (file: string, isNew: boolean) =>
    isNew ? !fs.existsSync(path.join(checkout.topLevel, file)) : !edited.includes(file);
  const files = changes.flatMap(({path: file, status}) => (isFree(file, status === 'added') ? file : []));
  if (files.length === 0) return;
  await restore(checkout, commit, files);
}
