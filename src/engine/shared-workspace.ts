import type {Outcome} from '../events/event.ts';
import {dirtyFiles, restoreFiles} from '../git/checkout.ts';
import type {Repository} from '../git/git.ts';
import {findKeptWork, layIn} from '../git/lay-in.ts';
import {readRef} from '../git/refs.ts';
import {workFolder} from '../git/repository.ts';
import {alignIndex, rescueLeftovers, switchTo, syncFiles, treeDirty} from '../git/shared.ts';
import {writeTree} from '../git/tree.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {ActivityWatch, checkpoint, GitIntegration, type GitParts, LOST_WORK} from './git-workspace.ts';
import type {Lock} from './lock.ts';
import type {Advance, AttemptPlace, Workspace} from './workspace.ts';

export interface SharedParts extends Pick<GitParts, 'repo' | 'branch' | 'lock' | 'hooks' | 'lastHead'> {
  milestoneId: string;
  /** On the checkout, which this execution has to itself. */
  checkoutLock: Lock;
  /** End what an execution that is dead has left running in the checkout. */
  endLeftBehind(): Promise<unknown>;
  onBranchProblem(problem: {message: string; hint: string}): void;
}

/** Attempts work in the user's own checkout, one at a time, on the milestone's branch. */
export class SharedWorkspace implements Workspace {
  readonly isolation = 'shared';
  readonly hasSlots = false;
  readonly integration: GitIntegration;
  private readonly activity = new ActivityWatch();

  constructor(private readonly parts: SharedParts) {
    const {repo} = parts;
    this.integration = new SharedIntegration({
      ...parts,
      sharedCheckout: repo,
      worktreeOf: () => repo,
      baseOf: async () => (await readRef(repo, 'HEAD')) as string,
      checkOutCommit: async () => workFolder(repo),
    });
  }

  async begin(): Promise<void> {
    await this.parts.endLeftBehind();
  }

  folderOf(): string {
    return workFolder(this.parts.repo);
  }

  async prepare(
    place: AttemptPlace,
    _: StopSignal,
    from: readonly number[] = [],
    isFinished = false,
  ): Promise<Outcome | undefined> {
    const head = await this.integration.readHead();
    if (head.kind !== 'head') {
      this.parts.onBranchProblem(head);
      return {kind: 'cancelled', message: head.message};
    }
    this.parts.checkoutLock.check();
    await switchTo(this.parts.repo, this.parts.branch);
    const dirty = await dirtyFiles(this.parts.repo);
    // Nobody but the attempt may have changed what will be committed as its work.
    if (dirty.length > 0) throw treeDirty(dirty);
    const found = await this.layInWork(place, from, head.commit);
    if (!isFinished || found === 'laid in') return undefined;
    if (found === 'nothing') return LOST_WORK;
    return {kind: 'conflict', files: [], message: 'conflicts with what was integrated meanwhile'};
  }

  /** What does not fit on the head is only named to the attempt: nobody else's checkout is moved back for it. */
  private async layInWork({taskId: task}: AttemptPlace, from: readonly number[], head: string) {
    const {repo, milestoneId: id} = this.parts;
    for (const attempt of from) {
      const work = await findKeptWork(repo, {id, task, attempt}, head);
      if (!work) continue;
      if (work.base !== head) return 'left out';
      await layIn(repo, work.tree);
      return 'laid in';
    }
    return 'nothing';
  }

  hasChanged(place: AttemptPlace): Promise<boolean> {
    return this.activity.hasChanged(place, this.parts.repo);
  }

  async rescue({taskId, attempt}: AttemptPlace): Promise<void> {
    await rescueLeftovers(this.parts.repo, {id: this.parts.milestoneId, task: taskId, attempt});
  }

  checkpoint({taskId, attempt}: AttemptPlace) {
    return checkpoint(this.parts.repo, {id: this.parts.milestoneId, task: taskId, attempt});
  }

  async remove(): Promise<void> {
    this.parts.checkoutLock.release();
  }
}

/** The checkout holds the work already when the branch moves; what the checks wrote beside it is taken away. */
class SharedIntegration extends GitIntegration {
  constructor(private readonly shared: GitParts & SharedParts) {
    super(shared);
  }

  override async advance(move: {to: string; from: string; place: AttemptPlace}): Promise<Advance> {
    const {repo, checkoutLock} = this.shared;
    checkoutLock.check();
    const {changedFiles} = await writeTree(repo, move.from);
    syncFiles(repo, changedFiles);
    const advance = await super.advance(move);
    if (advance.kind !== 'advanced') return advance;
    const {changedFiles: written} = await writeTree(repo, move.to);
    if (written.length > 0) await restoreFiles(repo, move.to, written);
    await alignIndex(repo);
    return advance;
  }
}

/**
 * @throws {MilestoneError} `TREE_DIRTY` when the checkout is not clean at the first start.
 */
export async function assertClean(repo: Repository): Promise<void> {
  const dirty = await dirtyFiles(repo);
  if (dirty.length > 0) throw treeDirty(dirty);
}
