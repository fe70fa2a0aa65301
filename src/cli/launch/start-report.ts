// What an executor tells the process that started it in the background: once, as soon as it is known.

import type {MilestoneEvent} from '../../events/event.ts';
import type {Timestamp} from '../../events/timestamp.ts';
import {tellStarter} from '../../platform/processes/detached.ts';
import type {FailureReport} from '../failure.ts';

/** How an execution ended, as the last line of its stream of events says it. */
export interface Closing {
  ok: boolean;
  exit: number;
  /** For every exit but 0. */
  error?: FailureReport;
  /** When a quota that stopped it is back, if that is known. */
  resets_at?: Timestamp;
}

/** `started`: its `session_started` is on disk. `died`: it had no time to say anything, so whoever started it says this. */
export type StartReport = {kind: 'started'; session_id: string} | ({kind: 'ended'; died?: true} & Closing);

export class StartTeller {
  /** @param fd Undefined when nobody listens. */
  constructor(private fd: number | undefined) {}

  /** To be called with events that are on disk. */
  events(events: readonly MilestoneEvent[]): void {
    if (this.fd === undefined) return;
    const started = events.find(({event}) => event === 'session_started');
    if (started) this.tell({kind: 'started', session_id: started.session_id});
  }

  ended(closing: Closing): void {
    this.tell({kind: 'ended', ...closing});
  }

  private tell(report: StartReport): void {
    if (this.fd === undefined) return;
    tellStarter(this.fd, JSON.stringify(report));
    this.fd = undefined;
  }
}
