// The only place, with processes.ts, that touches the file system.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {ownIdentity, startMark, whereMark} from './processes/identity.ts';

/** Turn a failed system call into an error that names the cause; `doing` completes "cannot …". */
export function fileError(error: unknown, doing: string): MilestoneError {
  const {code, message} = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new MilestoneError('DISK_FULL', `cannot ${doing}: the disk is full`, {
      hint: 'free some space, then repeat the command; what was running goes on with `milestone resume`',
      cause: error,
    });
  if (code === 'EROFS')
    return new MilestoneError('READ_ONLY', `cannot ${doing}: the file system is read-only`, {cause: error});
  return new MilestoneError('IO_FAILED', `cannot ${doing}: ${message}`, {cause: error});
}

/**
 * Make a folder, and those above it that are missing. One by one: where a folder cannot be made although the one above
 * it is there (procfs, some FUSE), node's own recursive call tries for ever.
 * @returns The topmost that was made; `undefined` when all were there.
 * @throws The error of the system.
 */
export function makeFolder(folder: string, options: {mode?: number} = {}): string | undefined {
  const isMade = makeOne(folder, options);
  if (isMade !== 'nothing above') return isMade ? folder : undefined;
  const topmost = makeFolder(path.dirname(folder), options);
  if (makeOne(folder, options, {hasAbove: true})) return topmost ?? folder;
  return topmost;
}

/** @returns Whether it was made and not there already. */
function makeOne(folder: string, options: {mode?: number}, {hasAbove = false} = {}): boolean | 'nothing above' {
  try {
    fs.mkdirSync(folder, options);
    return true;
  } catch (error) {
    if (isFolder(folder)) return false;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && !hasAbove && path.dirname(folder) !== folder) return 'nothing above';
    throw error;
  }
}

function isFolder(file: string): boolean {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** Make a folder's entries durable (a rename or a new file in it). */
export function syncFolder(folder: string): void {
  syncFile(folder);
}

/** Make the name of a new file durable, and the folders that were made for it, of which `made` is the topmost. */
export function syncNames(file: string, made: string | undefined): void {
  const last = path.dirname(made ?? file);
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    syncFolder(folder);
    if (folder === last || folder === path.dirname(folder)) return;
  }
}

/**
 * Make it durable that something is gone, also when folders above it went with it.
 * @throws {MilestoneError} `IO_FAILED`
 */
export function syncRemoval(gone: string): void {
  let folder = path.dirname(gone);
  while (!isFolder(folder)) folder = path.dirname(folder);
  try {
    syncFolder(folder);
  } catch (error) {
    throw fileError(error, `sync \`${folder}\``);
  }
}

/** Make the content of a file durable. */
export function syncFile(file: string): void {
  const fd = fs.openSync(file, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The same, beside what else is done; what is not there has nothing to sync. */
export async function syncInBackground(file: string): Promise<void> {
  let handle: fs.promises.FileHandle;
  try {
    handle = await fs.promises.open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Write all of `data`; a short write is legal and continued. */
export function writeAll(fd: number, data: Uint8Array, position: number | null = null): void {
  for (let written = 0; written < data.length; ) {
    written += fs.writeSync(fd, data, written, data.length - written, position === null ? null : position + written);
  }
}

/** A name beside `file` that nobody uses, and that says who wrote it (`removeForgottenTemporaries`). */
export function temporaryName(file: string): string {
  const unique = `${writer()}-${Math.random().toString(16).slice(2)}`;
  return path.join(path.dirname(file), `.${path.basename(file)}.${unique}.tmp`);
}

let ownWriter: string | undefined;

function writer(): string {
  if (ownWriter === undefined) {
    const own = ownIdentity();
    ownWriter = `${own.pid}-${whereMark(own)}-${startMark(own.process_started)}`;
  }
  return ownWriter;
}

/**
 * Replace a file whole: readers see the old bytes or the new, never a mixture, also after a power loss.
 * @param options.durable Sync file and folder (default true); without it only atomicity is promised.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`; the old file is then untouched.
 */
export function replaceFile(
  file: string,
  data: string | Uint8Array,
  options: {durable?: boolean; mode?: number} = {},
): void {
  const {durable = true, mode = 0o644} = options;
  const temporary = temporaryName(file);
  try {
    const {fd, made} = openNew(temporary, mode);
    try {
      writeAndClose(fd, typeof data === 'string' ? Buffer.from(data) : data, durable);
      fs.renameSync(temporary, file);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
    if (durable) syncNames(file, made);
  } catch (error) {
    throw fileError(error, `write \`${file}\``);
  }
}

/**
 * Make a file that was not there, whole or not at all.
 * @throws {Error} of the file system; `EEXIST` when there is one.
 */
export function writeNewFile(file: string, text: string): void {
  const fd = fs.openSync(file, 'wx', 0o644);
  try {
    writeAndClose(fd, Buffer.from(text), false);
  } catch (error) {
    removeQuietly(file);
    throw error;
  }
}

/** @returns The file, with the topmost folder that had to be made for it. */
function openNew(file: string, mode: number): {fd: number; made?: string | undefined} {
  try {
    return {fd: fs.openSync(file, 'wx', mode)};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const made = makeFolder(path.dirname(file));
    return {fd: fs.openSync(file, 'wx', mode), made};
  }
}

function writeAndClose(fd: number, data: Uint8Array, durable: boolean): void {
  try {
    writeAll(fd, data);
    if (durable) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** What cannot be cleaned up must not hide why it was to be. */
function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, {force: true});
  } catch {}
}

/** The text of a file, or `undefined` when there is none. Any other failure is thrown. */
export function readIfExists(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(error, `read \`${file}\``);
  }
}

/** Names in a folder, sorted; none when the folder does not exist. */
export function listFolder(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw fileError(error, `read the folder \`${folder}\``);
  }
}

/**
 * All that is in a folder and in the folders below it, which come before what is in them. Links are not followed, which
 * Node's own recursive reading does in some versions.
 * @throws The error of the system.
 */
export function walkFolder(folder: string): fs.Dirent[] {
  return fs
    .readdirSync(folder, {withFileTypes: true})
    .flatMap(entry => [entry, ...(entry.isDirectory() ? walkFolder(path.join(folder, entry.name)) : [])]);
}

/**
 * The number that a folder has in its file system: it stays when the folder is moved there, and no copy has it.
 * @throws when there is no such folder.
 */
export function folderNumber(folder: string): string {
  return String(fs.statSync(folder, {bigint: true}).ino);
}
