// Which files differ from those of a commit, told from their bytes: no filter, hook or program of anybody's runs.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {git, type Repository, tryGit} from './git.ts';
import {resolveCommit} from './refs.ts';

/**
 * Of these files the ones that are not as they were where `ref` and the checked-out commit parted: new and changed ones,
 * committed or not.
 * @param files Absolute.
 * @throws {MilestoneError} `USAGE` for a ref that names no commit.
 */
export async function changedFiles(repo: Repository, ref: string, files: readonly string[]): Promise<string[]> {
  const commit = await resolveCommit(repo, ref);
  if (commit === undefined)
    throw new MilestoneError('USAGE', `\`${ref}\` names no commit of this repository`, {
      hint: 'a shallow clone may lack it: fetch it first',
    });
  const base = await tryGit(repo, ['merge-base', commit, 'HEAD']);
  const then = await blobs(repo, base.code === 0 ? base.stdout.trim() : commit);
  return files.filter(file => {
    if (!fs.existsSync(file)) return true;
    const name = path.relative(repo.topLevel, fs.realpathSync(file)).split(path.sep).join('/');
    return then.get(name) !== blobOf(repo, fs.readFileSync(file));
  });
}

/** By path. */
async function blobs(repo: Repository, commit: string): Promise<Map<string, string>> {
  const listed = await git(repo, ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit]);
  const entries = listed.split('\0').filter(Boolean);
  return new Map(
    entries.map(entry => {
      const tab = entry.indexOf('\t');
      return [entry.slice(tab + 1), entry.slice(0, tab).split(' ')[2] ?? ''];
    }),
  );
}

function blobOf({objectFormat}: Repository, content: Buffer): string {
  return createHash(objectFormat).update(`blob ${content.length}\0`).update(content).digest('hex');
}
