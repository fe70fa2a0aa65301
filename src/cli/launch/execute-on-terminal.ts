// `milestone execute` where a person sits there: the executor runs in a process of its own, and this one shows what it
// does. So the dashboard can be left without ending it, and costs it nothing.

import fs from 'node:fs';
import {homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {processSignals, SIGNAL_EXITS, type SignalName} from '../../platform/processes/signals.ts';
import {describeExit, type Exit} from '../../platform/processes/start-group.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import type {DashboardEnd} from '../follow/dashboard.ts';
import {LiveMilestone} from '../follow/live-milestone.ts';
import {showOnTerminal} from '../follow/on-terminal.ts';
import {shownPath} from '../shown-path.ts';
import {type DetachedExecutor, startDetached} from './detach.ts';

/** Of what the executor printed; the rest has been on the dashboard. */
const LINES_KEPT = 20;
const DIED = 9;

/**
 * Execute a milestone and show it on this terminal.
 * @param words The command line, `execute` or `resume` first.
 * @returns The executor's own exit code; 0 when it was left to itself.
 */
export async function executeOnTerminal(home: string, id: MilestoneId, words: readonly string[]): Promise<number> {
  const executor = await startDetached(home, id, words);
  // Also SIGHUP: an executor whose terminal is closed ends, one that was left does not.
  const stopListening = processSignals.listen(name => executor.signal(name));
  try {
    const report = await executor.started;
    if (report.kind === 'ended') return await close(executor, id, Number.POSITIVE_INFINITY, report.exit);
    const end = await show(executor, home, id);
    return end === 'left' ? leave(executor, id) : await close(executor, id, LINES_KEPT);
  } finally {
    stopListening();
  }
}

async function show(executor: DetachedExecutor, home: string, id: MilestoneId): Promise<DashboardEnd> {
  try {
    return await showOnTerminal(await LiveMilestone.load(homePaths(home), id), executor.exited, executor);
  } catch (error) {
    leave(executor, id);
    throw error;
  }
}

function leave(executor: DetachedExecutor, id: MilestoneId): number {
  executor.release();
  for (const line of [
    `milestone \`${id}\` goes on in the background (process ${executor.pid})`,
    `\`milestone status ${id} --watch\` comes back to it, \`milestone pause ${id}\` ends it`,
  ])
    console.log(printable(line));
  return 0;
}

/** Print how it ended, in the executor's own words. */
async function close(
  {exited, logFile, asTyped}: DetachedExecutor,
  id: MilestoneId,
  lines: number,
  known?: number,
): Promise<number> {
  const exit = await exited;
  const printed = asTyped(fs.readFileSync(logFile, 'utf8')).trimEnd().split('\n');
  const isCut = printed.length > lines;
  if (isCut) console.log(printable(`… ${counted(printed.length - lines, 'line')} more in ${shownPath(logFile)}`));
  const kept = printed.slice(-lines).join('\n');
  if (kept !== '') console.log(printable(kept, {lines: true}));
  if (!isCut) fs.rmSync(logFile, {force: true});
  return known ?? exitCode(exit, id);
}

function exitCode(exit: Exit, id: MilestoneId): number {
  if (exit.code !== null) return exit.code;
  console.error(`error: the executor ${describeExit(exit)}`);
  console.error(printable(`hint: \`milestone resume ${id}\` goes on from where it was`));
  return SIGNAL_EXITS[exit.signal as SignalName] ?? DIED;
}
