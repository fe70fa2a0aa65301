// Loaded by bin/milestone.js before anything else, and by plan-reader.ts after it: one instance for both. So it is a
// file of its own, and small.

import {startChild, type WaitingChild} from '../../platform/processes/run-child.ts';
import {isExecution} from './is-execution.ts';

/** A short life with much garbage: a large nursery spares most of its collection. */
const FLAGS = ['--max-semi-space-size=64'];

let ahead: WaitingChild | undefined;

/** For an execution: start the process that will read its plan, while this one is still loading. */
export function startAhead(words: readonly string[]): void {
  if (isExecution(words)) ahead = start();
}

/** The process that was started ahead, the first time; then new ones. Each is this program again. */
export function takeReader(): WaitingChild {
  const child = ahead ?? start();
  ahead = undefined;
  return child;
}

function start(): WaitingChild {
  const [program, ...words] = process.argv.slice(1);
  return startChild(process.execPath, [...FLAGS, program as string, '__read-plan', ...words.slice(1)]);
}
