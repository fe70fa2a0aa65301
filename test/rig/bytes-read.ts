import fs from 'node:fs';

const THREADS = '/proc/self/task';

/**
 * Bytes that the threads of this process have read so far, from whatever it was; only differences mean something. Unlike
 * its memory they do not hang on when garbage is collected, and what its children read is not among them, as it is in
 * the sum for the process. 0 where the system does not count them.
 */
export function bytesRead(): number {
  if (!fs.existsSync(THREADS)) return 0;
  return fs.readdirSync(THREADS).reduce((sum, thread) => sum + readBy(thread), 0);
}

function readBy(thread: string): number {
  try {
    return Number(/^rchar: (\d+)/.exec(fs.readFileSync(`${THREADS}/${thread}/io`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}
