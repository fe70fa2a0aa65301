import path from 'node:path';
import {unfilledText} from '../git/fill-submodules.ts';
import {findFilters, findUnfilled, type SlotFilter} from '../git/foresee-slots.ts';
import {readHead} from '../git/refs.ts';
import {openRepository, type Repository} from '../git/repository.ts';
import {withScratchObjects} from '../git/scratch.ts';
import {slotPool} from '../git/slot-folders.ts';
import {treeBytes} from '../git/tree-size.ts';
import {readDirtyFiles} from '../git/user-repository.ts';
import type {MilestoneOnDisk} from '../milestone/hold.ts';
import type {Problem} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {freeBytes} from '../platform/disk-space.ts';
import {type BaseName, type Uncommitted, uncommittedOf, unreadableText} from '../reports/uncommitted.ts';
import type {Activation} from '../state/milestone.ts';
import {judgeStart} from './judge-start.ts';
import {assertCheckoutFree, assertReady} from './make-workspace.ts';
import type {ExecuteOptions} from './run.ts';

/** A milestone that nobody has locked: what it says may change under the hand. */
export type UnlockedMilestone = Omit<MilestoneOnDisk, 'repo'>;

/** `uncommitted` is absent where tasks see all that there is; `problems` is what their slots would lack. */
export type WouldStart = ({uncommitted?: never} | {uncommitted: Uncommitted; base: BaseName}) & {
  /** Absent where it would not start. */
  isolation?: Activation['isolation'];
  problems?: Problem[];
  slots?: SlotSpace;
};

/** In bytes. */
export interface SlotSpace {
  each: number;
  free: number;
}

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
  if (!repo) {
    return isolationOf(await judge(milestone, undefined, options));
  }
  const {activation, problems, slots} = await withScratchObjects(repo, async scratch => {
    const activation = await judge(milestone, scratch, options);
    const problems = await slotProblems(scratch, milestone, activation);
    return {activation, problems, slots: await slotSpace(scratch, milestone, activation)};
  });
  const isolation = isolationOf(activation);
  if (activation?.isolation !== 'worktree' || !slots) return isolation;
  try {
    const uncommitted = uncommittedOf(await readDirtyFiles(repo));
    const would = {...isolation, problems, slots};
    return uncommitted ? {...would, uncommitted, base: activation} : would;
  } catch (error) {
    // It keeps nothing from being executed.
    const message = unreadableText(error);
    return {...isolation, problems: [...problems, {severity: 'warning', code: 'CHECKOUT_UNREADABLE', message}], slots};
  }
}

function isolationOf(activation: Activation | undefined): Pick<WouldStart, 'isolation'> {
  return activation ? {isolation: activation.isolation} : {};
}

/** What slots would lack, as far as settings and attributes tell. */
async function slotProblems(
  repo: Repository,
  {read, state}: UnlockedMilestone,
  activation: Activation | undefined,
): Promise<Problem[]> {
  if (activation?.isolation !== 'worktree' || activation.base === undefined) return [];
  const head = activation.branch === undefined ? undefined : await readHead(repo, activation.branch);
  const commit = head ?? activation.base;
  const {workspace} = resolveMilestoneSettings(state.plan.settings, read.config.settings);
  const unfilled = workspace.submodules === 'off' ? [] : await findUnfilled(repo, commit);
  return [
    ...unfilled.map((submodule): Problem => {
      return {severity: 'warning', code: 'SUBMODULE_EMPTY', ...unfilledText(submodule)};
    }),
    ...(await findFilters(repo, commit)).map(filterProblem),
  ];
}

async function slotSpace(
  repo: Repository,
  {id, read, state}: UnlockedMilestone,
  activation: Activation | undefined,
): Promise<SlotSpace> {
  const {workspace} = resolveMilestoneSettings(state.plan.settings, read.config.settings);
  const free = freeBytes(slotPool(repo, workspace.root, id));
  return {each: activation?.base === undefined ? 0 : await treeBytes(repo, activation.base), free};
}

function filterProblem({name, file}: SlotFilter): Problem {
  return {
    severity: 'warning',
    code: 'FILTER_IN_SLOTS',
    message: `files go through the filter \`${name}\` (${file}) on their way into a slot; one that needs files of your checkout, a key in its git folder for example, fails there`,
    hint: 'set it up so that it works in every `git worktree add`, or set `isolation: shared`',
  };
}

async function judge(
  milestone: UnlockedMilestone,
  repo: Repository | undefined,
  options: Options,
): Promise<Activation | undefined> {
  const {begun} = await judgeStart({...milestone, repo}, options);
  // A checkout may be behind a move that a crash cut off, and follows it before anybody looks at it.
  if (begun.state.running.size === 0) await assertReady(begun);
  assertCheckoutFree(begun, options);
  return begun.state.activation;
}
