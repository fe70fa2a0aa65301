import fs from 'node:fs';
import path from 'node:path';

/** Bytes that this user may still write on the file system of a folder, which may not exist yet. */
export function freeBytes(folder: string): number {
  let existing = folder;
  while (!fs.existsSync(existing) && existing !== path.dirname(existing)) existing = path.dirname(existing);
  const {bavail, bsize} = fs.statfsSync(existing);
  return bavail * bsize;
}
