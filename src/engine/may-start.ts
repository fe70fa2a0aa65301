import path from 'node:path';
import {openRepository, type Repository} from '../git/repository.ts';
import {withScratchObjects} from '../git/scratch.ts';
import {readUserCheckout} from '../git/user-repository.ts';
import type {OpenMilestone} from '../milestone/open-milestone.ts';
import {planStart, type Start} from '../milestone/plan-start.ts';
import {refuseUnpermitted} from '../milestone/refuse-unpermitted.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/read-in-child.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {type BaseName, type Uncommitted, uncommittedOf} from '../reports/uncommitted.ts';
import type {Activation, MilestoneState} from '../state/milestone.ts';
import type {ExecuteOptions} from './execute-milestone.ts';
import {assertCheckoutFree, assertReady} from './make-workspace.ts';

/** A milestone that nobody has locked: what it says may change under the hand. */
export interface UnlockedMilestone {
  id: MilestoneId;
  paths: HomePaths;
  planFile: string;
  read: PlanReading;
  state: MilestoneState;
}

/** Empty where tasks see all that there is. */
export type WouldStart = {uncommitted?: never} | {uncommitted: Uncommitted; base: BaseName};

type Options = Pick<
  ExecuteOptions,
  'command' | 'noGit' | 'adopt' | 'takeOver' | 'yolo' | 'gates' | 'callerEnv' | 'readPlan'
>;

/**
 * Find out whether `executeMilestone` would begin, with its own checks. Takes no lock, and git only reads.
 * @returns Where it would work, and what tasks would not see there.
 * @throws {MilestoneError} what would keep it from beginning.
 */
export async function refuseUnlessStartable(milestone: UnlockedMilestone, options: Options): Promise<WouldStart> {
  const repo = await openRepository(path.dirname(milestone.paths.home));
  const activation = repo
    ? await withScratchObjects(repo, scratch => judge(milestone, scratch, options))
    : await judge(milestone, undefined, options);
  if (!repo || activation?.isolation !== 'worktree') return {};
  const uncommitted = uncommittedOf((await readUserCheckout(repo)).changes);
  return uncommitted ? {uncommitted, base: activation} : {};
}

async function judge(
  milestone: UnlockedMilestone,
  repo: Repository | undefined,
  options: Options,
): Promise<Activation | undefined> {
  // Lock, clock and the rest belong to what comes after these checks.
  const opened = {...milestone, repo} as OpenMilestone;
  const {read, state} = opened;
  const start = await planStart(opened, options);
  refuseUnpermitted({
    plan: start.plan ?? state.plan,
    project: read.config.settings ?? {},
    yolo: options.yolo ?? false,
    gates: options.gates,
    callerEnv: options.callerEnv,
  });
  // A checkout may be behind a move that a crash cut off, and follows it before anybody looks at it.
  const begun = {...opened, state: activated(state, start)};
  if (state.running.size === 0) await assertReady(begun);
  assertCheckoutFree(begun, options);
  return begun.state.activation;
}

/** As far as it decides where attempts work. */
function activated(state: MilestoneState, {events}: Start): MilestoneState {
  for (const {event, details} of events) {
    if (event !== 'milestone_activated') continue;
    const {execution_id: executionId, isolation, branch, base, base_name: baseName} = details;
    const named = {...(branch !== undefined && {branch}), ...(base && {base}), ...(baseName && {baseName})};
    return {...state, activation: {executionId, at: '', isolation, ...named}};
  }
  return state;
}
