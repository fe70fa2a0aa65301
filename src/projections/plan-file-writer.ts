// The plan file as the executor writes it: state fields follow the log, and an edit that a person saves meanwhile is
// never lost.
//
//   new text -> temporary file, synced
//   current file -> hard link aside          whatever stands in the file now stays reachable
//   temporary file -> renamed over it
//   aside = what we knew to be there?        yes: the link goes; no: a person saved, so the link goes back in place
//
// The name of the link carries checksums of what was known and of what is written, so that a crash between these steps
// leaves enough to tell an edit from a text of our own (see `recoverPlanFile`).

import fs from 'node:fs';
import path from 'node:path';
import {crc32} from 'node:zlib';
import {type FileStamp, planStamp} from '../plan/file/stamp.ts';
import {fileError, makeFolder, syncFolder, syncNames, temporaryName} from '../platform/files.ts';
import {SerialQueue} from '../platform/serial-queue.ts';

export type WriteResult =
  | {edited: false; stamp: FileStamp}
  /** A person's version is in place, or the file is gone: read it again, then `adopt` what it says. */
  | {edited: true};

/** Writes one plan file. Only the holder of the milestone's lock may have one. */
export class PlanFileWriter {
  private known: Buffer;
  /** How often the file was read again. */
  private adopted = 0;
  private readonly writes = new SerialQueue();

  /** @param text What the file was last read to say. */
  constructor(
    private readonly file: string,
    text: string,
  ) {
    this.known = Buffer.from(text);
  }

  /** The file was read again, and says this now. */
  adopt(text: string): void {
    this.known = Buffer.from(text);
    this.adopted++;
  }

  /**
   * Put a new text in place of the one that is known, durably; writes follow one another.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`; the file is then untouched.
   */
  write(text: string): Promise<WriteResult> {
    const {adopted} = this;
    return this.writes.run(() => this.replace(Buffer.from(text), adopted));
  }

  /** Nothing is to be written; all the same, the stamp must not be that of an edit. */
  private compare(target: string): WriteResult {
    const stamp = planStamp(target);
    return stamp && fs.readFileSync(target).equals(this.known) ? {edited: false, stamp} : {edited: true};
  }

  private async replace(next: Buffer, adopted: number): Promise<WriteResult> {
    let temporary: string | undefined;
    // The text was made of what the file said before it was read again: in its place, what was read would be lost.
    const isOutdated = () => adopted !== this.adopted;
    try {
      if (isOutdated()) return {edited: true};
      const target = fs.realpathSync(this.file);
      if (next.equals(this.known)) return this.compare(target);
      temporary = temporaryName(target);
      await writeTemporary(temporary, next, fs.statSync(target));
      if (isOutdated()) {
        fs.rmSync(temporary);
        return {edited: true};
      }
      // Taken before anybody else can reach the new file, so that it never is the stamp of an edit.
      const stamp = planStamp(temporary) as FileStamp;
      const edited = exchange(target, temporary, this.known, next, stamp.ino);
      syncFolder(path.dirname(target));
      if (edited) return {edited: true};
      this.known = next;
      return {edited: false, stamp};
    } catch (error) {
      if (temporary !== undefined) fs.rmSync(temporary, {force: true});
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {edited: true};
      throw fileError(error, `write \`${this.file}\``);
    }
  }
}

/**
 * Finish what a killed writer left beside a plan file: an edit that it had set aside comes back, the rest goes.
 * To be called, under the lock, before the file is read.
 */
export function recoverPlanFile(file: string): void {
  if (!fs.existsSync(file)) return;
  const target = fs.realpathSync(file);
  const folder = path.dirname(target);
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(`.${path.basename(target)}.`)) continue;
    const left = path.join(folder, name);
    const sums = /\.([0-9a-f]{8})-([0-9a-f]{8})\.aside$/.exec(name);
    if (name.endsWith('.tmp')) fs.rmSync(left, {force: true});
    if (sums) resolveAside(left, target, sums[1] as string, sums[2] as string);
  }
}

/**
 * Move a finished plan from `active/` to `completed/`, durably. Doing it again, also after a crash in the middle,
 * changes nothing; an older plan in its place is kept beside it as `<name>.bak`.
 * @returns False when it was there already.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`
 */
export function movePlanFile(active: string, completed: string): boolean {
  try {
    const from = fs.lstatSync(active, {throwIfNoEntry: false});
    if (!from) return false;
    makeFolder(path.dirname(completed));
    const there = fs.lstatSync(completed, {throwIfNoEntry: false});
    const isSameFile = there?.ino === from.ino && there.dev === from.dev;
    if (there && !isSameFile) fs.renameSync(completed, freeName(`${completed}.bak`));
    if (from.isSymbolicLink()) moveLink(active, completed);
    else if (!isSameFile) linkOrRename(active, completed);
    // Made by this process or by one that was killed: the folder's own name has to be there, too, before the old one goes.
    syncNames(completed, path.dirname(completed));
    // A version that was saved since is not the one that has moved; the next call takes it along.
    if (fs.lstatSync(active).ino === from.ino) fs.rmSync(active);
    syncFolder(path.dirname(active));
    return true;
  } catch (error) {
    throw fileError(error, `move \`${active}\` to \`${completed}\``);
  }
}

async function writeTemporary(temporary: string, data: Buffer, like: fs.Stats): Promise<void> {
  const handle = await fs.promises.open(temporary, 'wx', like.mode & 0o777);
  try {
    await handle.writeFile(data);
    await handle.chmod(like.mode & 0o7777);
    // As root, the file stays its owner's; anyone else owns what he writes.
    if (process.getuid?.() === 0) await handle.chown(like.uid, like.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns Whether a person's version was found, and is in place again. */
function exchange(target: string, temporary: string, known: Buffer, next: Buffer, written: number): boolean {
  const aside = setAside(target, known, next);
  // Nothing may come between: a file that is renamed into place right here is the one edit that nobody can notice.
  fs.renameSync(temporary, target);
  if (fs.readFileSync(aside).equals(known)) {
    fs.rmSync(aside);
    return false;
  }
  putBack(aside, target, () => fs.statSync(target).ino === written);
  return true;
}

/** A second name for what the file is now; on file systems without hard links, a copy. */
function setAside(target: string, known: Buffer, next: Buffer): string {
  const aside = path.join(path.dirname(target), `.${path.basename(target)}.${sum(known)}-${sum(next)}.aside`);
  fs.rmSync(aside, {force: true});
  try {
    fs.linkSync(target, aside);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    fs.copyFileSync(target, aside);
  }
  return aside;
}

/** The edit comes back, unless a person has saved once more since: then that is the latest, and this one is kept. */
function putBack(aside: string, target: string, isOurs: () => boolean): void {
  if (isOurs()) fs.renameSync(aside, target);
  else fs.renameSync(aside, freeName(`${target}.bak`));
}

function resolveAside(aside: string, target: string, knownSum: string, nextSum: string): void {
  const text = fs.readFileSync(aside);
  if (sum(text) === knownSum || text.equals(fs.readFileSync(target))) fs.rmSync(aside);
  else putBack(aside, target, () => sum(fs.readFileSync(target)) === nextSum);
}

function sum(data: Buffer): string {
  return crc32(data).toString(16).padStart(8, '0');
}

/** Unlike a rename, a link never takes the place of a file that came into being meanwhile. */
function linkOrRename(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    fs.renameSync(from, to);
  }
}

/** A symbolic link moves as one; what it names stays where it is. */
function moveLink(from: string, to: string): void {
  const target = path.resolve(path.dirname(from), fs.readlinkSync(from));
  fs.rmSync(to, {force: true});
  fs.symlinkSync(path.relative(path.dirname(to), target), to);
}

function freeName(name: string): string {
  let free = name;
  for (let number = 1; fs.lstatSync(free, {throwIfNoEntry: false}); number++) free = `${name}.${number}`;
  return free;
}
