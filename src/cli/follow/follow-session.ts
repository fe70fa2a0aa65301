import fs from 'node:fs';
import type {MilestoneEvent} from '../../events/event.ts';
import {followLog} from '../../events/follow-log.ts';
import {LOG_START, type LogPosition} from '../../events/log-position.ts';
import {type LogEntry, readLastEvents, readLog} from '../../events/read-log.ts';
import {isExecuted, readExecutor, untilGone} from '../../lock/executor.ts';
import {isAtWork} from '../../lock/lock-holder.ts';
import {systemClock} from '../../platform/clock.ts';
import {processSignals, SIGNAL_EXITS} from '../../platform/processes/signals.ts';
import {type LogView, printRecorded} from './log-view.ts';

/** How a session ended, and so how following it ends. */
interface End {
  exit: number;
  reason: string;
}

const POLL_MS = 100;
const LIFE_POLL_MS = 1_000;
const UNREAD: End = {exit: 0, reason: 'nobody reads any more'};
const DIED: End = {exit: 9, reason: 'the executor is gone without having ended its session'};

/**
 * Print a log and go on as it grows, until the session ends, its executor dies, or a signal comes.
 * @returns The exit code of the session.
 */
export async function followSession(view: LogView): Promise<number> {
  const stop = new AbortController();
  const stopListening = processSignals.listen(name =>
    stop.abort({exit: SIGNAL_EXITS[name], reason: `stopped by ${name}`} satisfies End),
  );
  try {
    const end = await follow(view, stop);
    return view.output.isClosed ? 0 : await close(view, end);
  } finally {
    stopListening();
    stop.abort();
  }
}

async function follow(view: LogView, stop: AbortController): Promise<End> {
  const {position} = fs.existsSync(view.file) ? await printRecorded(view) : {position: LOG_START};
  const ended = endedAlready(view, position);
  if (ended) return ended;
  // A session that has not ended, with an executor that was there a moment ago.
  const wasAlive = position.seq > 0 && readLastEvents(view.file, 1, isSessionEdge).length > 0;
  void watchLife(view, stop, wasAlive);
  const followed = followLog(view.file, position, systemClock, stop.signal, {pollMs: POLL_MS});
  const {end, shownTo} = await showUntilEnd(view, followed, position);
  if (end) return end;
  const {reason} = stop.signal;
  if (reason !== DIED || !fs.existsSync(view.file)) return reason;
  // A reader that is slow has not been shown yet what was written before the executor went.
  return (await showUntilEnd(view, readLog(view.file, {from: shownTo}), shownTo)).end ?? DIED;
}

/** Show events one by one, until there are no more, a session ends with one of them, or nobody reads any more. */
async function showUntilEnd(
  {isWanted, print, output}: LogView,
  entries: AsyncIterable<LogEntry> | Iterable<LogEntry>,
  from: LogPosition,
): Promise<{end?: End; shownTo: LogPosition}> {
  let shownTo = from;
  for await (const {event, offset} of entries) {
    shownTo = {offset, seq: event.seq};
    if (isWanted(event) && !((await print(event)) && (await output.flush()))) return {end: UNREAD, shownTo};
    if (event.event === 'session_ended') return {end: event.details, shownTo};
  }
  return {shownTo};
}

/** Whether there is nothing to wait for: the last session is over and shown, and nobody has begun another. */
function endedAlready({home, id, file}: LogView, position: LogPosition): End | undefined {
  if (position.seq === 0) return undefined;
  const [last] = readLastEvents(file, 1, isSessionEdge).map(({event}) => event);
  if (last && last.seq > position.seq) return undefined;
  const {who, owner} = readExecutor(home, id);
  const isBusy = isAtWork(who);
  if (last?.event === 'session_ended')
    return isBusy && owner?.session_id !== last.session_id ? undefined : last.details;
  return isBusy || last === undefined ? undefined : DIED;
}

function isSessionEdge({event}: MilestoneEvent): boolean {
  return event === 'session_started' || event === 'session_ended';
}

/** An executor that has not come yet is waited for. */
async function watchLife({home, id}: LogView, stop: AbortController, wasThere: boolean): Promise<void> {
  let hasCome = wasThere;
  const isAwaitedOrThere = () => {
    const isThere = isExecuted(home, id);
    hasCome ||= isThere;
    return isThere || !hasCome;
  };
  const {signal} = stop;
  if (await untilGone(isAwaitedOrThere, {clock: systemClock, everyMs: LIFE_POLL_MS, signal})) stop.abort(DIED);
}

async function close({json, output}: LogView, {exit, reason}: End): Promise<number> {
  if (json) {
    const error = exit === 0 ? {} : {error: {code: 'STOPPED', message: reason}};
    await output.line(JSON.stringify({ok: exit === 0, exit, ...error}));
    await output.flush();
  } else if (exit !== 0) console.error(reason);
  return exit;
}
