import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {EventDetails, NewEvent} from '../events/event.ts';
import {resolveBase} from '../git/base.ts';
import {assertBranchCanBeMade, createMilestoneBranch, type Required} from '../git/milestone-branch.ts';
import {milestoneBranch} from '../git/refs.ts';
import {validatePlan} from '../plan/assert-valid.ts';
import {ensureHomeFiles, listMilestones} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import {refuseMissingRequirements} from '../plan/file/requirements.ts';
import type {MilestoneId, Plan} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {replaceFile} from '../platform/files.ts';
import {sharedId} from './find-milestone.ts';
import type {HeldMilestone, MilestoneOnDisk} from './hold.ts';
import {newExecutionId} from './session-id.ts';

export interface ActivateOptions {
  /** Without git, whatever the folder is in. */
  noGit: boolean;
  readPlan(file: string, configFile: string): Promise<PlanReading>;
}

/**
 * Work out the first activation of a planned milestone. Changes nothing.
 * @throws {MilestoneError} `PLAN_INVALID`, `REQUIRED_MISSING`, `NOT_A_REPOSITORY`, `BASE_MISSING`, `BRANCH_EXISTS`.
 */
export async function planActivation(
  milestone: MilestoneOnDisk,
  options: ActivateOptions,
): Promise<EventDetails['milestone_activated']> {
  const {read, repo, planFile, id, paths} = milestone;
  validatePlan(read, planFile);
  const plan = read.plan as Plan;
  const [shared] = sharedId(paths, id, planFile);
  if (shared) throw new MilestoneError('PLAN_INVALID', shared.message, shared);
  if (plan.tasks.length === 0)
    throw new MilestoneError('PLAN_INVALID', `milestone \`${id}\` has no tasks`, {where: {file: planFile}});
  const required = await readRequired(milestone, options.readPlan);
  const settings = resolveMilestoneSettings(plan.settings, read.config.settings);
  const common = {
    execution_id: newExecutionId(),
    plan,
    imported: read.imported.tasks,
    dependents: await dependentsOf(milestone, options.readPlan),
  };
  if (options.noGit || (!repo && settings.isolation !== 'worktree')) return {...common, isolation: 'none'};
  if (!repo)
    throw new MilestoneError('NOT_A_REPOSITORY', `\`${path.dirname(paths.home)}\` is not in a git repository`, {
      hint: '`git init`, or `--no-git` to execute without git',
    });
  const branch = milestoneBranch(id);
  const base = await resolveBase(repo, settings.base);
  await assertBranchCanBeMade(repo, {id, base: base.commit, requires: required});
  const isolation = settings.isolation ?? 'worktree';
  return {...common, isolation, branch, base: base.commit, ...(base.name !== undefined && {base_name: base.name})};
}

/**
 * Record an activation, if this is the first, then make the branch, if it is not there yet: a crash may have come
 * between the two.
 * @param events What begins the log; none when it goes on.
 */
export async function activate(
  held: HeldMilestone,
  events: readonly NewEvent[],
  readPlan: ActivateOptions['readPlan'],
): Promise<void> {
  const {state} = held;
  await held.record([...events, ...events.flatMap(resolvedBy)]);
  markActive(held);
  if (state.branchCreated || state.activation?.branch === undefined) return;
  const created = await makeBranch(held, await readRequired(held, readPlan));
  if (created) await held.record([created]);
}

/** What an activation found complete. */
function resolvedBy(event: NewEvent): NewEvent[] {
  if (event.event !== 'milestone_activated') return [];
  return event.details.plan.requires.map(requires => ({event: 'dependency_resolved', details: {requires}}));
}

/** Make what an activation that is on disk promised. */
async function makeBranch({repo, state, id}: MilestoneOnDisk, required: Required[]): Promise<NewEvent | undefined> {
  const {branch, base} = state.activation ?? {};
  if (!repo || branch === undefined || base === undefined) return undefined;
  const made = await createMilestoneBranch(repo, {id, base, requires: required, adopt: true});
  return {event: 'branch_created', details: {branch, base: made.commit, merged: made.merged}};
}

/** Files that an activation leaves in the home besides the log. */
function markActive({paths, id}: MilestoneOnDisk): void {
  ensureHomeFiles(paths.home);
  replaceFile(paths.current, `${id}\n`, {durable: false});
}

/**
 * The completed milestones that this one requires, with the commits they ended at.
 * @throws {MilestoneError} `REQUIRED_MISSING`
 */
async function readRequired(
  {read, paths}: MilestoneOnDisk,
  readPlan: ActivateOptions['readPlan'],
): Promise<Required[]> {
  if (!read.plan) return [];
  refuseMissingRequirements(read.plan, paths);
  const readings = await Promise.all(
    read.plan.requires.map(async id => ({id, reading: await readPlan(paths.completed(id), paths.config)})),
  );
  for (const {id, reading} of readings) refuseUnfinished(id, reading, paths.completed(id));
  // One that was executed without git, or by hand, has no commit to build on.
  return readings.flatMap(({id, reading: {imported}}) => {
    const {commit, id: execution, base} = imported.execution ?? {};
    return commit === undefined ? [] : [{id, commit, execution, base}];
  });
}

/** What lies in `completed/` but says that it is not, or cannot be read, would silently be left out of the base. */
function refuseUnfinished(id: MilestoneId, {plan, imported: {status}}: PlanReading, file: string): void {
  if (plan && (status === 'completed' || status === 'planned')) return;
  throw new MilestoneError(
    'REQUIRED_MISSING',
    `milestone \`${id}\` is required, and its plan is in \`completed/\`, but ${plan ? `says \`status: ${status}\`` : 'cannot be read'}`,
    {where: {file}, hint: `milestone doctor ${id}`},
  );
}

/** Active milestones that require this one, as far as their plans can be read: nothing else hangs on them. */
export async function dependentsOf(
  {paths, id}: Pick<MilestoneOnDisk, 'paths' | 'id'>,
  readPlan: ActivateOptions['readPlan'],
): Promise<MilestoneId[]> {
  const others = listMilestones(paths.home).filter(other => other.folder === 'active' && other.id !== id);
  // Reading a plan is dear; most do not even mention the id.
  const mentioning = others.filter(other => textOf(other.file).includes(id));
  const readings = await Promise.allSettled(mentioning.map(other => readPlan(other.file, paths.config)));
  const plans = readings.flatMap(reading => (reading.status === 'fulfilled' ? (reading.value.plan ?? []) : []));
  return plans.filter(plan => plan.requires.includes(id)).map(plan => plan.id);
}

/** Empty where there is no file that can be read; what is called like a plan may be anything, or be moved away. */
function textOf(file: string): string {
  try {
    // Whoever opens a pipe waits for its other end.
    return fs.statSync(file).isFile() ? fs.readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
