import fs from 'node:fs';
import type {Context} from 'hono';
import {streamSSE} from 'hono/streaming';
import {MilestoneError} from '../errors.ts';
import {followLog} from '../events/follow-log.ts';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readLastEvents} from '../events/read-log.ts';
import {systemClock} from '../platform/clock.ts';

/** Events that somebody is told who has seen none yet. */
const FIRST_EVENTS = 200;
const POLL_MS = 250;
/** So that a line that is dead is noticed at both ends. */
const BEAT_MS = 15_000;

/**
 * The events of a log as they are written, whoever writes it: the last ones first or, for whoever names the last one
 * that he has seen (`Last-Event-ID`), those after it.
 */
export function followEvents(context: Context, file: string, signal: AbortSignal): Response {
  return streamSSE(context, async stream => {
    const stop = new AbortController();
    const end = () => stop.abort();
    stream.onAbort(end);
    signal.addEventListener('abort', end, {once: true});
    const beat = async () => {
      for (;;) {
        await systemClock.sleep(BEAT_MS, stop.signal);
        await stream.write(': \n\n');
      }
    };
    beat().catch(end);
    try {
      await stream.write('retry: 1000\n\n');
      const from = startOf(file, context.req.header('last-event-id'));
      for await (const {event} of followLog(file, from, systemClock, stop.signal, {pollMs: POLL_MS}))
        await stream.writeSSE({id: String(event.seq), data: JSON.stringify(event)});
    } catch (error) {
      // A log that cannot be read is told with every other answer; whoever listens asks again.
      if (!(error instanceof MilestoneError)) throw error;
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  });
}

function startOf(file: string, seen: string | undefined): LogPosition {
  if (!fs.existsSync(file)) return LOG_START;
  const isSeen = seen !== undefined && /^\d{1,15}$/.test(seen);
  const [first] = isSeen
    ? readLastEvents(file, 1, event => event.seq === Number(seen))
    : readLastEvents(file, FIRST_EVENTS + 1);
  // A log that does not have it is another one.
  if (!first || (!isSeen && first.event.seq === 1)) return LOG_START;
  return {offset: first.offset, seq: first.event.seq};
}
