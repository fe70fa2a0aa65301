// Files that the program puts into a project and can take away again. Each ends with a mark that tells whether anybody
// has changed it since, and how many of the folders round it were made for it.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {fileError, makeFolder, readIfExists, replaceFile} from '../../platform/files.ts';

export type FileState =
  | {kind: 'absent'}
  /** As it would be written now. */
  | {kind: 'current'; folders: number}
  /** Written by another version of the program, and not changed. */
  | {kind: 'older'; folders: number}
  /** Somebody else's, or changed by somebody. */
  | {kind: 'foreign'; folders: number};

const MARK = /\n<!-- milestone init ([0-9a-f]{16}) ([0-9]) -->\n/;

/** What is there in the place of a file with this text. */
export function fileState(file: string, text: string): FileState {
  const found = readIfExists(file)?.replaceAll('\r\n', '\n');
  if (found === undefined) return {kind: 'absent'};
  const mark = MARK.exec(found);
  if (!mark) return {kind: 'foreign', folders: 0};
  const [whole, hash, folders] = mark;
  const body = found.slice(0, mark.index);
  const isOurs = hash === hashOf(body) && found.endsWith(whole);
  return {kind: !isOurs ? 'foreign' : body === text ? 'current' : 'older', folders: Number(folders)};
}

/**
 * Write a file with its mark, whatever is there.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`
 */
export function writeOwnFile(file: string, text: string, before: FileState): void {
  const made = makeFolders(path.dirname(file));
  const folders = made + ('folders' in before ? before.folders : 0);
  replaceFile(file, `${text}\n<!-- milestone init ${hashOf(text)} ${folders} -->\n`);
}

/**
 * Take a file away.
 * @returns The folders that were made for it.
 * @throws {MilestoneError} `READ_ONLY`, `IO_FAILED`
 */
export function removeOwnFile(file: string, {folders}: {folders: number}): string[] {
  try {
    fs.rmSync(file);
  } catch (error) {
    throw fileError(error, `remove \`${file}\``);
  }
  return foldersAbove(file, folders);
}

/** Remove folders that are empty, the inner ones first. */
export function removeEmptyFolders(folders: Iterable<string>): void {
  const innerFirst = [...new Set(folders)].sort((a, b) => b.length - a.length);
  for (const folder of innerFirst) {
    try {
      fs.rmdirSync(folder);
    } catch {} // something else is in it
  }
}

function foldersAbove(file: string, count: number): string[] {
  const folders = [path.dirname(file)];
  while (folders.length < count) folders.push(path.dirname(folders.at(-1) as string));
  return folders.slice(0, count);
}

/** @returns How many were missing. */
function makeFolders(folder: string): number {
  try {
    const outermost = makeFolder(folder);
    return outermost === undefined ? 0 : path.relative(outermost, folder).split(path.sep).filter(Boolean).length + 1;
  } catch (error) {
    throw fileError(error, `make \`${folder}\``);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
