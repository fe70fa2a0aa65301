import path from 'node:path';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import {type CheckSetting, runCommands} from '../execution/checks.ts';
import type {Ground} from '../execution/execution.ts';
import type {Repository} from '../git/repository.ts';
import {acquireLock, readLockOwner} from '../lock/lock.ts';
import {isInTheWay, lockedError, tokensLeftBy} from '../lock/lock-holder.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {milestoneToken} from '../state/milestone.ts';
import {assertCheckoutsCanFollow} from '../workspace/checkout-in-the-way.ts';
import {plainWorkspace} from '../workspace/plain-workspace.ts';
import {assertClean} from '../workspace/shared/shared-checkout.ts';
import {SharedWorkspace} from '../workspace/shared/shared-workspace.ts';
import {SlotSetup} from '../workspace/slots/slot-setup.ts';
import {type BranchBlocker, occupiedSlots, type Workspace} from '../workspace/workspace.ts';
import {WorktreeWorkspace} from '../workspace/worktree-workspace.ts';

/**
 * Make sure that attempts can work: the user's checkouts are as they must be.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function assertReady({repo, state}: MilestoneOnDisk): Promise<void> {
  const {isolation, branch} = state.activation ?? {};
  if (!repo || branch === undefined) return;
  if (isolation === 'worktree') await assertCheckoutsCanFollow(repo, branch);
  else if (isolation === 'shared') await assertClean(repo, branch);
}

/**
 * Make sure that nobody else works in the checkout that attempts would share.
 * @throws {MilestoneError} `LOCKED`
 */
export function assertCheckoutFree({repo, state}: MilestoneOnDisk, {takeOver = false}: {takeOver?: boolean}): void {
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
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout.
 */
export function makeWorkspace(
  opened: HeldMilestone,
  ground: Omit<Ground, 'workspace'>,
  options: {warn(message: string): void; signal: AbortSignal; takeOver?: boolean; inSlots?: boolean; isIdle?: boolean},
): Workspace {
  const {repo, lock, state, paths, clock, sessionId, id} = opened;
  const {ledger, inForce, attempts, lifetime} = ground;
  const {isolation, branch} = state.activation ?? {};
  const mergeSlot = Math.max(inForce.settings.maxParallel, ...occupiedSlots(state).map(slot => slot + 1));
  const isInGit = repo && isolation && isolation !== 'none' && branch !== undefined;
  if (!isInGit || options.isIdle) return plainWorkspace(paths.home, mergeSlot);
  const common = {
    repo,
    branch,
    lock,
    hooks: () => inForce.settings.git.hooks,
    lastHead: () => state.head,
    patience: () => ({clock, hurry: attempts.hurry, timeoutMs: inForce.settings.verifyTimeoutMs}),
    milestoneId: id,
    home: paths.home,
    mergeSlot,
    openBlocker: (blocker: BranchBlocker) => ledger.openBlocker(blocker),
  };
  if (isolation === 'shared' && !options.inSlots) {
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
      isCurrent: place => ledger.isCurrent(place),
      onDirty: error => lifetime.end({exit: error.exitCode, reason: error.message, error}),
      warn: options.warn,
    });
  }
  const runSetup = async (check: Check, where: CheckSetting): Promise<CheckResult | undefined> => {
    try {
      return (
        await runCommands(ground, [check], where, {
          retries: 0,
          home: where.place ? path.join(where.cwd, path.basename(paths.home)) : paths.home,
        })
      )[0];
    } finally {
      await workspace.noteLeft(where.slot);
    }
  };
  const setup = new SlotSetup({
    repo,
    settings: () => inForce.settings.workspace,
    warn: options.warn,
    runCheck: runSetup,
    // It ends as attempts do when they are interrupted.
    runTeardown: (check, where) =>
      attempts.during({taskId: TEARDOWN, attempt: where.slot}, signal => runSetup(check, {...where, signal})),
  });
  const workspace = new WorktreeWorkspace({
    ...common,
    root: inForce.settings.workspace.root,
    get fillsSubmodules() {
      return inForce.settings.workspace.submodules !== 'off';
    },
    get fresh() {
      return inForce.settings.workspace.fresh;
    },
    clock,
    signal: options.signal,
    setup,
    warn: options.warn,
    onSlotKept: (slot, ref) => ledger.record({event: 'slot_kept', details: {slot, ref}}),
  });
  return workspace;
}

/** No task has an empty id. */
const TEARDOWN = '';
