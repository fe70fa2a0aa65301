import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import {type Repository, withPatience} from '../git/git.ts';
import {showHiddenChanges} from '../git/hidden-changes.ts';
import {changedSubmodules} from '../git/nested.ts';
import {workFolder} from '../git/repository.ts';
import {slotAt, slotFolder, slotPool, slotRoot, slotsElsewhere} from '../git/slot-place.ts';
import type {Clock} from '../platform/clock.ts';
import {listFolder} from '../platform/files.ts';
import type {Patience} from '../platform/processes/run-git.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {ActivityWatch, checkpoint, GitIntegration, type GitParts, LOST_WORK} from './git-integration.ts';
import {findKeptWork, layIn} from './kept-work.ts';
import {mendRegistrations, mendSlots} from './mend-slots.ts';
import {type RescueName, saveRescue} from './rescue.ts';
import type {SlotSetup} from './slot-setup.ts';
import {
  clearUnsaved,
  markUnsaved,
  prepareSlot,
  removeSlots,
  setSlotOwner,
  slotBase,
  slotOwner,
  unsavedOwner,
} from './slots.ts';
import {type AttemptPlace, SetupFailed, type Workspace} from './workspace.ts';

export interface WorktreeParts extends Pick<GitParts, 'repo' | 'branch' | 'lock' | 'hooks' | 'lastHead' | 'patience'> {
  milestoneId: string;
  home: string;
  /** `workspace.root`. */
  root: string | undefined;
  /** Remove ignored files before every attempt. */
  fresh: boolean;
  /** Number of the merge queue's own slot. */
  mergeSlot(): number;
  clock: Clock;
  signal: AbortSignal;
  setup: SlotSetup;
  warn(message: string): void;
  /** The branch is not what it was: nothing can start. */
  onBranchProblem(problem: {message: string; hint: string}): void;
}

/** What takes longer is tried again at the next one. */
const CHECKPOINT_MS = 240_000;
/** Whoever wants to end does not wait for longer; the work stays in the slot. */
const RESCUE_MS = 60_000;
const HURRIED_RESCUE_MS = 5_000;

/** A pool of worktrees with detached heads, one for each attempt at a time; the user's checkout is never touched. */
export class WorktreeWorkspace implements Workspace {
  readonly isolation = 'worktree';
  readonly hasSlots = true;
  readonly integration: GitIntegration;
  private readonly activity = new ActivityWatch();

  constructor(private readonly parts: WorktreeParts) {
    this.integration = new GitIntegration({
      ...parts,
      worktreeOf: place => this.slot(place.slot),
      baseOf: async slot => (await slotBase(slot)) as string,
      checkOutCommit: async commit => {
        const {slot, needsSetup} = await this.prepareMergeSlot(commit);
        const occasion = {isNew: needsSetup, signal: parts.signal};
        const failed = await parts.setup.run(slot, parts.mergeSlot(), occasion);
        if (failed) throw new SetupFailed(failed);
        return workFolder(slot);
      },
    });
  }

  async begin(): Promise<void> {
    const {repo, root, milestoneId: id} = this.parts;
    await mendSlots(repo, slotPool(repo, root, id));
  }

  folderOf(slot: number): string {
    return workFolder({...this.parts.repo, topLevel: this.folder(slot)});
  }

  async prepare(
    place: AttemptPlace,
    signal: StopSignal,
    from: readonly number[] = [],
    isFinished = false,
  ): Promise<Outcome | undefined> {
    const head = await this.integration.readHead();
    if (head.kind !== 'head') {
      this.parts.onBranchProblem(head);
      return {kind: 'cancelled', message: head.message};
    }
    const kept = await this.keptWork(place, from, head.commit);
    if (isFinished && !kept) return LOST_WORK;
    const prepared = await this.prepareSlot(place.slot, kept?.base ?? head.commit, signal);
    if (!prepared) return undefined;
    const {slot, needsSetup} = prepared;
    if (kept) await layIn(slot, kept.tree);
    // Only now: who ends before this has left nothing of his own.
    setSlotOwner(slot, ownerOf(place));
    if (signal.aborted) return undefined;
    return this.parts.setup.run(slot, place.slot, {place, isNew: needsSetup, signal});
  }

  private async keptWork({taskId: task}: AttemptPlace, from: readonly number[], head: string) {
    const {repo, milestoneId: id} = this.parts;
    for (const attempt of from) {
      const work = await findKeptWork(repo, {id, task, attempt}, head);
      if (work) return work;
    }
    return undefined;
  }

  async hasChanged(place: AttemptPlace): Promise<boolean> {
    const slot = this.slot(place.slot);
    return slot === undefined || this.activity.hasChanged(place, slot);
  }

  async rescue(place: AttemptPlace): Promise<void> {
    const {milestoneId} = this.parts;
    const slot = this.slot(place.slot);
    if (!slot || slotOwner(slot) !== ownerOf(place)) return;
    markUnsaved(slot, ownerOf(place));
    await this.integration.takeBack(place);
    if (await this.integration.keepHeld(place)) return clearUnsaved(slot);
    const base = await slotBase(slot);
    if (base === undefined) return;
    const patience = this.rescuePatience();
    const patient = withPatience(slot, patience);
    try {
      await showHiddenChanges(patient);
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

  async checkpoint({taskId, attempt, slot: number}: AttemptPlace) {
    const slot = this.slot(number);
    return (
      slot &&
      checkpoint(withPatience(slot, this.patience({timeoutMs: CHECKPOINT_MS})), {
        id: this.parts.milestoneId,
        task: taskId,
        attempt,
      })
    );
  }

  async remove(): Promise<void> {
    const {repo, root, milestoneId, home, setup} = this.parts;
    for (const name of listFolder(slotPool(repo, root, milestoneId)).filter(name => /^\d+$/.test(name))) {
      const slot = slotAt(repo, this.folder(Number(name)));
      if (slot) await setup.tearDown(slot, Number(name));
    }
    for (const warning of await removeSlots(repo, root, milestoneId, home)) this.parts.warn(warning);
    await this.integration.letGoOfAll();
  }

  /** @returns `undefined` when the signal ended it. A large worktree may take its time. */
  private async prepareSlot(number: number, commit: string, signal: StopSignal) {
    try {
      return await this.makeSlot(number, commit, this.patience({signal, timeoutMs: undefined}));
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  private prepareMergeSlot(commit: string) {
    const patience = this.patience({timeoutMs: undefined});
    return this.makeSlot(this.parts.mergeSlot(), commit, patience && {...patience, signal: patience.hurry});
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

  private async makeSlot(number: number, commit: string, patience: Patience | undefined) {
    const {repo, root, home, milestoneId, fresh, clock} = this.parts;
    await mendRegistrations(repo, slotRoot(repo, root));
    const slot = slotAt(repo, this.folder(number));
    const keepAs = slot && attemptOf(milestoneId, unsavedOwner(slot));
    const prepared = await prepareSlot(withPatience(repo, patience), {
      folder: this.folder(number),
      commit,
      home,
      fresh,
      ...(keepAs && {keepAs}),
      clock,
    });
    if (prepared.needsSetup) this.parts.setup.forget(prepared.slot);
    for (const warning of prepared.warnings) this.parts.warn(warning);
    return {...prepared, slot: withPatience(prepared.slot, undefined)};
  }

  /** `undefined` when what worked there has removed its `.git`, or has put one of its own in its place. */
  private slot(number: number): Repository | undefined {
    const {repo, root, milestoneId, home} = this.parts;
    const here = slotAt(repo, this.folder(number));
    if (here) return here;
    const pool = slotPool(repo, root, milestoneId);
    return slotsElsewhere(repo, {home, pool}).find(({topLevel}) => path.basename(topLevel) === String(number));
  }

  private folder(number: number): string {
    const {repo, root, milestoneId} = this.parts;
    return slotFolder(repo, root, milestoneId, number);
  }
}

function ownerOf({taskId, attempt}: AttemptPlace): string {
  return `${taskId}.${attempt}`;
}

function attemptOf(id: string, owner: string | undefined): RescueName | undefined {
  const dot = owner?.lastIndexOf('.') ?? -1;
  return owner === undefined || dot < 0
    ? undefined
    : {id, task: owner.slice(0, dot), attempt: Number(owner.slice(dot + 1))};
}
