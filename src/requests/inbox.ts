// Requests of other processes to the executor of a milestone, one file each.
//
//   sender    <time>-<id>.json ──────────── withdraw (unlink) ──> gone, never acted on
//                    │
//   executor         └── take (rename) ──> <time>-<id>.taken ──> event with its id, synced ──> finish (unlink)
//
// B1. Taking and withdrawing are one system call each on the same name, so exactly one of them happens. A request that
//     was withdrawn is never acted on; one that could not be withdrawn was taken, and its answer is in the log, or
//     coming, or its taker is dead.
// B2. A `.taken` file that a starting executor finds is of a dead one. Whether that one still answered it, only the log
//     knows: look for the `request_id` there before acting. A sender that gets the lock does the same with its own.
// B3. Names in this folder are compared with a pattern, never followed; what does not fit goes to `junk/`.

import fs from 'node:fs';
import path from 'node:path';
import {fileError, listFolder, makeFolder, replaceFile, syncFolder} from '../platform/files.ts';
import {type NotARequest, parseRequest, type Request} from './request.ts';

/** The longest text that may be said, with every character escaped, and the rest. */
const MAX_BYTES = 256 * 1024;
const JUNK_FOLDER = 'junk';
const REQUEST_NAME = /^[0-9]{8}T[0-9]{9}Z-[0-9a-f-]{36}\.json$/;

/** A file that is no request. It was moved to `junk/`; one that cannot be moved is reported every time. */
interface JunkFile extends NotARequest {
  name: string;
}

export interface TakenRequests {
  /** In the order in which they were sent. */
  requests: Request[];
  junk: JunkFile[];
}

/**
 * Leave a request for the executor; on disk when this returns.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`
 */
export function sendRequest(folder: string, request: Request): void {
  replaceFile(pathOf(folder, request, 'json'), `${JSON.stringify(request)}\n`);
}

/**
 * Take a request back, if nobody has taken it yet (B1).
 * @returns False when it was taken: wait on for its answer, or with the lock in hand look for it in the log.
 * @throws {MilestoneError} `READ_ONLY`, `IO_FAILED`
 */
export function withdrawRequest(folder: string, request: Request): boolean {
  const isWithdrawn = remove(pathOf(folder, request, 'json'));
  if (isWithdrawn) syncFolder(folder); // a power loss must not bring it back
  return isWithdrawn;
}

/** Whether a request still lies there, taken or not. One that does not any more has its answer in the log. */
export function isInInbox(folder: string, request: Request): boolean {
  // In this order: it may be taken in between.
  return fs.existsSync(pathOf(folder, request, 'json')) || fs.existsSync(pathOf(folder, request, 'taken'));
}

/**
 * Take everything that has come. Each request must be answered by an event, and then finished.
 * @throws {MilestoneError} `IO_FAILED` when the folder cannot be read; never for what is in it.
 */
export function takeRequests(folder: string): TakenRequests {
  const taken: TakenRequests = {requests: [], junk: []};
  for (const name of listFolder(folder)) {
    if (name === JUNK_FOLDER || name.startsWith('.') || isTakenName(name)) continue;
    if (REQUEST_NAME.test(name)) take(folder, name, taken);
    else setAside(folder, name, {reason: 'its name is not that of a request'}, taken);
  }
  return taken;
}

/**
 * What a dead executor had taken (B2). Only for the holder of the lock, once, before the first `takeRequests`.
 * @throws {MilestoneError} `IO_FAILED` when the folder cannot be read; never for what is in it.
 */
export function leftoverRequests(folder: string): TakenRequests {
  const taken: TakenRequests = {requests: [], junk: []};
  for (const name of listFolder(folder).filter(isTakenName)) read(folder, name, taken);
  return taken;
}

/**
 * Remove a request that is answered: its event is synced. Also how a sender with the lock in hand removes its own,
 * taken or not.
 * @throws {MilestoneError} `READ_ONLY`, `IO_FAILED`
 */
export function finishRequest(folder: string, request: Request): void {
  remove(pathOf(folder, request, 'taken'));
  remove(pathOf(folder, request, 'json'));
}

/** Both parts are checked when a request is read, so this never leaves the folder. */
function pathOf(folder: string, request: Request, ending: 'json' | 'taken'): string {
  return path.join(folder, `${request.requested_at.replace(/[-:.]/g, '')}-${request.request_id}.${ending}`);
}

function takenName(name: string): string {
  return name.replace(/\.json$/, '.taken');
}

function isTakenName(name: string): boolean {
  return REQUEST_NAME.test(name.replace(/\.taken$/, '.json')) && name.endsWith('.taken');
}

function take(folder: string, name: string, taken: TakenRequests): void {
  try {
    if (didSucceed(() => fs.renameSync(path.join(folder, name), path.join(folder, takenName(name)))))
      read(folder, takenName(name), taken);
  } catch (error) {
    setAside(folder, name, {reason: `it cannot be taken: ${(error as Error).message}`}, taken);
  }
}

function read(folder: string, name: string, taken: TakenRequests): void {
  const file = path.join(folder, name);
  const text = readBounded(file);
  if (text === undefined) return;
  const request = typeof text === 'string' ? parseRequest(text) : text;
  if (!('kind' in request)) setAside(folder, name, request, taken);
  else if (pathOf(folder, request, 'taken') === file) taken.requests.push(request);
  else setAside(folder, name, {reason: 'its name does not fit its content'}, taken);
}

/** The text of a regular file of bounded size, never waiting for a pipe; `undefined` when it is gone. */
function readBounded(file: string): string | NotARequest | undefined {
  const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants;
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fs.fstatSync(fd);
    if (!stats.isFile()) return {reason: 'it is not a regular file'};
    if (stats.size > MAX_BYTES) return {reason: `it has ${stats.size} bytes, at most ${MAX_BYTES} are read`};
    const bytes = Buffer.alloc(stats.size);
    return bytes.toString('utf8', 0, fs.readSync(fd, bytes, 0, bytes.length, 0));
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : {reason: `it cannot be read: ${message}`};
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function setAside(folder: string, name: string, problem: NotARequest, taken: TakenRequests): void {
  const junk = path.join(folder, JUNK_FOLDER);
  try {
    makeFolder(junk);
    if (didSucceed(() => fs.renameSync(path.join(folder, name), path.join(junk, name))))
      taken.junk.push({name, ...problem});
  } catch {
    taken.junk.push({name, ...problem});
  }
}

/** False when there was nothing to remove. */
function remove(file: string): boolean {
  try {
    return didSucceed(() => fs.unlinkSync(file));
  } catch (error) {
    throw fileError(error, `remove \`${file}\``);
  }
}

/** False when the file was not there, or another process was faster. */
function didSucceed(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
