// Starts a process that has nothing to do with this terminal, and hears from it until it is well under way.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {fileError, makeFolder} from '../files.ts';
import type {Exit} from './start-group.ts';

/** Number of the pipe that a detached process writes to. */
export const TELL_FD = 3;

export interface DetachedProcess {
  pid: number;
  /** What it wrote to `TELL_FD`, once it closed that or ended. Never rejects. */
  told: Promise<string>;
  exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
  /** Let this process end before that one. */
  release(): void;
}

/**
 * Start node in a session of its own: no terminal, whose end it therefore survives; stdin from /dev/null; what it
 * prints goes into a new file, which only this user can read.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`
 */
export async function startDetachedNode(args: readonly string[], logFile: string): Promise<DetachedProcess> {
  const output = openNew(logFile);
  try {
    const stdio = ['ignore', output, output, 'pipe'] as const;
    const child = spawn(process.execPath, args, {detached: true, stdio: [...stdio]});
    const {pid} = child;
    if (pid === undefined) throw await new Promise<unknown>(resolve => child.once('error', resolve));
    const pipe = child.stdio[TELL_FD] as Readable;
    return {
      pid,
      told: readAll(pipe),
      exited: new Promise(resolve => child.once('exit', (code, signal) => resolve({code, signal}))),
      signal: name => void child.kill(name),
      release: () => {
        pipe.destroy();
        child.unref();
      },
    };
  } catch (error) {
    throw fileError(error, `start \`${process.execPath}\``);
  } finally {
    fs.closeSync(output);
  }
}

function openNew(file: string): number {
  try {
    makeFolder(path.dirname(file), {mode: 0o700});
    return fs.openSync(file, 'wx', 0o600);
  } catch (error) {
    throw fileError(error, `write \`${file}\``);
  }
}

function readAll(pipe: Readable): Promise<string> {
  let text = '';
  pipe.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise(resolve => {
    pipe.on('error', () => resolve(text)).on('close', () => resolve(text));
  });
}

/** Write to the pipe that a starter reads, and close it; a starter that has gone away is no failure. */
export function tellStarter(fd: number, text: string): void {
  try {
    fs.writeSync(fd, text);
    fs.closeSync(fd);
  } catch {}
}
