import {MilestoneError} from '../errors.ts';
import {alignIndex, checkedOutAt, followCheckout} from '../git/checkout.ts';
import {commitTree} from '../git/commit.ts';
import {git, isObjectGone, type Repository} from '../git/git.ts';
import {advanceBranch, isAncestor, readHead, resolveCommit, writeRef} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {changesOf, compareTrees} from '../git/trees/compare-trees.ts';
import {findConflictMarkers} from '../git/trees/conflict-markers.ts';
import {mergeOntoHead, takenBeyond} from '../git/trees/merge.ts';
import type {Lock} from '../lock/lock.ts';
import type {AttemptId} from '../state/task.ts';
import {checkoutInTheWay} from './checkout-in-the-way.ts';
import {isWhole, pinTree, unpin} from './frozen-refs.ts';
import {takeBackBranch} from './take-back-branch.ts';
import type {
  Advance,
  AttemptPlace,
  Branch,
  BranchHead,
  BranchMove,
  FrozenWork,
  LaidWork,
  MergedWork,
  QueuedWork,
} from './workspace.ts';

export interface BranchParts {
  repo: Repository;
  branch: string;
  milestoneId: string;
  lock: Lock;
  warn?(message: string): void;
  /** The last commit that the execution itself put on the branch. */
  lastHead(): string | undefined;
  /** The repository as it is seen where the attempt's work was made, or lies merged: attributes and merge drivers hold. */
  mergeIn(place: AttemptPlace): Repository;
  /** A folder in which a commit lies checked out. */
  checkOutCommit(commit: string): Promise<string>;
  /** The checkout in which attempts work, where that is the user's own: it holds the work already. */
  sharedCheckout?: Repository;
}

/** The branch, in worktree mode and in shared mode. */
export class GitBranch implements Branch {
  constructor(private readonly parts: BranchParts) {}

  get name(): string {
    return this.parts.branch;
  }

  /** What attempts, whichever they are, have put on the branch themselves, and not beside it, is taken off it. */
  async takeBack(_place?: AttemptPlace): Promise<void> {
    const {repo, branch, lock, warn} = this.parts;
    const last = this.parts.lastHead();
    if (last === undefined) return;
    lock.check();
    const taken = await takeBackBranch(repo, branch, last);
    if (!taken) return;
    const ref = await this.keepCommits(taken.commit);
    warn?.(
      `an attempt had committed to \`${branch}\` itself; ${taken.commit} is taken off it, to be checked first (kept as \`${ref}\`)`,
    );
  }

  /** @returns The ref that keeps a commit, with those that it was made on. */
  protected async keepCommits(commit: string): Promise<string> {
    const {repo, milestoneId: id} = this.parts;
    const ref = `refs/milestone/rescue/${id}/branch.${commit.slice(0, 12)}`;
    await writeRef(repo, ref, commit, 'milestone: taken off the branch');
    return ref;
  }

  pin({taskId: task, attempt}: AttemptId, {tree, base}: FrozenWork, message?: string): Promise<string> {
    const {repo, milestoneId: id} = this.parts;
    return pinTree(repo, {id, task, attempt, base, message}, tree);
  }

  isWhole(work: Pick<FrozenWork, 'tree' | 'base' | 'objects'>): Promise<boolean> {
    return isWhole(this.parts.repo, work);
  }

  diffOf({base, tree}: FrozenWork): Promise<string> {
    return git(this.parts.repo, [
      'diff-tree',
      '-r',
      '-p',
      '--no-color',
      '--no-ext-diff',
      '--end-of-options',
      base,
      tree,
    ]);
  }

  shortDiffOf({base, tree}: FrozenWork, files: readonly string[]): Promise<string> {
    const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--text', '--src-prefix=a/', '--dst-prefix=b/'];
    const args = ['-c', 'core.quotePath=false', 'diff-tree', '-r', '-p', '-U0', '-M', ...plain];
    const paths = files.map(file => `:(top,literal)${file}`);
    return git(this.parts.repo, [...args, '--end-of-options', base, tree, '--', ...paths]);
  }

  conflictMarkersIn({base, tree, hasChanges}: FrozenWork): Promise<string[]> {
    return hasChanges ? findConflictMarkers(this.parts.repo, base, tree) : Promise.resolve([]);
  }

  async changedIn(commit: string): Promise<string[]> {
    const {repo} = this.parts;
    const {parents} = await readCommit(repo, commit);
    if (parents[0] === undefined) return [];
    return (await compareTrees(repo, parents[0], commit)).map(({path: file}) => file);
  }

  async head(): Promise<BranchHead> {
    const {repo, branch} = this.parts;
    await this.takeBack();
    const actual = await readHead(repo, branch);
    const last = this.parts.lastHead();
    if (actual !== undefined && (last === undefined || last === actual || (await isAncestor(repo, last, actual))))
      return {kind: 'head', commit: actual};
    const message =
      actual === undefined
        ? `the branch \`${branch}\` is gone; it was at ${last}`
        : `the branch \`${branch}\` was rewound or rewritten: it is at ${actual}, which does not contain ${last}`;
    return {
      kind: 'rewritten',
      blocker: {
        type: 'branch_rewritten',
        message,
        hint: `\`git branch -f ${branch} ${last}\` puts it back, then \`milestone resume\``,
      },
    };
  }

  async merge(place: AttemptPlace, work: QueuedWork, head: string): Promise<MergedWork> {
    try {
      const merged = await this.mergeUnchecked(place, work, head);
      // Git may have met a loss in silence.
      return merged.kind === 'lost' || (await this.isWhole(work)) ? merged : {kind: 'lost'};
    } catch (error) {
      if (!(error instanceof MilestoneError) || (await this.isWhole(work))) throw error;
      return {kind: 'lost'};
    }
  }

  private async mergeUnchecked(place: AttemptPlace, work: QueuedWork, head: string): Promise<MergedWork> {
    const {tree, base, commit} = work;
    const merged = await mergeOntoHead(this.parts.mergeIn(place), {head, base, tree, commit});
    return merged.kind === 'conflict' ? merged : {kind: 'merged', tree: merged.tree};
  }

  async firstLost<Work extends LaidWork>(laid: readonly Work[]): Promise<Work | undefined> {
    const {repo} = this.parts;
    if (laid.length === 0) return undefined;
    const changes = await changesOf(
      repo,
      laid.map(({commit}) => commit),
    );
    for (const one of laid) {
      const {base, tree} = one.work;
      const files = changes.get(one.commit) ?? [];
      const isSmaller = files.some(({status}) => status === 'deleted');
      if (isSmaller && takenBeyond(files, await compareTrees(repo, base, tree)).length > 0) return one;
    }
    return undefined;
  }

  checkOutCommit(commit: string): Promise<string> {
    return this.parts.checkOutCommit(commit);
  }

  commit(tree: string, parent: string, message: string): Promise<string> {
    return commitTree(this.parts.repo, {tree, parents: [parent], message});
  }

  async advance({to, from, places}: BranchMove): Promise<Advance> {
    const {repo, branch, lock, sharedCheckout} = this.parts;
    const blocker = await checkoutInTheWay(repo, branch, {except: sharedCheckout});
    if (blocker) return {kind: 'checked_out', blocker};
    lock.check();
    const reason = `milestone: ${places.map(({taskId, attempt}) => `${taskId}, attempt ${attempt}`).join('; ')}`;
    const move = await advanceBranch(repo, {branch, from, to, reason}).catch(error => {
      // A prune took the commit, to which nothing referred yet: it is made again.
      if (isObjectGone(error)) return {kind: 'moved'} as const;
      throw error;
    });
    // A git of an executor that died may have moved it after all.
    if (move.kind === 'moved' && !(await this.isIntegrated(to))) return {kind: 'moved'};
    for (const {taskId: task, attempt} of places) await unpin(repo, {id: this.parts.milestoneId, task, attempt});
    await this.follow(from, to);
    return {kind: 'advanced'};
  }

  async follow(from: string, to: string): Promise<void> {
    const {repo, branch, sharedCheckout} = this.parts;
    for (const checkout of await checkedOutAt(repo, branch)) {
      if (checkout.gitDir !== sharedCheckout?.gitDir) await followCheckout(checkout, from, to);
      await alignIndex(checkout);
    }
  }

  async canFollow(): Promise<boolean> {
    const {repo, branch, sharedCheckout} = this.parts;
    return (await checkoutInTheWay(repo, branch, {except: sharedCheckout})) === undefined;
  }

  async isIntegrated(commit: string): Promise<boolean> {
    const {repo, branch} = this.parts;
    const head = await readHead(repo, branch);
    return head !== undefined && (await isAncestor(repo, commit, head));
  }

  async workOf(commit: string): Promise<QueuedWork | undefined> {
    const {repo} = this.parts;
    if ((await resolveCommit(repo, commit)) === undefined) return undefined;
    const {tree, parents, message} = await readCommit(repo, commit);
    return {commit, tree, base: parents[0] as string, hasChanges: true, changedFiles: [], message};
  }
}
