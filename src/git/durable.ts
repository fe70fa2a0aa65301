// Git syncs the files of objects and refs, not the folders that hold their names.

import fs from 'node:fs';
import path from 'node:path';
import {fileError, syncInBackground} from '../platform/files.ts';

/** Make the names of all objects durable. */
export async function syncObjects(repo: {commonDir: string}): Promise<void> {
  const objects = path.join(repo.commonDir, 'objects');
  await syncFolders(objects, [objects, ...subfolders(objects)]);
}

const AT_A_TIME = 64;

/** Make the content of objects durable; those that are in packs git has synced. */
export async function syncLooseObjects(repo: {commonDir: string}, ids: readonly string[]): Promise<void> {
  const files = [...new Set(ids)].map(id => looseObject(repo, id));
  try {
    // One that is not there is in a pack.
    for (let at = 0; at < files.length; at += AT_A_TIME)
      await Promise.all(files.slice(at, at + AT_A_TIME).map(syncInBackground));
  } catch (error) {
    throw fileError(error, `sync \`${path.join(repo.commonDir, 'objects')}\``);
  }
}

/** The file that an object is in, unless it is in a pack. */
export function looseObject({commonDir}: {commonDir: string}, id: string): string {
  return path.join(commonDir, 'objects', id.slice(0, 2), id.slice(2));
}

/** Make the name of a ref durable. */
export async function syncRef(repo: {commonDir: string}, ref: string): Promise<void> {
  const refs = path.join(repo.commonDir, 'refs');
  const folders = [path.join(repo.commonDir, 'reftable')];
  for (
    let folder = path.dirname(path.join(repo.commonDir, ref));
    folder.startsWith(refs);
    folder = path.dirname(folder)
  ) {
    folders.push(folder);
  }
  await syncFolders(refs, folders);
}

// Within this time two changes of a folder may carry the same time stamp, on any file system that we know.
const TIMESTAMP_GRAIN_MS = 50;

/** By folder: the time stamp that was synced. */
const synced = new Map<string, number>();

/**
 * Sync those of the folders that changed since they were last synced: a sync of each of the 256 object folders would
 * cost more than a commit.
 */
async function syncFolders(top: string, folders: readonly string[]): Promise<void> {
  try {
    const stamps = folders.flatMap(folder => {
      const at = fs.statSync(folder, {throwIfNoEntry: false})?.mtimeMs;
      return at === undefined ? [] : [{folder, at}];
    });
    const changed = stamps.filter(({folder, at}) => synced.get(folder) !== at);
    await Promise.all(changed.map(({folder}) => syncInBackground(folder)));
    const newest = stamps.reduce((latest, {at}) => (at > latest ? at : latest), 0);
    // A folder changed this lately may change again under the same stamp; it is synced again next time.
    for (const {folder, at} of changed) if (at < newest - TIMESTAMP_GRAIN_MS) synced.set(folder, at);
  } catch (error) {
    throw fileError(error, `sync \`${top}\``);
  }
}

function subfolders(folder: string): string[] {
  const entries = fs.readdirSync(folder, {withFileTypes: true});
  return entries.filter(entry => entry.isDirectory()).map(entry => path.join(folder, entry.name));
}
