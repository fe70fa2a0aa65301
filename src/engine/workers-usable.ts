// Whether the workers that a plan asks for can be asked from here; whether there are any is another matter. Loads the
// engine only for a plan that asks for workers, and connects to nothing.

import {DriverSet} from '../drivers/registry.ts';
import {MilestoneError} from '../errors.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import type {WorkersConfig} from '../plan/file/read-plan-text.ts';
import type {Plan, Problem} from '../plan/plan.ts';
import {connectAddress} from '../workers/connect-address.ts';
import {loadPgBoss, requirePgBoss} from '../workers/load-pg-boss.ts';
import {remoteAddress} from '../workers/transport.ts';
import {asksForWorkers, type WhereFacts, whereProblems} from './where-problems.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Make sure that what a plan asks of workers can be, and that this machine can have workers where it asks for some.
 * @param milestone With the activation that it has, or would get.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export async function assertWorkersUsable(
  milestone: Pick<MilestoneOnDisk, 'read' | 'state' | 'repo'>,
  plan: Plan,
  env: Env,
): Promise<void> {
  const {config} = milestone.read;
  const facts = whereFacts(milestone, new DriverSet({drivers: config.drivers, env}));
  const [wrong] = whereProblems(plan, facts);
  if (wrong) throw new MilestoneError('NO_WORKERS', wrong.message, {hint: wrong.hint});
  const {workers} = config;
  // What has been sent out is asked for, wherever the plan has its tasks done by now.
  if (!workers || !(milestone.state.sentOut || asksForWorkers(plan, facts))) return;
  assertMachine(workers, env);
  if (milestone.repo) await remoteAddress(milestone.repo, workers.remote);
  await loadPgBoss();
}

/** @throws {MilestoneError} `NO_WORKERS` when this machine cannot have workers. */
function assertMachine(workers: WorkersConfig, env: Env): void {
  connectAddress(workers.connect, env);
  requirePgBoss();
}

/** What decides where the tasks of a milestone are done. */
function whereFacts(
  {read: {config}, state, repo}: Pick<MilestoneOnDisk, 'read' | 'state' | 'repo'>,
  drivers: DriverSet,
): WhereFacts {
  return {config, drivers, isolation: {activated: state.activation?.isolation, isInGit: repo !== undefined}};
}

/**
 * The same of a milestone that is activated: what is asked before an edit of its plan is taken.
 * @param env Of an executor, which has to have the workers that the edit asks for.
 */
export function whereRefusals(
  held: Pick<HeldMilestone, 'read' | 'state' | 'repo'>,
  {drivers}: {drivers: DriverSet},
  env?: Env,
): (plan: Plan) => Problem[] {
  const facts = whereFacts(held, drivers);
  return plan => {
    const wrong = whereProblems(plan, facts).map(({message, hint}) => problem(message, hint));
    return wrong.length === 0 && env ? machineProblems(plan, facts, env) : wrong;
  };
}

/** What this machine lacks for the workers that a plan asks for; nothing where it asks for none. */
export function machineProblems(plan: Plan, facts: WhereFacts, env: Env): Problem[] {
  const {workers} = facts.config;
  if (!workers || !asksForWorkers(plan, facts)) return [];
  try {
    assertMachine(workers, env);
    return [];
  } catch (error) {
    if (error instanceof MilestoneError) return [problem(error.message, error.hint)];
    throw error;
  }
}

function problem(message: string, hint: string | undefined): Problem {
  return {severity: 'error', code: 'NO_WORKERS', message, ...(hint !== undefined && {hint})};
}
