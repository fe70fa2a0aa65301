import {stripVTControlCharacters} from 'node:util';
import type {MilestoneEvent} from '../../events/event.ts';
import {isExecuted, readExecutor, untilGone} from '../../lock/executor.ts';
import {systemClock} from '../../platform/clock.ts';
import {atEndOfTurn} from '../../platform/turn.ts';
import {eventLine} from '../../terminal/events/event-line.ts';
import {printable} from '../../terminal/printable.ts';
import type {LiveMilestone} from './live-milestone.ts';
import {idleEnd, type WaitEnd} from './wait-end.ts';

const LIFE_POLL_MS = 1_000;
const NEEDS_A_PERSON = 6;
const STILL_RUNNING = 10;

/** Follows a milestone that is being executed until there is something to wait no longer for. */
export class WaitWatch {
  private readonly stop = new AbortController();
  private isToCheck = false;

  constructor(
    private readonly live: LiveMilestone,
    private readonly until: 'attention' | 'change' | 'done',
    /** Undefined: as long as it takes. */
    private readonly timeoutMs: number | undefined,
  ) {}

  /** @throws {MilestoneError} as `followLog`. */
  async end(): Promise<WaitEnd> {
    const known = this.endedAlready() ?? this.attention();
    if (known) return known;
    console.error(printable(`waiting for milestone \`${this.live.id}\``)); // nothing that happens from here on is missed
    void this.watchLife();
    void this.watchTime();
    const {signal} = this.stop;
    try {
      await this.live.follow(signal, event => this.see(event));
      return signal.reason as WaitEnd;
    } finally {
      this.finish();
    }
  }

  /** The first reason counts. */
  private finish(end?: WaitEnd): void {
    this.stop.abort(end);
  }

  /** The executor has said its last word, and has only to leave. */
  private endedAlready(): WaitEnd | undefined {
    const {session} = this.live.state;
    const {owner} = readExecutor(this.live.paths.home, this.live.id);
    const isSame = owner?.session_id === session?.id;
    return session?.ended && isSame ? {because: 'ended', session: session.id, ...session.ended} : undefined;
  }

  private see(event: MilestoneEvent): void {
    if (event.event === 'session_ended')
      this.finish({
        because: 'ended',
        session: event.session_id,
        exit: event.details.exit,
        reason: event.details.reason,
      });
    else if (this.until === 'attention') this.checkSoon();
    else if (this.until === 'change') {
      const [line] = eventLine(event, this.live.state);
      if (line !== undefined) this.finish({exit: 0, because: 'change', reason: stripVTControlCharacters(line)});
    }
  }

  /** What waits for a person, though the executor may go on with something else. */
  private attention(): WaitEnd | undefined {
    if (this.until !== 'attention') return undefined;
    const needs = this.live.report().needs_you.filter(({kind}) => kind !== 'lock');
    const [first] = needs;
    return first && {exit: NEEDS_A_PERSON, because: 'attention', reason: first.text, needs};
  }

  /** Once for all events that came together: the work grows with the number of tasks. */
  private checkSoon(): void {
    if (this.isToCheck) return;
    this.isToCheck = true;
    atEndOfTurn(() => {
      this.isToCheck = false;
      const end = this.stop.signal.aborted ? undefined : this.attention();
      if (end) this.finish(end);
    });
  }

  private async watchLife(): Promise<void> {
    const {paths, id} = this.live;
    const {signal} = this.stop;
    if (await untilGone(() => isExecuted(paths.home, id), {clock: systemClock, everyMs: LIFE_POLL_MS, signal}))
      this.finish({...idleEnd(this.live.state), because: 'ended'});
  }

  private async watchTime(): Promise<void> {
    if (this.timeoutMs === undefined) return;
    await systemClock.sleep(this.timeoutMs, this.stop.signal).then(
      () => {
        const reason = `milestone \`${this.live.id}\` is still being executed`;
        this.finish({exit: STILL_RUNNING, because: 'timeout', reason});
      },
      () => undefined,
    );
  }
}
