import fs from 'node:fs';
import os from 'node:os';

/**
 * Write to standard output without Node's streams, which take longer to load than a short command takes to run.
 * A reader that goes away (`| head -1`) is no failure.
 */
export function print(text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(fs.writeSync(1, rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
    // Such as a pipe that is full and does not block.
    process.stdout.on('error', () => {});
    process.stdout.write(rest);
  }
}

/** Whether standard output is a terminal. Only a device can be one, and `/dev/null` is none. */
export function isTerminal(): boolean {
  try {
    const output = fs.fstatSync(1);
    if (!output.isCharacterDevice() || output.rdev === fs.statSync(os.devNull).rdev) return false;
  } catch {}
  return process.stdout.isTTY;
}
