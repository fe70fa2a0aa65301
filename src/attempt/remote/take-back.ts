// An attempt that is at a worker ends before its time.

import type {Ground} from '../../execution/execution.ts';
import type {Clock} from '../../platform/clock.ts';
import type {RunningTask} from '../../state/task.ts';
import type {JobRef, Standing} from '../../workers/port.ts';
import {isUnreachable, type RemoteWork} from '../../workers/remote-work.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';
import {takeReport} from './take-report.ts';

/** For a worker to end what it was told to end, and to push what is there. */
const ENDING_MS = 20_000;

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

type Dead = Pick<Ground, 'ledger' | 'surroundings' | 'lifetime' | 'clock' | 'attempts' | 'remote'>;

/** Have workers end what an executor that is gone has given them, all together. */
export async function takeBackDead(ground: Dead, open: ReadonlyArray<readonly [string, RunningTask]>): Promise<void> {
  const {remote} = ground;
  const out = open.filter(([, {dispatched, stage}]) => dispatched && stage !== 'claimed' && stage !== 'integrating');
  if (!remote || out.length === 0) return;
  if (!(await remote.tell(() => remote.pool.reconcile([])))) return;
  await Promise.all(
    out.map(async ([taskId, {attempt, slot, dispatched}]) => {
      const place: AttemptPlace = {taskId, attempt, slot};
      const ref = dispatched as JobRef;
      const stopListening = remote.listen(ref.job, report => takeReport(ground, place, report, () => undefined));
      try {
        await takeBack(remote, ref, ground);
      } finally {
        stopListening();
      }
    }),
  );
}
