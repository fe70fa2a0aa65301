import path from 'node:path';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/event.ts';
import {type Execution, milestoneToken} from '../execution/execution.ts';
import {dirtyFiles} from '../git/checkout.ts';
import type {Repository} from '../git/repository.ts';
import {acquireLock, readLockOwner} from '../lock/lock.ts';
import {isInTheWay, lockedError, tokensLeftBy} from '../lock/lock-holder.ts';
import type {OpenMilestone} from '../milestone/open-milestone.ts';
import {type ResolvedMilestoneSettings, resolveMilestoneSettings} from '../plan/settings.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {assertCheckoutsCanFollow} from '../workspace/git-integration.ts';
import {plainWorkspace} from '../workspace/plain-workspace.ts';
import {assertClean} from '../workspace/shared-checkout.ts';
import {SharedWorkspace} from '../workspace/shared-workspace.ts';
import {type SetupPlace, SlotSetup} from '../workspace/slot-setup.ts';
import type {Workspace} from '../workspace/workspace.ts';
import {WorktreeWorkspace} from '../workspace/worktree-workspace.ts';

/**
 * Make sure that attempts can work: the user's checkouts are as they must be.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function assertReady({repo, state}: OpenMilestone): Promise<void> {
  const {isolation, branch} = state.activation ?? {};
  if (!repo || branch === undefined) return;
  if (isolation === 'worktree') await assertCheckoutsCanFollow(repo, branch, dirtyFiles);
  else if (isolation === 'shared') await assertClean(repo, branch);
}

/**
 * Make sure that nobody else works in the checkout that attempts would share.
 * @throws {MilestoneError} `LOCKED`
 */
export function assertCheckoutFree({repo, state}: OpenMilestone, {takeOver = false}: {takeOver?: boolean}): void {
  if (!repo || state.activation?.isolation !== 'shared') return;
  const folder = checkoutLockOf(repo);
  const holder = readLockOwner(folder, ownIdentity());
  if (isInTheWay(holder, takeOver)) throw lockedError(folder, holder);
}

function checkoutLockOf({gitDir}: Repository): string {
  return path.join(gitDir, 'milestone', 'checkout');
}

/**
 * The place where attempts of an activated milestone work.
 * @param execution The execution that it is for, once there is one.
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout.
 */
export function makeWorkspace(
  opened: OpenMilestone,
  settings: ResolvedMilestoneSettings,
  execution: () => Execution,
  options: {warn(message: string): void; signal: AbortSignal; takeOver?: boolean},
): Workspace {
  const {repo, lock, state, paths, clock, sessionId, id, read} = opened;
  const {isolation, branch} = state.activation ?? {};
  if (!repo || !isolation || isolation === 'none' || branch === undefined)
    return plainWorkspace(path.dirname(paths.home));
  // Also before there is an execution, and after an edit of the plan.
  const inForce = () => resolveMilestoneSettings(state.plan.settings, read.config.settings);
  const common = {
    repo,
    branch,
    lock,
    hooks: () => inForce().git.hooks,
    lastHead: () => state.head,
    patience: () => ({clock, hurry: execution().attempts.hurry, timeoutMs: inForce().verifyTimeoutMs}),
    milestoneId: id,
    onBranchProblem: (problem: {message: string; hint: string}) =>
      execution().openBlocker({type: 'branch_rewritten', ...problem}),
  };
  if (isolation === 'shared') {
    const folder = checkoutLockOf(repo);
    const identity = ownIdentity();
    const left = tokensLeftBy(readLockOwner(folder, identity));
    const tokens = [milestoneToken(state)];
    const checkoutLock = acquireLock(folder, {
      purpose: 'execute',
      identity,
      clock,
      sessionId,
      checkoutFor: id,
      tokens,
      takeOver: options.takeOver ?? false,
    });
    const endLeftBehind = async () => left.size > 0 && (await endLeftovers(left, clock));
    return new SharedWorkspace({
      ...common,
      checkoutLock,
      endLeftBehind,
      isCurrent: place => execution().isCurrent(place),
      onDirty: error => execution().end({exit: error.exitCode, reason: error.message, error}),
      warn: options.warn,
    });
  }
  const setup = new SlotSetup({
    repo,
    settings: () => inForce().workspace,
    warn: options.warn,
    runCheck: (check, where) => execution().runSetup(check, where),
    runTeardown: (check, where) => runTeardown(execution(), check, where),
  });
  return new WorktreeWorkspace({
    ...common,
    home: paths.home,
    root: settings.workspace.root,
    get fillsSubmodules() {
      return inForce().workspace.submodules !== 'off';
    },
    get fresh() {
      return inForce().workspace.fresh;
    },
    mergeSlot: () => execution().mergeSlot,
    clock,
    signal: options.signal,
    setup,
    warn: options.warn,
    onSlotKept: (slot, ref) => execution().record({event: 'slot_kept', details: {slot, ref}}),
  });
}

/** No task has an empty id. */
const TEARDOWN = '';

/** Run what tears a slot down; it ends as attempts do when they are interrupted. */
async function runTeardown(execution: Execution, check: Check, where: SetupPlace): Promise<CheckResult | undefined> {
  const {attempts} = execution;
  const signal = attempts.begin(TEARDOWN, where.slot);
  try {
    return await execution.runSetup(check, {...where, signal});
  } finally {
    attempts.end(TEARDOWN, where.slot);
  }
}
