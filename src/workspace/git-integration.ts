import {createHash} from 'node:crypto';
import path from 'node:path';
import {stoppedOutcome} from '../drivers/driver.ts';
import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import {checkedOutAt, dirtyFiles, followCheckout} from '../git/checkout.ts';
import {commitTree} from '../git/commit.ts';
import {git, isObjectGone, type Repository, withPatience} from '../git/git.ts';
import {runCommitHooks} from '../git/hooks.ts';
import {advanceBranch, isAncestor, readHead, resolveCommit, writeRef} from '../git/refs.ts';
import {homePath} from '../git/repository.ts';
import {readCommit} from '../git/task-commits.ts';
import {compareObjects, compareTrees} from '../git/trees/compare-trees.ts';
import {findConflictMarkers} from '../git/trees/conflict-markers.ts';
import {showHiddenChanges} from '../git/trees/hidden-changes.ts';
import {mergeOntoHead, takenBeyond} from '../git/trees/merge.ts';
import {CannotAdd, writeTree} from '../git/trees/tree.ts';
import type {Lock} from '../lock/lock.ts';
import {GitTimeout, type Patience} from '../platform/processes/run-git.ts';
import {holdTree, isWhole, keepHeld, letGo, letGoOfAll} from './frozen-refs.ts';
import {noteLeft} from './left-as.ts';
import {type RescueName, saveCheckpoint, saveTree} from './rescue.ts';
import {alignIndex} from './shared-checkout.ts';
import {readActivity} from './slot-activity.ts';
import {slotBase} from './slot-notes.ts';
import {takeBackBranch} from './take-back-branch.ts';
import type {
  Advance,
  AttemptPlace,
  BranchHead,
  BranchMove,
  FreezeOptions,
  FrozenWork,
  Integration,
  MergedWork,
  QueuedWork,
} from './workspace.ts';

export interface GitParts {
  repo: Repository;
  branch: string;
  milestoneId: string;
  lock: Lock;
  /** `git.hooks`, as it is in force now. */
  hooks(): boolean;
  warn?(message: string): void;
  /** How long a git may take that reads files, and so starts filters and hooks, and what ends it before. */
  patience?(): Patience;
  /** The last commit that the execution itself put on the branch. */
  lastHead(): string | undefined;
  /** The worktree that an attempt works in; `undefined` when the attempt has made it something else. */
  worktreeOf(place: AttemptPlace): Repository | undefined;
  /** The repository as it is seen where the attempt's work was made, or lies merged: attributes and merge drivers hold. */
  mergeIn(place: AttemptPlace): Repository;
  /** Commit that what lies in the worktree was made on. */
  baseOf(worktree: Repository): Promise<string>;
  /** A folder in which a commit lies checked out. */
  checkOutCommit(commit: string): Promise<string>;
  /** The checkout in which attempts work, where that is the user's own: it holds the work already. */
  sharedCheckout?: Repository;
}

/** How work gets onto the branch, in worktree mode and in shared mode. */
export class GitIntegration implements Integration {
  constructor(private readonly parts: GitParts) {}

  get branch(): string {
    return this.parts.branch;
  }

  /** Freeze the work of an attempt; nobody removes its objects from then on. */
  async freeze(place: AttemptPlace, options: FreezeOptions): Promise<FrozenWork> {
    const work = await this.freezeUnheld(place, options);
    if (work.refused || !work.hasChanges) return work;
    await this.hold(place, work);
    // Only now: a prune that had begun before may have taken of it what it wanted.
    return (await this.isWhole(work)) ? work : {...work, refused: PRUNED_WORK};
  }

  private async freezeUnheld(place: AttemptPlace, options: FreezeOptions): Promise<FrozenWork> {
    const found = this.parts.worktreeOf(place);
    if (!found) return UNREADABLE_WORK;
    const patience = this.parts.patience?.();
    const worktree = withPatience(found, patience && {...patience, signal: options.signal});
    try {
      await this.takeBack(place);
      if (this.parts.sharedCheckout === undefined) {
        await showHiddenChanges(worktree);
        await noteLeft(worktree);
      }
      return await this.freezeIn(worktree, options);
    } catch (error) {
      if (options.signal.aborted) return {...NO_WORK, refused: stoppedOutcome(options.signal)};
      if (!(error instanceof CannotAdd || error instanceof GitTimeout)) throw error;
      const message = `left what git cannot commit: ${error.message}`;
      return {...NO_WORK, refused: {kind: 'failed', cause: 'check', message}};
    }
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

  private async freezeIn(worktree: Repository, {message, documents}: FreezeOptions): Promise<FrozenWork> {
    const base = await this.parts.baseOf(worktree);
    const {tree, objects, changedFiles, homeChanges, nested} = await writeTree(worktree, base);
    const work = {
      tree,
      objects,
      base,
      hasChanges: changedFiles.length > 0,
      changedFiles: changedFiles.map(file => file.path),
    };
    // In the user's own checkout the home is his and the program's, who both write it meanwhile.
    const isSlot = this.parts.sharedCheckout === undefined;
    const allowed = documents === undefined ? undefined : `${homePath(worktree)}/${documents}/`;
    const forbidden = homeChanges.filter(file => allowed === undefined || !file.startsWith(allowed));
    if (isSlot && forbidden.length > 0) return {...work, refused: outOfArea(forbidden)};
    if (nested.length > 0) return {...work, refused: holdsRepositories(nested.map(({path: folder}) => folder))};
    if (!this.parts.hooks() || !work.hasChanges) return work;
    const hooked = await runCommitHooks(worktree, {tree, message});
    if (isSlot) await noteLeft(worktree); // hooks may have written there
    if (hooked.ok) {
      const {objects: _, ...rest} = work;
      return {...rest, tree: hooked.tree, message: hooked.message};
    }
    const said = hooked.output.trim().split('\n').at(-1) ?? '';
    return {
      ...work,
      refused: {kind: 'failed', cause: 'check', message: `was refused by the hook \`${hooked.hook}\`: ${said}`},
    };
  }

  /** Of what a prune has taken a part of, the folder may hold the rest. */
  async isWorthKeeping(work: FrozenWork | undefined): Promise<boolean> {
    return work !== undefined && !work.refused && (await this.isWhole(work));
  }

  /** Keep frozen work that is not integrated at the attempt's rescue ref. @returns Whether it is there. */
  async keep({taskId: task, attempt}: AttemptPlace, work: FrozenWork | undefined): Promise<boolean> {
    if (!work || !(await this.isWorthKeeping(work))) return false;
    const {repo, milestoneId: id} = this.parts;
    await saveTree(repo, {id, task, attempt, base: work.base}, work.tree);
    await letGo(repo, {id, task, attempt}); // it is held there by now
    return true;
  }

  hold({taskId: task, attempt}: AttemptPlace, {tree, base}: FrozenWork, message?: string): Promise<string> {
    const {repo, milestoneId: id} = this.parts;
    return holdTree(repo, {id, task, attempt, base, message}, tree);
  }

  /** What is held of an attempt becomes its kept work. @returns Whether anything was. */
  keepHeld({taskId: task, attempt}: AttemptPlace): Promise<boolean> {
    const {repo, milestoneId: id} = this.parts;
    return keepHeld(repo, {id, task, attempt});
  }

  async letGoOfAll(): Promise<void> {
    await letGoOfAll(this.parts.repo, this.parts.milestoneId);
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

  async readHead(): Promise<BranchHead> {
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
      message,
      hint: `\`git branch -f ${branch} ${last}\` puts it back, then \`milestone resume\``,
    };
  }

  async merge(place: AttemptPlace, work: FrozenWork, head: string): Promise<MergedWork> {
    try {
      const merged = await this.mergeUnchecked(place, work, head);
      // Git may have met a loss in silence.
      return merged.kind === 'lost' || (await this.isWhole(work)) ? merged : {kind: 'lost'};
    } catch (error) {
      if (!(error instanceof MilestoneError) || (await this.isWhole(work))) throw error;
      return {kind: 'lost'};
    }
  }

  private async mergeUnchecked(place: AttemptPlace, work: FrozenWork, head: string): Promise<MergedWork> {
    const {tree, base, objects} = work;
    const {repo} = this.parts;
    const merged = await mergeOntoHead(this.parts.mergeIn(place), {head, base, tree});
    if (merged.kind === 'conflict') return merged;
    if (merged.kind === 'same') return {kind: 'merged', tree, ...(objects && {objects})};
    const {files, newObjects} = await compareObjects(repo, head, merged.tree);
    const isSmaller = files.some(({status}) => status === 'deleted');
    if (isSmaller && takenBeyond(files, await compareTrees(repo, base, tree)).length > 0) return {kind: 'lost'};
    return {kind: 'merged', tree: merged.tree, objects: [merged.tree, ...newObjects]};
  }

  async checkOut(tree: string, head: string): Promise<string> {
    return this.checkOutCommit(await this.commit(tree, head, 'Work to be checked\n'));
  }

  checkOutCommit(commit: string): Promise<string> {
    return this.parts.checkOutCommit(commit);
  }

  commit(tree: string, parent: string, message: string): Promise<string> {
    return commitTree(this.parts.repo, {tree, parents: [parent], message});
  }

  async advance({to, from, places}: BranchMove): Promise<Advance> {
    const {repo, branch, lock, sharedCheckout} = this.parts;
    const others = (await checkedOutAt(repo, branch)).filter(checkout => checkout.gitDir !== sharedCheckout?.gitDir);
    for (const checkout of others) {
      const files = await dirtyFiles(checkout);
      if (files.length > 0) return checkedOut(branch, checkout, files);
    }
    lock.check();
    const reason = `milestone: ${places.map(({taskId, attempt}) => `${taskId}, attempt ${attempt}`).join('; ')}`;
    const move = await advanceBranch(repo, {branch, from, to, reason}).catch(error => {
      // A prune took the commit, to which nothing referred yet: it is made again.
      if (isObjectGone(error)) return {kind: 'moved'} as const;
      throw error;
    });
    // A git of an executor that died may have moved it after all.
    if (move.kind === 'moved' && !(await this.isIntegrated(to))) return {kind: 'moved'};
    for (const {taskId: task, attempt} of places) await letGo(repo, {id: this.parts.milestoneId, task, attempt});
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
    for (const checkout of await checkedOutAt(repo, branch))
      if (checkout.gitDir !== sharedCheckout?.gitDir && (await dirtyFiles(checkout)).length > 0) return false;
    return true;
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

/** The error for a checkout that has the branch checked out and cannot follow it. */
function checkedOut(branch: string, checkout: Repository, files: readonly string[]) {
  const shown = files.slice(0, 3).map(file => `\`${file}\``);
  return {
    kind: 'checked_out' as const,
    message: `\`${checkout.topLevel}\` has \`${branch}\` checked out, with changes that are not committed (${shown.join(', ')}${files.length > 3 ? ' …' : ''})`,
    hint: `commit or stash them, or check out another branch in \`${path.basename(checkout.topLevel)}\`, then \`milestone resume\``,
  };
}

/** @throws {MilestoneError} `TREE_DIRTY` when a checkout of the branch could not follow it. */
export async function assertCheckoutsCanFollow(
  repo: Repository,
  branch: string,
  dirtyFiles: (checkout: Repository) => Promise<string[]>,
): Promise<void> {
  for (const checkout of await checkedOutAt(repo, branch)) {
    const files = await dirtyFiles(checkout);
    if (files.length === 0) continue;
    const {message, hint} = checkedOut(branch, checkout, files);
    throw new MilestoneError('TREE_DIRTY', message, {hint});
  }
}

/** Keep what a worktree holds at a rescue ref, while the attempt goes on. */
export async function checkpoint(worktree: Repository, name: RescueName) {
  const base = await slotBase(worktree);
  return base === undefined ? undefined : saveCheckpoint(worktree, {...name, base});
}

/** Git would merge what is left of it. */
export const PRUNED_WORK: Outcome = {
  kind: 'interrupted',
  message: 'was interrupted: somebody removed objects of its work from the repository (`git prune`?)',
  executor_died: false,
};

/** Finished work that was to be integrated is not kept any more: the task is worked on again. */
export const LOST_WORK: Outcome = {
  kind: 'failed',
  cause: 'setup',
  message: 'was let through, but the work that was kept of it is gone',
};

const NO_WORK: FrozenWork = {tree: '', base: '', hasChanges: false, changedFiles: []};

/** Of what lies in a folder without its `.git` nobody can say what it was made on: it has neither base nor tree. */
const UNREADABLE_WORK: FrozenWork = {
  ...NO_WORK,
  refused: {
    kind: 'failed',
    cause: 'out_of_area',
    files: ['.git'],
    message: 'removed or replaced the `.git` of its slot, without which nothing in there can be committed',
  },
};

/** What a silent attempt's slot looks like, to be compared with the next look. */
export class ActivityWatch {
  private readonly seen = new Map<string, string>();

  async hasChanged({taskId, attempt}: AttemptPlace, worktree: Repository): Promise<boolean> {
    const key = `${taskId}.${attempt}`;
    const before = this.seen.get(key) ?? digest('');
    const now = digest(await readActivity(worktree));
    this.seen.set(key, now);
    return now !== before;
  }
}

/** A long list of files need not be kept for the rest of the night. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function outOfArea(files: readonly string[]): Outcome {
  return {
    kind: 'failed',
    cause: 'out_of_area',
    files: [...files],
    message: `changed files below \`.milestones/\`, which no task may: ${files.slice(0, 5).join(', ')}`,
  };
}

function holdsRepositories(folders: readonly string[]): Outcome {
  return {
    kind: 'failed',
    cause: 'out_of_area',
    files: [...folders],
    message: `left git repositories of its own, whose files cannot be committed: ${folders.slice(0, 5).join(', ')}`,
  };
}
