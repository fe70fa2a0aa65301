import fs from 'node:fs';
import tty from 'node:tty';
import {isDevice} from '../print.ts';

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
    return isDevice(fd) && !tty.isatty(fd);
  } catch {
    return false;
  }
}
