import {readExecutor, untilGone} from '../../lock/executor.ts';
import {isAtWork} from '../../lock/lock-holder.ts';
import {homePaths} from '../../plan/file/home.ts';
import {systemClock} from '../../platform/clock.ts';
import type {Need} from '../../reports/status-shape.ts';
import {goOnCommand, nextLine, whatNext} from '../../reports/what-next.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {LiveMilestone} from '../follow/live-milestone.ts';
import {idleEnd, type WaitEnd} from '../follow/wait-end.ts';
import {WaitWatch} from '../follow/wait-watch.ts';
import {targetMilestone} from '../target.ts';

export interface WaitFlags {
  until: 'attention' | 'change' | 'done';
  /** Milliseconds; absent: as long as it takes. */
  timeout?: number;
  milestone?: string;
  json?: boolean;
}

const LAST_STEPS_MS = 10_000;
const POLL_MS = 50;

/** `milestone wait`: until a milestone that is being executed needs a person, or ends. @returns The exit code. */
export async function wait(word: string | undefined, flags: WaitFlags): Promise<number> {
  const paths = homePaths(requireHome());
  const live = await LiveMilestone.load(paths, targetMilestone(paths, word, flags.milestone));
  const end = await findEnd(live, flags);
  if (end.because === 'ended') await hasLeft(live, end.session);
  const isIdle = end.because === 'ended' || end.because === 'resting';
  if (isIdle) end.needs = needsWhenIdle(live);
  if (flags.json) console.log(JSON.stringify(report(live, end)));
  else for (const line of [...textOf(end), ...(isIdle ? nextLines(live) : [])]) console.log(printable(line));
  return end.exit;
}

async function findEnd(live: LiveMilestone, {until, timeout}: WaitFlags): Promise<WaitEnd> {
  live.poll();
  if (live.isBusy) return new WaitWatch(live, until, timeout).end();
  live.catchUp(() => undefined); // it may have ended since the log was read
  return idleEnd(live.state);
}

function needsWhenIdle(live: LiveMilestone): Need[] {
  live.poll();
  return live.report().needs_you;
}

/** What an executor does last, it does after its last event; whoever starts the next one at once would be refused. */
async function hasLeft({paths, id}: LiveMilestone, session: string | undefined): Promise<void> {
  const isThere = () => {
    const {who, owner} = readExecutor(paths.home, id);
    return isAtWork(who) && owner?.session_id === session;
  };
  await untilGone(isThere, {clock: systemClock, everyMs: POLL_MS, signal: AbortSignal.timeout(LAST_STEPS_MS)});
}

/** What is typed after that, or when nothing is left to decide. */
function nextLines(live: LiveMilestone): string[] {
  const report = live.report();
  const goOn = goOnCommand(report);
  if (goOn !== undefined) return [`then \`${goOn}\``];
  return report.needs_you.length === 0 ? [nextLine(whatNext(live.state))] : [];
}

const ERROR_CODES: Record<WaitEnd['because'], string> = {
  ended: 'STOPPED',
  resting: 'STOPPED',
  attention: 'NEEDS_YOU',
  change: 'CHANGED',
  timeout: 'STILL_RUNNING',
};

function report({id: milestone_id, state: {status}}: LiveMilestone, {exit, because, reason, needs}: WaitEnd): object {
  const isOk = exit === 0;
  const error = isOk ? {} : {error: {code: ERROR_CODES[because], message: reason}};
  return {ok: isOk, milestone_id, exit, because, reason, status, needs_you: needs ?? [], ...error};
}

function textOf({reason, because, needs = []}: WaitEnd): string[] {
  if (because === 'attention') return needs.flatMap(needLines);
  const [first, ...rest] = needs.map(needLines);
  // What is in the reason already is not said again.
  const isSaid = needs[0] !== undefined && reason.endsWith(needs[0].text);
  return [reason, ...(isSaid ? first!.slice(1) : (first ?? [])), ...rest.flat()];
}

function needLines({text, command}: Need): string[] {
  return [text, `  ${command}`];
}
