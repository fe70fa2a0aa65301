import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {type Repository, withPatience} from '../git/git.ts';
import {changedSubmodules} from '../git/nested.ts';
import {workFolder} from '../git/repository.ts';
import {showHiddenChanges} from '../git/trees/hidden-changes.ts';
import {isPassingFailure} from '../platform/machine-failure.ts';
import type {Patience} from '../platform/processes/run-git.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {AttemptId} from '../state/task.ts';
import {Freezer, type FreezerParts} from './freezer.ts';
import {type BranchParts, GitBranch} from './git-branch.ts';
import {findKeptWork, LOST_WORK, layIn} from './kept-work.ts';
import {byHand} from './plain-workspace.ts';
import {refuseRewritten} from './refuse-rewritten.ts';
import {saveCheckpoint, saveRescue} from './rescue.ts';
import {noteLeft} from './slots/left-as.ts';
import {mendSlots} from './slots/mend-slots.ts';
import {removeSlots} from './slots/remove-slots.ts';
import {ActivityWatch} from './slots/slot-activity.ts';
import {SlotFinder} from './slots/slot-finder.ts';
import {SlotMaker, type SlotMakerParts} from './slots/slot-maker.ts';
import {clearUnsaved, markUnsaved, setSlotOwner, slotBase, slotOwner} from './slots/slot-notes.ts';
import {
  type AttemptInSlot,
  type AttemptPlace,
  type BranchBlocker,
  type FrozenWork,
  type Origin,
  SetupFailed,
  type Workplace,
  type Workspace,
} from './workspace.ts';

export interface WorktreeParts
  extends SlotMakerParts,
    Pick<BranchParts, 'lock' | 'lastHead' | 'branch'>,
    Pick<FreezerParts, 'hooks' | 'patience'> {
  /** Number of the merge queue's own slot. */
  mergeSlot: number;
  signal: AbortSignal;
  /** The branch is not what it was: nothing can start. */
  openBlocker(blocker: BranchBlocker): void;
}

/** What takes longer is tried again at the next one. */
const CHECKPOINT_MS = 240_000;
/** Whoever wants to end does not wait for longer; the work stays in the slot. */
const RESCUE_MS = 60_000;
const HURRIED_RESCUE_MS = 5_000;

/** A pool of worktrees with detached heads, one for each attempt at a time; the user's checkout is never touched. */
export class WorktreeWorkspace implements Workspace {
  readonly branch: GitBranch;
  private readonly freezer: Freezer;
  private readonly activity = new ActivityWatch();
  private readonly slots: SlotFinder;
  private readonly maker: SlotMaker;

  constructor(private readonly parts: WorktreeParts) {
    this.slots = new SlotFinder(parts);
    this.maker = new SlotMaker(parts, this.slots, () => this.branch.head());
    this.branch = new GitBranch({
      ...parts,
      mergeIn: place => this.slotOf(place) ?? this.slots.find(parts.mergeSlot) ?? parts.repo,
      checkOutCommit: async commit => {
        const {slot, needsSetup} = await this.maker.make(parts.mergeSlot, commit);
        const occasion = {isNew: needsSetup, signal: parts.signal};
        const failed = await parts.setup.run(slot, parts.mergeSlot, occasion);
        if (failed) throw new SetupFailed(failed);
        return workFolder(slot);
      },
    });
    this.freezer = new Freezer({
      ...parts,
      branch: this.branch,
      worktreeOf: ({slot}) => (slot === undefined ? undefined : this.slots.find(slot)),
      baseOf: async slot => (await slotBase(slot)) as string,
      inSlots: true,
    });
  }

  get mergeSlot(): number {
    return this.parts.mergeSlot;
  }

  async begin(): Promise<void> {
    await mendSlots(this.parts.repo, this.slots.pool);
  }

  workplaceOf(place: AttemptPlace): Workplace {
    const {repo, home} = this.parts;
    const {slot: number} = place;
    if (number === undefined) return byHand(workFolder(repo), home);
    const topLevel = this.slots.find(number)?.topLevel ?? this.slots.folder(number);
    const folder = workFolder({...repo, topLevel});
    return {
      folder,
      home: path.join(folder, path.basename(home)),
      freeze: options => this.freezer.freeze(place, options),
      keep: work => this.keep({...place, slot: number}, work),
      // The slot is made ready anew before it is used again.
      leave: async () => undefined,
      vacate: signal => this.vacate({...place, slot: number}, signal),
      hasChanged: () => this.hasChanged({...place, slot: number}),
      checkpoint: () => this.checkpoint({...place, slot: number}),
    };
  }

  makeReady(slots: readonly number[], signal: StopSignal): Promise<void> {
    return this.maker.makeEarly(slots, signal);
  }

  private async vacate(place: AttemptInSlot, signal: StopSignal): Promise<void> {
    if (this.slotOf(place)) await this.maker.vacate(place.slot, signal);
  }

  async open(place: AttemptPlace, from: Origin, signal: StopSignal): Promise<Workplace | {refused: Outcome}> {
    const {slot} = place;
    const refused = slot === undefined ? undefined : await this.prepare({...place, slot}, from, signal);
    return refused ? {refused} : this.workplaceOf(place);
  }

  async checkAt<Result>(commit: string, check: (folder: string) => Promise<Result>): Promise<Result> {
    return check(await this.branch.checkOutCommit(commit));
  }

  private async prepare(
    place: AttemptInSlot,
    {attempts, isFinished}: Origin,
    signal: StopSignal,
  ): Promise<Outcome | undefined> {
    const head = await this.branch.head();
    if (head.kind !== 'head') return refuseRewritten(head, this.parts);
    const kept = await this.keptWork(place, attempts, head.commit);
    if (isFinished && !kept) return LOST_WORK;
    const prepared = await this.maker.take(place.slot, kept?.base ?? head.commit, signal);
    if (!prepared) return undefined;
    const {slot, needsSetup} = prepared;
    if (kept) {
      await layIn(slot, kept.tree);
      await noteLeft(slot);
    }
    // Only now: who ends before this has left nothing of his own.
    setSlotOwner(slot, ownerOf(place));
    this.slots.rememberOwner(place.slot, ownerOf(place));
    if (signal.aborted) return undefined;
    return this.parts.setup.run(slot, place.slot, {place, isNew: needsSetup, signal});
  }

  private async keptWork({taskId: task}: AttemptId, from: readonly number[], head: string) {
    const {repo, milestoneId: id} = this.parts;
    for (const attempt of from) {
      const work = await findKeptWork(repo, {id, task, attempt}, head);
      if (work) return work;
    }
    return undefined;
  }

  private async hasChanged(place: AttemptInSlot): Promise<boolean> {
    const slot = this.slots.find(place.slot);
    return slot === undefined || this.activity.hasChanged(place, slot);
  }

  private async keep(place: AttemptInSlot, work: FrozenWork | undefined): Promise<void> {
    if (!(await this.freezer.keep(place, work))) await this.rescue(place);
  }

  private async rescue(place: AttemptInSlot): Promise<void> {
    const {milestoneId} = this.parts;
    const slot = this.slotOf(place);
    // Who was queued has left it.
    if (!slot) return void (await this.freezer.keepPinned(place));
    markUnsaved(slot, ownerOf(place));
    await this.branch.takeBack();
    if (await this.freezer.keepPinned(place)) return clearUnsaved(slot);
    const base = await slotBase(slot);
    if (base === undefined) return;
    const patience = this.rescuePatience();
    const patient = withPatience(slot, patience);
    try {
      await showHiddenChanges(patient);
      await noteLeft(patient);
      const rescue = await saveRescue(patient, {id: milestoneId, task: place.taskId, attempt: place.attempt, base});
      if (!rescue?.nested.length && (await changedSubmodules(slot)).length === 0) clearUnsaved(slot);
    } catch (error) {
      const isHurried = patience?.signal?.aborted === true;
      if (!isHurried && !(error instanceof MilestoneError && error.code === 'GIT_FAILED')) throw error;
      // A slot that git cannot read is set aside, whole, before the place is used again.
      this.parts.warn(
        `the work of task \`${place.taskId}\` could not be kept as a commit: ${isHurried ? 'there was no time' : (error as Error).message}`,
      );
    }
  }

  /** The slot of an attempt, if nobody else has it by now. */
  private slotOf(place: AttemptPlace): Repository | undefined {
    const slot = place.slot === undefined ? undefined : this.slots.find(place.slot);
    return slot && slotOwner(slot) === ownerOf(place) ? slot : undefined;
  }

  async noteLeft(number: number): Promise<void> {
    const slot = this.slots.find(number);
    try {
      if (slot) await noteLeft(withPatience(slot, this.rescuePatience()));
    } catch (error) {
      // Then what is there is kept at the next look, of worth or not.
      this.parts.warn(`\`${slot?.topLevel}\` could not be looked at: ${(error as Error).message}`);
    }
  }

  private async checkpoint({taskId, attempt, slot: number}: AttemptInSlot) {
    const slot = this.slots.find(number);
    const base = slot && (await slotBase(slot));
    if (!slot || base === undefined) return undefined;
    const patient = withPatience(slot, this.patience({timeoutMs: CHECKPOINT_MS}));
    return saveCheckpoint(patient, {id: this.parts.milestoneId, task: taskId, attempt, base});
  }

  async remove(): Promise<void> {
    const {repo, setup, warn} = this.parts;
    const warnings = await removeSlots(repo, this.slots.all(), {
      pools: [this.slots.pool],
      keeperOf: number => this.maker.keeperOf(number),
      patience: () => this.rescuePatience(),
      ...(setup.tearsDown && {tearDown: (slot: Repository, number: number) => setup.tearDown(slot, number)}),
    });
    for (const warning of warnings) warn(warning);
    await this.freezer.unpinAll().catch(error => {
      if (isPassingFailure(error)) throw error;
      warn((error as Error).message);
    });
  }

  /** Who is in a hurry lets what is under way go; what comes then gets a few seconds. */
  private rescuePatience(): Patience | undefined {
    const patience = this.patience({timeoutMs: RESCUE_MS});
    const {hurry} = patience ?? {};
    return hurry?.aborted ? this.patience({timeoutMs: HURRIED_RESCUE_MS}) : patience && {...patience, signal: hurry};
  }

  private patience(more: Partial<Patience>): Patience | undefined {
    const patience = this.parts.patience?.();
    return patience && {...patience, ...more};
  }
}

/** The place of an attempt in one of the slots. */

function ownerOf({taskId, attempt}: AttemptId): string {
  return `${taskId}.${attempt}`;
}
