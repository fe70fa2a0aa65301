import {MilestoneError} from '../errors.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import type {WorkersConfig} from '../plan/file/read-plan-text.ts';
import type {Plan, Task} from '../plan/plan.ts';
import {labelsOf} from '../plan/where.ts';
import {BossPool} from '../workers/boss-pool.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {loadPgBoss} from '../workers/load-pg-boss.ts';
import {RemoteWork} from '../workers/remote-work.ts';

/**
 * Make sure that the workers which the plan asks for can be asked; whether there are any is another matter.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export async function assertWorkersUsable(
  {read: {config}, state}: Pick<MilestoneOnDisk, 'read' | 'state'>,
  plan: Plan | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const {tasks, settings} = plan ?? state.plan;
  const away = tasks.find(task => goesAway(task, settings.where ?? config.settings?.where));
  if (away && !config.workers)
    throw new MilestoneError(
      'NO_WORKERS',
      `task \`${away.id}\` is for a worker (\`where\`), and config.yaml names none`,
      {
        hint: 'say under `workers` in .milestones/config.yaml where they are found, or set `where: here`',
      },
    );
  if (!config.workers) return;
  connectAddress(config.workers.connect, env);
  await loadPgBoss();
}

function goesAway(task: Task, inherited: Task['where']): boolean {
  return labelsOf(task.where ?? inherited) !== undefined;
}

/**
 * Workers for the execution of a milestone; nothing is connected yet.
 * @returns Undefined where there are none, or nothing of what they do could come home.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export function makeRemote(
  {state, repo, clock}: HeldMilestone,
  {workers, callerEnv}: {workers: WorkersConfig | undefined; callerEnv: Readonly<Record<string, string | undefined>>},
): RemoteWork | undefined {
  const {executionId: execution, isolation} = state.activation ?? {};
  if (!workers || !repo || execution === undefined || isolation !== 'worktree') return undefined;
  const pool = new BossPool({connect: connectAddress(workers.connect, callerEnv), execution});
  return new RemoteWork({pool, repo, remote: workers.remote ?? 'origin', execution, clock});
}
