import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import type {Repository} from '../git/git.ts';
import {findKeptWork, layIn} from '../git/lay-in.ts';
import {workFolder} from '../git/repository.ts';
import {saveRescue} from '../git/rescue.ts';
import {slotAt, slotFolder, slotPool} from '../git/slot-place.ts';
import {prepareSlot, removeSlots, setSlotOwner, slotBase, slotOwner} from '../git/slots.ts';
import type {Clock} from '../platform/clock.ts';
import {listFolder} from '../platform/files.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {ActivityWatch, checkpoint, GitIntegration, type GitParts, LOST_WORK} from './git-workspace.ts';
import type {SlotSetup} from './slot-setup.ts';
import type {AttemptPlace, Workspace} from './workspace.ts';

export interface WorktreeParts extends Pick<GitParts, 'repo' | 'branch' | 'lock' | 'hooks' | 'lastHead'> {
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

/** A pool of worktrees with detached heads, one for each attempt at a time; the user's checkout is never touched. */
export class WorktreeWorkspace implements Workspace {
  readonly isolation = 'worktree';
  readonly hasSlots = true;
  readonly integration: GitIntegration;
  private readonly activity = new ActivityWatch();
  /** Attempts whose work may lie in a slot and nowhere else. */
  private readonly unsaved = new Map<number, AttemptPlace>();

  constructor(private readonly parts: WorktreeParts) {
    this.integration = new GitIntegration({
      ...parts,
      worktreeOf: place => this.slot(place.slot),
      baseOf: async slot => (await slotBase(slot)) as string,
      checkOutCommit: async commit => {
        const {slot, needsSetup} = await this.prepareSlot(parts.mergeSlot(), commit);
        const occasion = {isNew: needsSetup, signal: parts.signal};
        const failed = await parts.setup.run(slot, parts.mergeSlot(), occasion);
        if (failed)
          throw new MilestoneError('GIT_FAILED', `the slot for checks could not be set up: ${failed.message}`);
        return workFolder(slot);
      },
    });
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
    const {slot, needsSetup} = await this.prepareSlot(place.slot, kept?.base ?? head.commit);
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
    this.unsaved.set(place.slot, place);
    const base = await slotBase(slot);
    if (base === undefined) return;
    try {
      await saveRescue(slot, {id: milestoneId, task: place.taskId, attempt: place.attempt, base});
    } catch (error) {
      if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
      // A slot that git cannot read is set aside, whole, before the place is used again.
      this.parts.warn(`the work of task \`${place.taskId}\` could not be kept as a commit: ${error.message}`);
    }
  }

  async checkpoint({taskId, attempt, slot: number}: AttemptPlace) {
    const slot = this.slot(number);
    return slot && checkpoint(slot, {id: this.parts.milestoneId, task: taskId, attempt});
  }

  async remove(): Promise<void> {
    const {repo, root, milestoneId, setup} = this.parts;
    for (const name of listFolder(slotPool(repo, root, milestoneId)).filter(name => /^\d+$/.test(name))) {
      const slot = slotAt(repo, this.folder(Number(name)));
      if (slot) await setup.tearDown(slot, Number(name));
    }
    for (const warning of await removeSlots(repo, root, milestoneId)) this.parts.warn(warning);
  }

  private async prepareSlot(number: number, commit: string) {
    const {repo, home, milestoneId, fresh, clock} = this.parts;
    const unsaved = this.unsaved.get(number);
    const prepared = await prepareSlot(repo, {
      folder: this.folder(number),
      commit,
      home,
      fresh,
      ...(unsaved && {keepAs: {id: milestoneId, task: unsaved.taskId, attempt: unsaved.attempt}}),
      clock,
    });
    this.unsaved.delete(number);
    for (const warning of prepared.warnings) this.parts.warn(warning);
    return prepared;
  }

  /** `undefined` when what worked there has removed its `.git`, or has put one of its own in its place. */
  private slot(number: number): Repository | undefined {
    return slotAt(this.parts.repo, this.folder(number));
  }

  private folder(number: number): string {
    const {repo, root, milestoneId} = this.parts;
    return slotFolder(repo, root, milestoneId, number);
  }
}

function ownerOf({taskId, attempt}: AttemptPlace): string {
  return `${taskId}.${attempt}`;
}
