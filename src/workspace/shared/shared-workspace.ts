import {MilestoneError} from '../../errors.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import {readRef} from '../../git/refs.ts';
import {workFolder} from '../../git/repository.ts';
import type {Lock} from '../../lock/lock.ts';
import {SerialQueue} from '../../platform/serial-queue.ts';
import type {AttemptId} from '../../state/task.ts';
import {Freezer, type FreezerParts} from '../freezer.ts';
import type {BranchParts, GitBranch} from '../git-branch.ts';
import {findKeptWork, LOST_WORK, layIn} from '../kept-work.ts';
import {byHand} from '../plain-workspace.ts';
import {refuseRewritten} from '../refuse-rewritten.ts';
import {saveCheckpoint} from '../rescue.ts';
import {ActivityWatch} from '../slots/slot-activity.ts';
import type {AttemptPlace, BranchBlocker, Origin, Workplace, Workspace} from '../workspace.ts';
import {clearOccupant, type Occupant, readOccupant, setOccupant} from './occupant.ts';
import {SharedBranch} from './shared-branch.ts';
import {assertClean, clearTemporaryIndexes, putBack, rescueLeftovers, switchTo} from './shared-checkout.ts';

export interface SharedParts
  extends Pick<BranchParts, 'repo' | 'branch' | 'lock' | 'lastHead'>,
    Pick<FreezerParts, 'hooks' | 'patience'> {
  mergeSlot: number;
  milestoneId: string;
  home: string;
  /** On the checkout, which this execution has to itself. */
  checkoutLock: Lock;
  /** End what an execution that is dead has left running in the checkout. */
  endLeftBehind(): Promise<unknown>;
  /** Whether a task is in this attempt at it. */
  isCurrent(place: AttemptPlace): boolean;
  openBlocker(blocker: BranchBlocker): void;
  /** A person has changed the checkout: nothing more can start in it. */
  onDirty(error: MilestoneError): void;
  warn(message: string): void;
}

/** Attempts work in the user's own checkout, one at a time, on the milestone's branch. */
export class SharedWorkspace implements Workspace {
  readonly branch: GitBranch;
  private readonly freezer: Freezer;
  private readonly activity = new ActivityWatch();
  /** Who wants the checkout: an attempt takes it, a check has it until it has ended. */
  private readonly turns = new SerialQueue();
  /** The last attempt of this process that took the checkout. */
  private last: AttemptPlace | undefined;

  constructor(private readonly parts: SharedParts) {
    const {repo} = parts;
    this.branch = new SharedBranch({
      ...parts,
      sharedCheckout: repo,
      mergeIn: () => repo,
      checkOutCommit: async () => workFolder(repo),
      leave: place => this.takeAway(place),
      occupantOf: place => this.occupantOf(place),
    });
    this.freezer = new Freezer({
      ...parts,
      branch: this.branch,
      worktreeOf: () => repo,
      baseOf: async () => (await readRef(repo, 'HEAD')) as string,
      inSlots: false,
    });
  }

  get mergeSlot(): number {
    return this.parts.mergeSlot;
  }

  async begin(): Promise<void> {
    await this.parts.endLeftBehind();
    clearTemporaryIndexes(this.parts.repo);
  }

  workplaceOf(place: AttemptPlace): Workplace {
    const {repo, home} = this.parts;
    const folder = workFolder(repo);
    if (place.slot === undefined) return byHand(folder, home);
    return {
      folder,
      home,
      freeze: options => this.freezer.freeze(place, options),
      keep: async work => {
        // The checkout is put back to what it was; without what checks left beside it, the work is kept anew.
        const isKept = await this.freezer.isWorthKeeping(work);
        await this.rescue(place);
        if (isKept) await this.freezer.keep(place, work);
      },
      leave: () => this.rescue(place),
      hasChanged: () => this.activity.hasChanged(place, repo),
      checkpoint: () => this.checkpoint(place),
    };
  }

  async open(place: AttemptPlace, from: Origin): Promise<Workplace | {refused: Outcome}> {
    const refused = place.slot === undefined ? undefined : await this.prepare(place, from);
    return refused ? {refused} : this.workplaceOf(place);
  }

  private async prepare(place: AttemptPlace, {attempts, isFinished}: Origin): Promise<Outcome | undefined> {
    await this.turns.run(async () => {
      this.last = place;
    });
    const head = await this.branch.head();
    if (head.kind !== 'head') return refuseRewritten(head, this.parts);
    try {
      await this.switchToBranch();
    } catch (error) {
      if (!(error instanceof MilestoneError) || error.code !== 'TREE_DIRTY') throw error;
      // Before the attempt ends: nothing may start in between.
      this.parts.onDirty(error);
      return {kind: 'cancelled', message: error.message};
    }
    // Only now: whatever lay there before is not the attempt's.
    const base = (await readRef(this.parts.repo, 'HEAD')) as string;
    setOccupant(this.parts.repo, {attempt: this.nameOf(place), base});
    const found = await this.layInWork(place, attempts, head.commit);
    if (!isFinished || found === 'laid in') return undefined;
    if (found === 'nothing') return LOST_WORK;
    return {kind: 'conflict', files: [], message: 'conflicts with what was integrated meanwhile'};
  }

  /** @throws {MilestoneError} `TREE_DIRTY`; then nothing has changed. */
  private async switchToBranch(): Promise<void> {
    const {repo, branch, checkoutLock} = this.parts;
    checkoutLock.check();
    await assertClean(repo, branch);
    await switchTo(repo, branch);
  }

  /** What does not fit on the head is only named to the attempt: nobody else's checkout is moved back for it. */
  private async layInWork({taskId: task}: AttemptId, from: readonly number[], head: string) {
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

  checkAt<Result>(_: unknown, check: (folder: string) => Promise<Result>): Promise<Result | undefined> {
    return this.turns.run(async () => {
      if (this.last && this.parts.isCurrent(this.last)) return undefined;
      await this.switchToBranch();
      try {
        return await check(workFolder(this.parts.repo));
      } finally {
        await putBack(this.parts.repo);
      }
    });
  }

  /** What checks leave is taken away when the attempt is. */
  async noteLeft(): Promise<void> {}

  private async rescue(place: AttemptPlace): Promise<void> {
    const {repo, milestoneId: id, warn} = this.parts;
    // An attempt that could not begin has left nothing: what lies there is the user's.
    if (!this.occupantOf(place)) return;
    const {taskId: task, attempt} = place;
    await this.branch.takeBack(place);
    const rescue = await rescueLeftovers(repo, {id, task, attempt});
    // Where another process began it, a person may have added to it since, and that stays in it.
    if (this.isOwn(place)) await this.freezer.keepPinned(place);
    clearOccupant(repo);
    // While no executor lived, the user may have worked there as well.
    if (rescue && !this.isOwn(place))
      warn(
        `what lay in the checkout since attempt ${attempt} at task \`${task}\` broke off is kept as \`${rescue.ref}\``,
      );
  }

  /** Take away what lies beside the work of an attempt that is integrated. */
  private async takeAway(place: AttemptPlace): Promise<void> {
    if (!this.isOwn(place)) return this.rescue(place);
    const {repo} = this.parts;
    await putBack(repo);
    clearOccupant(repo);
  }

  private async checkpoint(place: AttemptPlace) {
    const {repo, milestoneId: id} = this.parts;
    const base = this.occupantOf(place)?.base;
    return base === undefined
      ? undefined
      : saveCheckpoint(repo, {id, task: place.taskId, attempt: place.attempt, base});
  }

  async remove(): Promise<void> {
    await this.freezer.unpinAll();
    this.parts.checkoutLock.release();
  }

  /** Whether this process has begun the attempt. */
  private isOwn({taskId, attempt}: AttemptId): boolean {
    return this.last?.taskId === taskId && this.last.attempt === attempt;
  }

  /** What is known of an attempt whose work lies in the checkout. */
  private occupantOf(place: AttemptPlace): (Occupant & {isOwn: boolean}) | undefined {
    const occupant = readOccupant(this.parts.repo);
    return occupant?.attempt === this.nameOf(place) ? {...occupant, isOwn: this.isOwn(place)} : undefined;
  }

  private nameOf({taskId, attempt}: AttemptId): string {
    return `${this.parts.milestoneId}/${taskId}.${attempt}`;
  }
}
