// Commit objects are written here and not by `git commit-tree`: to start a process takes longer than all the rest.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {deflateSync} from 'node:zlib';
import {systemClock} from '../platform/clock.ts';
import {fileError, makeFolder, temporaryName} from '../platform/files.ts';
import type {Repository} from './git.ts';

export interface NewCommit {
  tree: string;
  parents: readonly string[];
  message: string;
}

/**
 * Make a commit object; its content is on disk when this resolves, and nothing points at it yet.
 * @returns Its name.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function commitTree(repo: Repository, {tree, parents, message}: NewCommit): Promise<string> {
  const {author, committer} = await repo.signers();
  const date = gitDate(systemClock.now());
  const lines = [
    `tree ${tree}`,
    ...parents.map(parent => `parent ${parent}`),
    `author ${author} ${date}`,
    `committer ${committer} ${date}`,
    '',
    `${message.replaceAll('\0', '').replace(/\n+$/, '')}\n`,
  ];
  return writeObject(repo, 'commit', Buffer.from(lines.join('\n')));
}

/** Seconds since the epoch and the time zone, as commits have them. */
function gitDate(now: number): string {
  const east = -new Date(now).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(east) / 60), Math.abs(east) % 60];
  const digits = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(now / 1_000)} ${east < 0 ? '-' : '+'}${digits(hours)}${digits(minutes)}`;
}

/**
 * Write a loose object the way git does: a synced temporary file, renamed. The folders' names are for `syncObjects`. Also
 * one that nothing refers to for long: a loss of power may keep its name, and an empty object spoils a repository.
 */
async function writeObject(repo: Repository, type: string, content: Buffer): Promise<string> {
  const data = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const name = createHash(repo.objectFormat).update(data).digest('hex');
  const objects = repo.environment.GIT_OBJECT_DIRECTORY ?? path.join(repo.commonDir, 'objects');
  const folder = path.join(objects, name.slice(0, 2));
  const file = path.join(folder, name.slice(2));
  const packed = deflateSync(data, {level: 1});
  for (let tries = 1; ; tries++) {
    // A name that git's own cleaning knows, should we be killed before the rename.
    const temporary = temporaryName(path.join(objects, 'object')).replace('/.object.', '/tmp_obj_');
    try {
      makeObjectFolder(folder, objects);
      await writeSynced(temporary, packed);
      fs.renameSync(temporary, file);
      return name;
    } catch (error) {
      fs.rmSync(temporary, {force: true});
      // A prune takes empty folders, and files of this name that nobody has finished.
      const isPruned = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isPruned || tries === WRITE_TRIES) throw fileError(error, `write the object \`${file}\``);
    }
  }
}

const WRITE_TRIES = 20;

/** With the mode of the folder above, so that a repository stays shared with those it is shared with. */
function makeObjectFolder(folder: string, above: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(folder);
  fs.chmodSync(folder, fs.statSync(above).mode & 0o7777);
}

async function writeSynced(file: string, data: Buffer): Promise<void> {
  const handle = await fs.promises.open(file, 'wx', 0o444);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
