import fs from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import type tty from 'node:tty';
import {fileError} from './files.ts';

/**
 * Write to standard output without Node's streams, which take longer to load than a short command takes to run.
 * A reader that goes away (`| head -1`) is no failure.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`: the answer is lost.
 */
export function print(text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(fs.writeSync(1, rest));
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    if (code !== 'EAGAIN') throw lostAnswer(error);
    // A pipe that is full and does not block.
    process.stdout.on('error', () => {});
    process.stdout.write(rest);
  }
}

/**
 * Have `onLost` told once when the stream of standard output cannot be written, other than because nobody reads it. That
 * of standard error may fail: a reader that goes away (`2>&1 | head -1`) must not end an execution.
 */
export function watchOutput(onLost: (failure: unknown) => void): void {
  whenMade('stdout', stdout => {
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      // A terminal that was closed.
      const isGone = error.code === 'EPIPE' || (error.code === 'EIO' && stdout.isTTY);
      if (!isGone) onLost(lostAnswer(error));
    });
  });
  whenMade('stderr', stderr => stderr.on('error', () => {}));
}

/** Node makes a standard stream when it is first asked for, and loads what makes it. */
function whenMade(name: 'stdout' | 'stderr', attend: (stream: NodeJS.WriteStream) => void): void {
  const own = Object.getOwnPropertyDescriptor(process, name) as PropertyDescriptor;
  Object.defineProperty(process, name, {
    ...own,
    get() {
      Object.defineProperty(process, name, own);
      attend(process[name]);
      return process[name];
    },
  });
}

function lostAnswer(error: unknown): unknown {
  return fileError(error, 'write to standard output');
}

/** Whether standard output is a terminal. Only a device can be one, and `/dev/null` is none. */
export function isTerminal(): boolean {
  try {
    if (!isDevice(1)) return false;
  } catch {}
  return process.stdout.isTTY;
}

/** Whether an open file is a device, other than `/dev/null`. @throws The error of the system. */
function isDevice(fd: number): boolean {
  const file = fs.fstatSync(fd);
  return file.isCharacterDevice() && file.rdev !== fs.statSync(os.devNull).rdev;
}

const STANDARD = [0, 1, 2] as const;

/**
 * Let go of a terminal that was closed, when this process exits. Node gives the terminal that it was started on its
 * settings back at the very end, and aborts where that fails; a file that is closed it passes over.
 */
export function leaveHungUpTerminal(): void {
  process.on('exit', () => {
    for (const fd of STANDARD) if (isHungUp(fd)) fs.closeSync(fd);
  });
}

/** A device that says to be no terminal: one that hung up does, too. Of the others only `/dev/null` is common. */
function isHungUp(fd: number): boolean {
  try {
    return isDevice(fd) && !(createRequire(import.meta.url)('node:tty') as typeof tty).isatty(fd);
  } catch {
    return false;
  }
}
