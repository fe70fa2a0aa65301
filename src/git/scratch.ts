import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileError} from '../platform/files.ts';
import type {Repository} from './git.ts';

/**
 * Try something out: objects that git makes meanwhile go into a temporary folder, which goes at the end, and nothing is
 * fetched that is missing. Refs are not kept from being written. Within another try its folder is used.
 */
export async function withScratchObjects<Result>(
  repo: Repository,
  work: (scratch: Repository) => Promise<Result>,
): Promise<Result> {
  if (repo.environment.GIT_OBJECT_DIRECTORY !== undefined) return work(repo);
  const folder = makeFolder();
  const environment = {
    ...repo.environment,
    GIT_OBJECT_DIRECTORY: folder,
    // In quotes, so that a `:` in it separates nothing.
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(path.join(repo.commonDir, 'objects')),
    GIT_NO_LAZY_FETCH: '1',
  };
  try {
    return await work({...repo, environment});
  } finally {
    fs.rmSync(folder, {recursive: true, force: true});
  }
}

function makeFolder(): string {
  const start = path.join(os.tmpdir(), 'milestone-objects-');
  try {
    return fs.mkdtempSync(start);
  } catch (error) {
    throw fileError(error, `make a folder \`${start}…\``);
  }
}
