// `milestone status --watch`: what anybody else does, as it happens.

import {MilestoneError} from '../../errors.ts';
import type {MilestoneEvent} from '../../events/event.ts';
import {isExecuted, untilGone} from '../../lock/executor.ts';
import {homePaths} from '../../plan/file/home.ts';
import {systemClock} from '../../platform/clock.ts';
import {processSignals, SIGNAL_EXITS} from '../../platform/processes/signals.ts';
import {printable} from '../../terminal/printable.ts';
import {countParts} from '../../terminal/status-text.ts';
import {requireHome} from '../choose-milestone.ts';
import type {StatusFlags} from '../commands/status.ts';
import {standardStreams, wantsDashboard} from '../launch/wants-dashboard.ts';
import {targetMilestone} from '../target.ts';
import {eventPrinter} from './event-printer.ts';
import {LiveMilestone} from './live-milestone.ts';
import {showOnTerminal} from './on-terminal.ts';

const LIFE_POLL_MS = 1_000;

/**
 * Show a milestone and go on as it changes: on a terminal until it is left, else until nobody works on it any more.
 * @returns The exit code.
 */
export async function watch(id: string | undefined, flags: StatusFlags): Promise<number> {
  const paths = homePaths(requireHome());
  const milestone = targetMilestone(paths, id, flags.milestone);
  if (flags.json || (flags.format ?? 'text') !== 'text')
    throw new MilestoneError('USAGE', '`--watch` shows a milestone to a person', {
      hint: `milestone log ${milestone} --follow --json`,
    });
  const live = await LiveMilestone.load(paths, milestone);
  if (!wantsDashboard(process.argv.slice(2), standardStreams(), process.env)) return printAsItHappens(live);
  return watchOnTerminal(live);
}

async function watchOnTerminal(live: LiveMilestone): Promise<number> {
  const stop = new AbortController();
  const stopListening = processSignals.listen(name => stop.abort(SIGNAL_EXITS[name]));
  const stopped = new Promise(resolve => stop.signal.addEventListener('abort', resolve, {once: true}));
  try {
    const end = await showOnTerminal(live, stopped);
    if (end === 'ended') return stop.signal.reason;
    return end === 'interrupted' ? SIGNAL_EXITS.SIGINT : 0;
  } finally {
    stopListening();
  }
}

/** One plain line for each event that matters, after one that says how things stand. */
async function printAsItHappens(live: LiveMilestone): Promise<number> {
  const parts = [...countParts(live.report()), ...(live.isBusy ? [] : ['nobody works on it'])];
  console.log(printable(`${live.id}: ${parts.join(' · ')}`));
  if (!live.isBusy) return 0;
  const over = new AbortController();
  const stopListening = processSignals.listen(name => over.abort(SIGNAL_EXITS[name]));
  const printer = eventPrinter(false);
  const print = (event: MilestoneEvent) => printer.events([event], live.state);
  void endWhenIdle(live, over);
  try {
    await live.follow(over.signal, print);
    if (over.signal.reason === 0) live.catchUp(print);
    return over.signal.reason;
  } finally {
    stopListening();
    over.abort(0);
  }
}

async function endWhenIdle({paths, id}: LiveMilestone, over: AbortController): Promise<void> {
  const {signal} = over;
  if (await untilGone(() => isExecuted(paths.home, id), {clock: systemClock, everyMs: LIFE_POLL_MS, signal}))
    over.abort(0);
}
