// An attempt that is at a worker ends before its time.

import type {Ground} from '../../execution/execution.ts';
import type {RunningTask} from '../../state/task.ts';
import type {JobRef} from '../../workers/port.ts';
import {takeBack} from '../../workers/remote-jobs.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';
import {takeReport} from './take-report.ts';

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
