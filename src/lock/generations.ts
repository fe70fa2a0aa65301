// The files of a lock (K1, K2 in lock.ts).

import fs from 'node:fs';
import path from 'node:path';
import {fileError, listFolder, makeFolder, temporaryName, writeAll} from '../platform/files.ts';
import {RELEASED} from './lock-holder.ts';

/** Make a file with its whole content at once; false when it was there already. */
export function linkWhole(file: string, content: string): boolean {
  makeFolder(path.dirname(file));
  const temporary = temporaryName(file);
  try {
    writeSynced(temporary, content);
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    // ENOENT: another process has the lock and swept our temporary file away with the leftovers.
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  } finally {
    fs.rmSync(temporary, {force: true});
  }
}

/**
 * Added to the file, not put in its place: who is killed at it leaves no other file, which nobody might come to clear
 * away. Without the whole line the file names a process that is dead.
 */
export function appendRelease(file: string): void {
  const fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_APPEND);
  try {
    writeAll(fd, Buffer.from(RELEASED));
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Synced, because after a power loss an empty file of the highest generation would name nobody and block everybody. */
function writeSynced(file: string, content: string): void {
  const fd = fs.openSync(file, 'wx', 0o644);
  try {
    writeAll(fd, Buffer.from(content));
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** K2: from the lowest up. Temporary files are those of processes that died, or that will find the lock taken. */
export function removeLeftovers(folder: string, generation: number): void {
  const names = fs.readdirSync(folder);
  const lower = names.map(generationOf).filter(number => number > 0 && number < generation);
  for (const number of lower.sort((a, b) => a - b)) fs.rmSync(generationFile(folder, number), {force: true});
  for (const name of names) if (name.endsWith('.tmp')) fs.rmSync(path.join(folder, name), {force: true});
}

export function highestGeneration(folder: string): number {
  return Math.max(0, ...listFolder(folder).map(generationOf));
}

export function generationFile(folder: string, generation: number): string {
  return path.join(folder, String(generation));
}

/** 0 for a name that is no generation. */
function generationOf(name: string): number {
  return /^[1-9][0-9]{0,14}$/.test(name) ? Number(name) : 0;
}

/** `undefined` when it is gone. */
export function readGeneration(folder: string, generation: number): string | undefined {
  const file = generationFile(folder, generation);
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(error, `read the lock \`${file}\``);
  }
}

export function exists(file: string): boolean {
  return fs.statSync(file, {throwIfNoEntry: false}) !== undefined;
}
