import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../git.ts';

/** A worktree together with the index that its git calls use. */
export interface Indexed {
  repo: Repository;
  env: {GIT_INDEX_FILE: string};
}

let indexNumber = 0;

/** What temporary indexes in a git folder are called. */
export const TEMPORARY_INDEX = 'milestone-index-';

/** Work on a copy of a worktree's index; it keeps what the index knows of the files, so that few of them are read again. */
export async function withTemporaryIndex<Result>(
  repo: Repository,
  work: (index: Indexed) => Promise<Result>,
): Promise<Result> {
  const file = path.join(repo.gitDir, `${TEMPORARY_INDEX}${process.pid}-${++indexNumber}`);
  try {
    copyIndex(path.join(repo.gitDir, 'index'), file);
    return await work({repo, env: {GIT_INDEX_FILE: file}});
  } finally {
    for (const name of [file, `${file}.lock`]) fs.rmSync(name, {force: true});
  }
}

// Git writes an index beside the old one and renames it, so a second name for the old one is as good as a copy.
function copyIndex(from: string, to: string): void {
  const size = fs.statSync(from, {throwIfNoEntry: false})?.size ?? 0;
  if (size === 0) return;
  try {
    fs.linkSync(from, to);
  } catch {
    copyFile(from, to);
  }
}

// Where files have but one name. Git compares the content of files that are as young as the index: a copy that looked
// younger than its original would hide a change made right after it, so it gets the same time, rounded down.
function copyFile(from: string, to: string): void {
  const {mtimeNs} = fs.statSync(from, {bigint: true});
  fs.copyFileSync(from, to);
  const seconds = Math.floor(Number(mtimeNs / 1_000_000n)) / 1_000;
  fs.utimesSync(to, seconds, seconds);
}

/** Whether git says that an index cannot be read: power was lost while it was written. */
export function isIndexBroken(said: string): boolean {
  return /index file (?:corrupt|smaller than expected|open failed)|bad (?:index )?signature|bad index/i.test(said);
}
