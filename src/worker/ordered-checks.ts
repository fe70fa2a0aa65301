// Checks of the merge queue at a worker: they run beside each other in one slot, as they would at the coordinator.

import fs from 'node:fs';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {Check} from '../drivers/run-checks.ts';
import {readBytes, sizeOf} from '../platform/attempt-log.ts';
import {newToken} from '../platform/processes/tokens.ts';
import type {ChecksOrder, Handover, OrderedChecks, PrintedCheck} from '../workers/port.ts';
import {noteLeft} from '../workspace/slots/left-as.ts';
import type {BenchParts, Workbench} from './workbench.ts';

/** Bytes of the beginning, and of the end, of what is handed in of a check's output. */
const SHOWN_BYTES = 64 * 1024;
/** Whom the setup is run for. */
const NOBODY = {task: '', attempt: 0};

/** Run what an order of checks names. */
export async function runOrderedChecks(
  order: ChecksOrder,
  bench: Workbench,
  {stop, logFile}: BenchParts,
): Promise<Omit<Handover, 'worker'>> {
  try {
    const failed = await bench.setUp(NOBODY);
    const setup = printedIn(logFile);
    const printed = setup === '' ? {} : {setup};
    if (stop.aborted) return {result: {kind: 'ended', outcome: stoppedOutcome(stop)}};
    if (failed) return {result: {kind: 'ended', outcome: failed}, ...printed};
    const run = (group: OrderedChecks, number: number) =>
      Promise.all(
        group.checks.map((check, place) => runOne(check, group, {bench, logFile: `${logFile}.${number}.${place}`})),
      );
    const ran = await Promise.allSettled(order.groups.map(run));
    if (stop.aborted) return {result: {kind: 'ended', outcome: stoppedOutcome(stop)}};
    const groups = ran.map(one => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    return {result: {kind: 'checked', groups}, ...printed};
  } finally {
    await noteLeft(bench.slot);
  }
}

interface One {
  bench: Workbench;
  /** Of this check alone. */
  logFile: string;
}

async function runOne(check: Check, {task, attempt}: OrderedChecks, {bench, logFile}: One): Promise<PrintedCheck> {
  try {
    // Checks of two tasks may have one name: each has a token of its own.
    const [result] = await bench.runChecks([check], {task, attempt}, {logFile, token: newToken()});
    if (!result) throw new Error('was stopped');
    return {result, printed: printedIn(logFile)};
  } finally {
    fs.rmSync(logFile, {force: true});
  }
}

/** What a log holds; the middle of a long one is left out. The engine's tables take no NUL. */
function printedIn(logFile: string): string {
  const size = sizeOf(logFile);
  const left = size - 2 * SHOWN_BYTES;
  const read = (from: number, bytes: number) => readBytes(logFile, from, bytes).toString().replaceAll('\0', '\ufffd');
  if (left <= 0) return size === 0 ? '' : read(0, size);
  const cut = `\nmilestone: ${left} bytes of output are left out here\n`;
  return `${read(0, SHOWN_BYTES)}${cut}${read(size - SHOWN_BYTES, SHOWN_BYTES)}`;
}
