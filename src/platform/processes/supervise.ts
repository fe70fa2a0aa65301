import type {Clock} from '../clock.ts';
import {type LeftProcess, stopToken, sweepAfterExit} from './end-processes.ts';
import type {Exit, GroupIdentity} from './start-group.ts';
import type {StopSignal} from './stop-signal.ts';

export interface Supervision<Cut> {
  /** Carried by the group in its environment. */
  token: string;
  clock: Clock;
  /** Arrange that `end` is called when the group is to end before its time. @returns Takes the arrangement back. */
  arm(end: (cut: Cut) => void): () => void;
  /** Whether a cut gives no grace at all. */
  isImmediate?(cut: Cut): boolean;
  /** As soon as it aborts: skip what is left of the grace. */
  hurry?: AbortSignal | undefined;
}

export interface Supervised<Cut> {
  exit: Exit;
  /** Present when the group was ended before its time. */
  cut?: {reason: Cut};
  /** Processes that the group had left behind when it ended by itself; they have been ended. */
  leftBehind: LeftProcess[];
  /** Processes that nothing could end. */
  unended: LeftProcess[];
}

/** Wait for the end of a group, or end it when it is cut. Afterwards nothing of it runs, in neither case. */
export async function superviseGroup<Cut>(
  group: GroupIdentity & {exited: Promise<Exit>},
  supervision: Supervision<Cut>,
): Promise<Supervised<Cut>> {
  const {token, clock, hurry} = supervision;
  const cut = await firstOf(group.exited, supervision);
  if (!cut) {
    const swept = await sweepAfterExit(token, group, clock, {hurry});
    return {exit: await group.exited, leftBehind: swept.found, unended: swept.left};
  }
  const immediate = supervision.isImmediate?.(cut.reason) ?? false;
  const {left} = await stopToken(token, clock, {group: group.pid, immediate, hurry});
  // Who hangs inside the system after SIGKILL has no exit to wait for.
  const exit = left.some(({pid}) => pid === group.pid) ? {code: null, signal: 'SIGKILL'} : await group.exited;
  return {exit, cut, leftBehind: [], unended: left};
}

async function firstOf<Cut>(exited: Promise<Exit>, {arm}: Supervision<Cut>): Promise<{reason: Cut} | undefined> {
  let disarm: (() => void) | undefined;
  const cut = await new Promise<{reason: Cut} | undefined>(resolve => {
    exited.then(() => resolve(undefined));
    disarm = arm(reason => resolve({reason}));
  });
  disarm?.();
  return cut;
}

/** Call `then` with the reason of `signal` when it aborts, also when it has. @returns Takes the arrangement back. */
export function onAbort(signal: StopSignal, then: (reason: unknown) => void): () => void {
  const listener = () => then(signal.reason);
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}

/** One line for the log of an attempt; undefined when there is nothing to say. */
export function describeLeftovers({leftBehind, unended}: Supervised<unknown>): string | undefined {
  if (unended.length > 0) return `milestone: could not end ${nameAll(unended)}: not even SIGKILL does`;
  if (leftBehind.length > 0) return `milestone: ended what was left running: ${nameAll(leftBehind)}`;
  return undefined;
}

function nameAll(processes: readonly LeftProcess[]): string {
  const shown = processes.slice(0, 10).map(({pid, name}) => `${name} (pid ${pid})`);
  return [...shown, ...(processes.length > 10 ? [`${processes.length - 10} more`] : [])].join(', ');
}
