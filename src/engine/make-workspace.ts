import path from 'node:path';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import {type CheckSetting, runCommands} from '../execution/checks.ts';
import type {Ground} from '../execution/execution.ts';
import type {Repository} from '../git/repository.ts';
import {acquireLock, readLockOwner} from '../lock/lock.ts';
import {isInTheWay, lockedError, tokensLeftBy} from '../lock/lock-holder.ts';
import type {HeldMilestone, MilestoneOnDisk} from '../milestone/hold.ts';
import {folderNumber} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {milestoneToken} from '../state/left-behind.ts';
import {assertCheckoutsCanFollow} from '../workspace/checkout-in-the-way.ts';
import {plainWorkspace} from '../workspace/plain-workspace.ts';
import {assertClean} from '../workspace/shared/shared-checkout.ts';
import {type SharedParts, SharedWorkspace} from '../workspace/shared/shared-workspace.ts';
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

export interface WorkspaceOptions {
  warn(message: string): void;
  signal: AbortSignal;
  takeOver?: boolean;
  /** Also where attempts share the checkout. */
  inSlots?: boolean;
  /** Nothing will work there. */
  isIdle?: boolean;
}

/**
 * The place where attempts of an activated milestone work.
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout.
 */
export function makeWorkspace(
  held: HeldMilestone,
  ground: Omit<Ground, 'workspace'>,
  options: WorkspaceOptions,
): Workspace {
  const {repo, lock, state, paths, clock, id} = held;
  const {ledger, inForce, attempts} = ground;
  const {isolation, branch} = state.activation ?? {};
  const mergeSlot = Math.max(inForce.settings.maxParallel, ...occupiedSlots(state).map(slot => slot + 1));
  const isInGit = repo && isolation && isolation !== 'none' && branch !== undefined;
  if (!isInGit || options.isIdle) return plainWorkspace(paths.home, mergeSlot);
  const parts = {
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
    warn: options.warn,
  };
  return isolation === 'shared' && !options.inSlots
    ? inCheckout(held, ground, parts, options)
    : inWorktrees(held, ground, parts, options);
}

type Common = Omit<SharedParts, 'checkoutLock' | 'endLeftBehind' | 'isCurrent' | 'onDirty'>;

function inCheckout(
  {clock, sessionId, id, state, paths}: HeldMilestone,
  {ledger, lifetime}: Omit<Ground, 'workspace'>,
  parts: Common,
  {takeOver = false}: WorkspaceOptions,
): SharedWorkspace {
  const folder = checkoutLockOf(parts.repo);
  const identity = ownIdentity();
  const left = tokensLeftBy(readLockOwner(folder, identity), folder);
  const tokens = [milestoneToken(state, folderNumber(paths.home))];
  const owner = {purpose: 'execute', identity, clock, sessionId, checkoutFor: id, tokens, takeOver} as const;
  return new SharedWorkspace({
    ...parts,
    checkoutLock: acquireLock(folder, owner),
    endLeftBehind: async () => left.size > 0 && (await endLeftovers(left, clock)),
    isCurrent: place => ledger.isCurrent(place),
    onDirty: error => lifetime.end({exit: error.exitCode, reason: error.message, error}),
  });
}

function inWorktrees(
  {clock, paths}: HeldMilestone,
  ground: Omit<Ground, 'workspace'>,
  parts: Common,
  {signal, warn}: WorkspaceOptions,
): WorktreeWorkspace {
  const {ledger, inForce, attempts} = ground;
  const runSetup = async (check: Check, where: CheckSetting): Promise<CheckResult | undefined> => {
    const home = where.place ? path.join(where.cwd, path.basename(paths.home)) : paths.home;
    try {
      const [result] = await runCommands(ground, [check], where, {retries: 0, home});
      return result;
    } finally {
      await workspace.noteLeft(where.slot);
    }
  };
  const setup = new SlotSetup({
    repo: parts.repo,
    settings: () => inForce.settings.workspace,
    warn,
    runCheck: runSetup,
    // It ends as attempts do when they are interrupted.
    runTeardown: (check, where) =>
      attempts.during({taskId: TEARDOWN, attempt: where.slot}, signal => runSetup(check, {...where, signal})),
  });
  const workspace: WorktreeWorkspace = new WorktreeWorkspace({
    ...parts,
    root: inForce.settings.workspace.root,
    get fillsSubmodules() {
      return inForce.settings.workspace.submodules !== 'off';
    },
    get fresh() {
      return inForce.settings.workspace.fresh;
    },
    clock,
    signal,
    setup,
    onSlotKept: (slot, ref) => ledger.record({event: 'slot_kept', details: {slot, ref}}),
  });
  return workspace;
}

/** No task has an empty id. */
const TEARDOWN = '';
