import {DriverSet} from '../drivers/registry.ts';
import {MilestoneError} from '../errors.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import type {WorkersConfig} from '../plan/file/read-plan-text.ts';
import type {Plan} from '../plan/plan.ts';
import {resolveMilestoneSettings, resolveTaskSettings} from '../plan/settings.ts';
import {labelsOf, whyItStays} from '../plan/where.ts';
import {BossPool} from '../workers/boss-pool.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {loadPgBoss} from '../workers/load-pg-boss.ts';
import {RemoteWork} from '../workers/remote-work.ts';

/**
 * Make sure that the workers which the plan asks for can be asked; whether there are any is another matter.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export async function assertWorkersUsable(
  {read: {config}, state, repo}: Pick<MilestoneOnDisk, 'read' | 'state' | 'repo'>,
  plan: Plan | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const {tasks, settings} = plan ?? state.plan;
  const project = config.settings ?? {};
  const away = tasks.find(task => labelsOf(task.where ?? settings.where ?? project.where) !== undefined);
  if (away && !config.workers) throw noWorkers(`task \`${away.id}\` is`, 'where');
  if (labelsOf(settings.verify_where ?? project.verify_where) && !config.workers)
    throw noWorkers('the checks of what is merged are', 'verify_where');
  if (!config.workers) return;
  const drivers = new DriverSet({drivers: config.drivers, env});
  for (const task of tasks) {
    const own = resolveTaskSettings(task, settings, project);
    if (labelsOf(task.where) === undefined) continue;
    const {git, isolation} = resolveMilestoneSettings(settings, project);
    const why = whyItStays({
      task,
      settings: own,
      isManual: drivers.chooseElsewhere(task, own).kind === 'manual',
      hooks: git.hooks,
      isolation: state.activation?.isolation ?? isolation ?? (repo ? 'worktree' : 'none'),
    });
    if (why === undefined) continue;
    throw new MilestoneError('NO_WORKERS', `task \`${task.id}\` cannot go to a worker: ${why}`, {
      hint: `remove its \`where\`, or set \`where: here\``,
    });
  }
  connectAddress(config.workers.connect, env);
  await loadPgBoss();
}

function noWorkers(what: string, setting: 'where' | 'verify_where'): MilestoneError {
  return new MilestoneError('NO_WORKERS', `${what} for a worker (\`${setting}\`), and config.yaml names none`, {
    hint: `say under \`workers\` in .milestones/config.yaml where they are found, or set \`${setting}: here\``,
  });
}

/**
 * Workers for the execution of a milestone; nothing is connected yet.
 * @returns Undefined where there are none, or nothing of what they do could come home.
 */
export function makeRemote(
  {state, repo, clock}: HeldMilestone,
  {workers, callerEnv}: {workers: WorkersConfig | undefined; callerEnv: Readonly<Record<string, string | undefined>>},
): RemoteWork | undefined {
  const {executionId: execution, isolation} = state.activation ?? {};
  if (!workers || !repo || execution === undefined || isolation !== 'worktree') return undefined;
  const pool = new BossPool({connect: () => connectAddress(workers.connect, callerEnv), execution});
  return new RemoteWork({pool, repo, remote: workers.remote ?? 'origin', execution, pools: workers.queues, clock});
}
