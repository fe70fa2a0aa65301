import type {HeldMilestone} from '../milestone/hold.ts';
import type {WorkersConfig} from '../plan/file/read-plan-text.ts';
import {BossPool} from '../workers/boss-pool.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {RemoteWork} from '../workers/remote-work.ts';
import {DEFAULT_REMOTE} from '../workers/transport.ts';

export interface RemoteOptions {
  workers: WorkersConfig | undefined;
  callerEnv: Readonly<Record<string, string | undefined>>;
  /** Takes what workers report. */
  executes: boolean;
}

/**
 * Workers for the execution of a milestone; nothing is connected yet.
 * @returns Undefined where there are none, or nothing of what they do could come home.
 */
export function makeRemote(
  {state, repo, clock}: HeldMilestone,
  {workers, callerEnv, executes}: RemoteOptions,
): RemoteWork | undefined {
  const {executionId: execution, isolation} = state.activation ?? {};
  if (!workers || !repo || execution === undefined || isolation !== 'worktree') return undefined;
  const connect = () => connectAddress(workers.connect, callerEnv);
  const pool = new BossPool({connect, execution, ...(!executes && {peeks: {clock}})});
  return new RemoteWork({
    pool,
    repo,
    remote: workers.remote ?? DEFAULT_REMOTE,
    execution,
    pools: workers.queues,
    clock,
  });
}
