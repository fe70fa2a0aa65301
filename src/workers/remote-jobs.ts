// A job at the workers, from the sending to its end, whatever it is.
//
// R1. The order is sent again and again until it has arrived: the same job is one.
// R2. Whoever stops it here does not wait for the worker longer than a heartbeat takes: it cannot hand in any more.
// R3. An executor that breaks off leaves it at the worker; the next one takes it up.

import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {onAbort} from '../platform/processes/supervise.ts';
import type {JobRef, Order, Standing} from './port.ts';
import {isRemoteAway, isUnreachable, pause, type RemoteWork} from './remote-work.ts';

const SEND_REST_MS = 2_000;
/** For a worker to end what it was told to end, and to push what is there. */
const ENDING_MS = 20_000;

export interface Sending<Refusal> {
  /** What is to be sent, or why it cannot be sent at all. */
  make(): Promise<Order | {refused: Refusal}>;
  clock: Clock;
  stop: StopSignal;
  /** Told once that the remote is away. */
  onAway(why: string): void;
}

/** Send a job until it has arrived: a remote or a database that is away comes back. @returns Why it cannot be sent. */
export async function sendPatiently<Refusal>(
  remote: RemoteWork,
  {make, clock, stop, onAway}: Sending<Refusal>,
): Promise<Refusal | undefined> {
  let said = false;
  while (!stop.aborted) {
    try {
      const order = await make();
      if ('refused' in order) return order.refused;
      await remote.pool.dispatch(order);
      return undefined;
    } catch (error) {
      if (!isUnreachable(error) && !isRemoteAway(error)) throw error;
      if (!said && isRemoteAway(error)) onAway((error as Error).message);
      said ||= isRemoteAway(error);
      await pause(clock, SEND_REST_MS, stop);
    }
  }
  return undefined;
}

export interface Following extends TakeBackOptions {
  stop: StopSignal;
  /** Whether this executor breaks off. */
  isBrokenOff(): boolean;
}

/** How a job ends; `left`: it stays at its worker. A job that is stopped here is taken back. */
export async function untilOver(
  remote: RemoteWork,
  ref: JobRef,
  following: Following,
): Promise<Standing | 'left' | undefined> {
  const stopped = new AbortController();
  const disarm = onAbort(following.stop, () => stopped.abort());
  try {
    const standing = await remote.whenOver(ref, stopped.signal);
    if (standing) return standing;
    return following.isBrokenOff() ? 'left' : await takeBack(remote, ref, following);
  } finally {
    disarm();
  }
}

export interface TakeBackOptions {
  clock: Clock;
  attempts: {
    /** Ends the wait. */
    hurry: AbortSignal;
  };
}

/**
 * Have a worker end a job, and wait for that a little.
 * @returns How it stands then; undefined when nobody could be told. The next executor cancels what belongs to no attempt.
 */
export async function takeBack(
  remote: RemoteWork,
  ref: JobRef,
  {clock, attempts}: TakeBackOptions,
): Promise<Standing | undefined> {
  const before = await remote.standingOf(ref);
  if (before?.kind === 'over') return before;
  const heard = new AbortController();
  const stopListening = remote.listen(ref.job, ({kind}) => kind === 'over' && heard.abort());
  try {
    await remote.pool.cancel(ref);
    if (before?.kind === 'active')
      await clock.sleep(ENDING_MS, AbortSignal.any([heard.signal, attempts.hurry])).catch(() => undefined);
    return await remote.standingOf(ref);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return undefined;
  } finally {
    stopListening();
  }
}
