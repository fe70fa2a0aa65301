import fs from 'node:fs';
import path from 'node:path';

/** Bytes that this user may still write on the file system of a folder, which may not exist yet. */
export function freeBytes(folder: string): number {
  const {bavail, bsize} = fs.statfsSync(existingPart(folder));
  return bavail * bsize;
}

/** Share of the file system of a folder that is used, from 0 to 1; undefined where it does not say. */
export function diskUsage(folder: string): number | undefined {
  const {blocks, bfree, bavail} = fs.statfsSync(existingPart(folder));
  const usable = blocks - bfree + bavail;
  return usable > 0 ? (blocks - bfree) / usable : undefined;
}

function existingPart(folder: string): string {
  let existing = folder;
  while (!fs.existsSync(existing) && existing !== path.dirname(existing)) existing = path.dirname(existing);
  return existing;
}
