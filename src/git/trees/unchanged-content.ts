// A repository may hold files that no checkout gives back (line endings against its own attributes, a file that should
// have been a pointer). Git calls them modified as soon as it looks at their content, although nobody touched them.

import fs from 'node:fs';
import path from 'node:path';
import {git} from '../git.ts';
import type {Difference} from './compare-trees.ts';
import type {Indexed} from './temporary-index.ts';

const FILE_MODE = /^100/;

/** The modified files that are on disk byte for byte as a checkout of the base puts them there. */
export async function untouchedFiles(
  index: Indexed,
  base: string,
  differences: readonly Difference[],
): Promise<Difference[]> {
  const suspects = differences.filter(difference => isSuspect(index, difference));
  if (suspects.length === 0) return [];
  // Named after the index, so that what a killed process leaves goes with that.
  const folder = fs.mkdtempSync(`${index.env.GIT_INDEX_FILE}.untouched-`);
  try {
    await checkOut(index, base, suspects, folder);
    return suspects.filter(({path: file}) => isSame(path.join(folder, file), path.join(index.repo.topLevel, file)));
  } finally {
    fs.rmSync(folder, {recursive: true, force: true});
  }
}

/** Changed no later than the worktree's index was written: only then can git be in doubt about a file nobody touched. */
function isSuspect({repo}: Indexed, {path: file, status, mode, oldMode}: Difference): boolean {
  if (status !== 'modified' || mode !== oldMode || !FILE_MODE.test(mode)) return false;
  const written = fs.statSync(path.join(repo.gitDir, 'index'), {bigint: true, throwIfNoEntry: false});
  const changed = fs.lstatSync(path.join(repo.topLevel, file), {bigint: true, throwIfNoEntry: false});
  return written === undefined || (changed !== undefined && changed.ctimeNs <= written.mtimeNs);
}

async function checkOut({repo}: Indexed, base: string, files: readonly Difference[], folder: string): Promise<void> {
  const env = {GIT_INDEX_FILE: path.join(folder, '.index')};
  await git(repo, ['read-tree', base], {env});
  const input = files.map(file => `${file.path}\0`).join('');
  await git(repo, ['checkout-index', '--quiet', '-z', '--stdin', `--prefix=${folder}/`], {env, input});
}

function isSame(one: string, other: string): boolean {
  try {
    return fs.statSync(one).size === fs.statSync(other).size && fs.readFileSync(one).equals(fs.readFileSync(other));
  } catch {
    // A name that is not UTF-8: not found under its decoded spelling, and taken for changed.
    return false;
  }
}
