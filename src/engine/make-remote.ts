import {DriverSet} from '../drivers/registry.ts';
import {MilestoneError} from '../errors.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import type {WorkersConfig} from '../plan/file/read-plan-text.ts';
import type {Plan} from '../plan/plan.ts';
import {BossPool} from '../workers/boss-pool.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {loadPgBoss} from '../workers/load-pg-boss.ts';
import {RemoteWork} from '../workers/remote-work.ts';
import {placeProblems} from './place-problems.ts';

/**
 * Make sure that the workers which the plan asks for can be asked; whether there are any is another matter.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export async function assertWorkersUsable(
  {read: {config}, state, repo}: Pick<MilestoneOnDisk, 'read' | 'state' | 'repo'>,
  plan: Plan | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [wrong] = placeProblems(plan ?? state.plan, {
    project: config.settings ?? {},
    hasWorkers: config.workers !== undefined,
    drivers: new DriverSet({drivers: config.drivers, env}),
    isolation: {activated: state.activation?.isolation, isInGit: repo !== undefined},
  });
  if (wrong) throw new MilestoneError('NO_WORKERS', wrong.message, wrong.hint === undefined ? {} : {hint: wrong.hint});
  if (!config.workers) return;
  connectAddress(config.workers.connect, env);
  await loadPgBoss();
}

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
  return new RemoteWork({pool, repo, remote: workers.remote ?? 'origin', execution, pools: workers.queues, clock});
}
