import fs from 'node:fs';

/** What tells cheaply whether a file may have changed. */
export interface FileStamp {
  size: number;
  mtimeMs: number;
  ino: number;
}

/** The stamp of a plan file, through symbolic links; `undefined` when there is none. */
export function planStamp(file: string): FileStamp | undefined {
  const stats = fs.statSync(file, {throwIfNoEntry: false});
  return stats && stampOf(stats);
}

export function stampOf({size, mtimeMs, ino}: fs.Stats): FileStamp {
  return {size, mtimeMs, ino};
}

export function isSameStamp(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
  return a?.size === b?.size && a?.mtimeMs === b?.mtimeMs && a?.ino === b?.ino;
}
