// An executor runs all night beside what it starts, and may hold ten thousand tasks. Node grows its heap rather than
// collect garbage, which is right for a server and wrong here.

import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * Optimise later than usual. V8 sets out for a long life and compiles what has run for some milliseconds once more, on
 * other threads: of a thousand short tasks a sixth of the processor's time. What is really hot still gets there.
 * Later versions than that of Node 20 wait longer by themselves, and do not know the flag.
 */
export function optimiseLate(): void {
  if (process.versions.v8.startsWith('11.')) v8.setFlagsFromString('--interrupt-budget=1000000');
}

/** Have the heap grow slowly from now on. To be called before much is on it. */
export function keepHeapSmall(): void {
  for (const flag of ['--max-semi-space-size=2', '--semi-space-growth-factor=1', '--optimize-for-size'])
    v8.setFlagsFromString(flag);
}

/** Collect what reading a large plan left behind, before the heap is sized by it. Takes some 30 ms for 10,000 tasks. */
export function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
}
