import fs from 'node:fs';
import path from 'node:path';
import {fileError} from './files.ts';

/**
 * Remove a folder and all in it, also folders that were made read-only (caches of package managers).
 * @throws {MilestoneError} `IO_FAILED`.
 */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await fs.promises.rm(folder, {recursive: true, force: true});
  } catch {
    await openUp(folder);
    await fs.promises.rm(folder, {recursive: true, force: true}).catch(error => {
      throw fileError(error, `remove \`${folder}\``);
    });
  }
}

/** Let the owner write in a folder and in every folder below. */
export async function openUp(folder: string): Promise<void> {
  await fs.promises.chmod(folder, 0o700).catch(() => {});
  const entries = await fs.promises.readdir(folder, {withFileTypes: true}).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(path.join(folder, entry.name));
}
