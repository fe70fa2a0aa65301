// After a loss of power the name of an object may be there and its content not: gits of agents and of people do not sync
// what they write, and a git of ours may have been cut off before it did. Such a file is worse than none: git takes the
// object for written, and never writes it again.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {inflate} from 'node:zlib';
import {fileError, listFolder, makeFolder} from '../platform/files.ts';
import {linkedWorktrees, type Repository} from './git.ts';
import {isSlot} from './slot-folders.ts';

const inflated = promisify(inflate);

/** Clocks of file systems are coarse. */
const SLACK_MS = 60_000;
const LOOSE_FOLDER = /^[0-9a-f]{2}$/;
const LOOSE_NAME = /^[0-9a-f]{38}(?:[0-9a-f]{24})?$/;

/**
 * Take loose objects away that are empty or, of those written since, not what their name says; a torn one that is not
 * empty is kept in `milestone/torn-objects` of the git folder.
 * @param since Milliseconds since the epoch.
 * @returns The ids of what was taken away.
 * @throws {MilestoneError} `IO_FAILED`
 */
export async function removeTornObjects(repo: Repository, since: number): Promise<string[]> {
  const objects = path.join(repo.commonDir, 'objects');
  const torn: string[] = [];
  for (const folder of listFolder(objects).filter(name => LOOSE_FOLDER.test(name)))
    for (const name of listFolder(path.join(objects, folder)).filter(name => LOOSE_NAME.test(name)))
      if (await isTorn(path.join(objects, folder, name), {id: folder + name, since, repo})) torn.push(folder + name);
  try {
    for (const id of torn) takeAway(repo, id);
  } catch (error) {
    throw fileError(error, `remove a torn object from \`${objects}\``);
  }
  // An index that knows such an object would have it taken for written as well.
  if (torn.length > 0)
    for (const slot of linkedWorktrees(repo).filter(isSlot)) fs.rmSync(path.join(slot.gitDir, 'index'), {force: true});
  return torn;
}

async function isTorn(
  file: string,
  {id, since, repo}: {id: string; since: number; repo: Repository},
): Promise<boolean> {
  const stats = fs.statSync(file, {throwIfNoEntry: false});
  if (!stats || stats.size === 0) return stats !== undefined;
  if (stats.mtimeMs < since - SLACK_MS || stats.size > LARGEST_BYTES) return false;
  try {
    const content = await inflated(await fs.promises.readFile(file));
    return createHash(repo.objectFormat).update(content).digest('hex') !== id;
  } catch (error) {
    // What cannot be read now may be read later; only what zlib does not know is torn.
    return /^Z_/.test((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** A larger one is not read: it would fill the memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;

function takeAway({commonDir}: Repository, id: string): void {
  const file = path.join(commonDir, 'objects', id.slice(0, 2), id.slice(2));
  if (fs.statSync(file).size === 0) {
    fs.rmSync(file, {force: true});
    return;
  }
  const kept = path.join(commonDir, 'milestone', 'torn-objects');
  makeFolder(kept);
  fs.renameSync(file, path.join(kept, id));
}
