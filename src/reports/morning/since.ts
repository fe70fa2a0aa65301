// What happened since somebody last looked. Pure.

import type {MilestoneEvent} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';

export interface Since {
  /** When that was; null: nobody has looked yet, and it is of all that is on record. */
  at: Timestamp | null;
  done: number;
  failed: number;
  retries: number;
  quota_pauses: number;
  /** Times that it was gone on with after an end. */
  restarts: number;
}

/** @param at When somebody last looked; null where nobody has. */
export function whatHappened(events: Iterable<MilestoneEvent>, at: Timestamp | null): Since {
  const since = {at, done: 0, failed: 0, retries: 0, quota_pauses: 0, restarts: 0};
  for (const {event, details} of events) {
    if (event === 'task_completed') since.done++;
    else if (event === 'task_failed') since.failed++;
    else if (event === 'task_retry_scheduled') since.retries++;
    else if (event === 'driver_paused' && details.reason === 'quota') since.quota_pauses++;
    else if (event === 'session_resumed') since.restarts++;
  }
  return since;
}

/** In one line; undefined when nothing happened that is worth one. */
export function sinceText({at, done, failed, retries, quota_pauses, restarts}: Since): string | undefined {
  const parts = [
    said(done, 'done', 'done'),
    said(failed, 'failed', 'failed'),
    said(retries, 'retry', 'retries'),
    said(quota_pauses, 'pause for a quota', 'pauses for a quota'),
    said(restarts, 'restart', 'restarts'),
  ].filter(text => text !== '');
  if (parts.length === 0) return at === null ? undefined : 'since you last looked: nothing';
  return `${at === null ? 'so far' : 'since you last looked'}: ${parts.join(', ')}`;
}

function said(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}
