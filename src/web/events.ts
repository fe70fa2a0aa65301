// What happens, told as it happens (server-sent events). A browser that has lost the line names the last thing that it
// was told, and is told what came after.

import fs from 'node:fs';
import type {Context} from 'hono';
import {type SSEStreamingApi, streamSSE} from 'hono/streaming';
import {MilestoneError} from '../errors.ts';
import {followLog} from '../events/follow-log.ts';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readLastEvents} from '../events/read-log.ts';
import {systemClock} from '../platform/clock.ts';

/** Events that somebody is told who has seen none yet. */
const FIRST_EVENTS = 200;
const POLL_MS = 250;
const HOME_POLL_MS = 500;
/** So that a line that is dead is noticed at both ends. */
const BEAT_MS = 10_000;

/**
 * The events of a log as they are written, whoever writes it: the last ones first or, for whoever names the last one
 * that he has seen (`Last-Event-ID`, or `?after=`), those after it.
 */
export function followEvents(context: Context, file: string, signal: AbortSignal): Response {
  return tell(context, signal, async (stream, stop) => {
    const from = startOf(file, context.req.header('last-event-id') ?? context.req.query('after'));
    for await (const {event} of followLog(file, from, systemClock, stop, {pollMs: POLL_MS}))
      await stream.writeSSE({id: String(event.seq), data: JSON.stringify(event)});
  });
}

/** That something about the milestones of a home has changed; at the beginning as well, for nobody knows since when. */
export function followHome(context: Context, stamp: () => string, signal: AbortSignal): Response {
  return tell(context, signal, async (stream, stop) => {
    for (let last: string | undefined; ; await systemClock.sleep(HOME_POLL_MS, stop)) {
      const now = stamp();
      if (now !== last) await stream.writeSSE({data: '{}'});
      last = now;
    }
  });
}

function tell(
  context: Context,
  signal: AbortSignal,
  each: (stream: SSEStreamingApi, stop: AbortSignal) => Promise<void>,
): Response {
  return streamSSE(context, async stream => {
    const stop = new AbortController();
    const end = () => stop.abort();
    stream.onAbort(end);
    signal.addEventListener('abort', end, {once: true});
    beat(stream, stop.signal).catch(end);
    try {
      await stream.write('retry: 1000\n\n');
      await each(stream, stop.signal);
    } catch (error) {
      // A log that cannot be read is told with every other answer; whoever listens asks again.
      if (!stop.signal.aborted && !(error instanceof MilestoneError)) throw error;
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  });
}

async function beat(stream: SSEStreamingApi, stop: AbortSignal): Promise<void> {
  for (;;) {
    await stream.writeSSE({event: 'beat', data: '{}'});
    await systemClock.sleep(BEAT_MS, stop);
  }
}

function startOf(file: string, seen: string | undefined): LogPosition {
  if (!fs.existsSync(file)) return LOG_START;
  const isSeen = seen !== undefined && /^\d{1,15}$/.test(seen);
  if (isSeen && Number(seen) === 0) return LOG_START;
  const [first] = isSeen
    ? readLastEvents(file, 1, event => event.seq === Number(seen))
    : readLastEvents(file, FIRST_EVENTS + 1);
  // A log that does not have it is another one.
  if (!first || (!isSeen && first.event.seq === 1)) return LOG_START;
  return {offset: first.offset, seq: first.event.seq};
}
