import {stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {type Repository, withPatience} from '../git/git.ts';
import {runCommitHooks} from '../git/hooks.ts';
import {homePath} from '../git/repository.ts';
import {showHiddenChanges} from '../git/trees/hidden-changes.ts';
import {CannotAdd, writeTree} from '../git/trees/tree.ts';
import {GitTimeout, type Patience} from '../platform/processes/run-git.ts';
import type {AttemptId} from '../state/task.ts';
import {keepPinned, unpin, unpinAll} from './frozen-refs.ts';
import type {GitBranch} from './git-branch.ts';
import {saveTree} from './rescue.ts';
import {noteHead, noteLeft} from './slots/left-as.ts';
import type {AttemptPlace, FreezeOptions, FrozenWork} from './workspace.ts';

export interface FreezerParts {
  repo: Repository;
  milestoneId: string;
  branch: GitBranch;
  /** `git.hooks`, as it is in force now. */
  hooks(): boolean;
  /** How long a git may take that reads files, and so starts filters and hooks, and what ends it before. */
  patience?(): Patience;
  /** The worktree that an attempt works in; `undefined` when the attempt has made it something else. */
  worktreeOf(place: AttemptPlace): Repository | undefined;
  /** Commit that what lies in the worktree was made on. */
  baseOf(worktree: Repository): Promise<string>;
  /** Whether attempts work in slots; else it is in the user's own checkout. */
  inSlots: boolean;
}

/** Freezes what attempts have done, so that what is checked is what is merged, and keeps it. */
export class Freezer {
  constructor(private readonly parts: FreezerParts) {}

  /** Freeze the work of an attempt; nobody removes its objects from then on. */
  async freeze(place: AttemptPlace, options: FreezeOptions): Promise<FrozenWork> {
    const work = await this.freezeUnpinned(place, options);
    if (work.refused || !work.hasChanges) return work;
    const {branch} = this.parts;
    await branch.pin(place, work);
    // Only now: a prune that had begun before may have taken of it what it wanted.
    return (await branch.isWhole(work)) ? work : {...work, refused: PRUNED_WORK};
  }

  private async freezeUnpinned(place: AttemptPlace, options: FreezeOptions): Promise<FrozenWork> {
    const found = this.parts.worktreeOf(place);
    if (!found) return UNREADABLE_WORK;
    const patience = this.parts.patience?.();
    const worktree = withPatience(found, patience && {...patience, signal: options.signal});
    try {
      await this.parts.branch.takeBack(place);
      if (this.parts.inSlots) {
        await showHiddenChanges(worktree);
        await (options.isChecked ? noteHead : noteLeft)(worktree);
      }
      return await this.freezeIn(worktree, options);
    } catch (error) {
      if (options.signal.aborted) return {...NO_WORK, refused: stoppedOutcome(options.signal)};
      if (!(error instanceof CannotAdd || error instanceof GitTimeout)) throw error;
      const message = `left what git cannot commit: ${error.message}`;
      return {...NO_WORK, refused: {kind: 'failed', cause: 'check', message}};
    }
  }

  private async freezeIn(worktree: Repository, {message, documents}: FreezeOptions): Promise<FrozenWork> {
    const isSlot = this.parts.inSlots;
    const work = await readWork(worktree, await this.parts.baseOf(worktree), {isSlot, documents});
    if (work.refused) return work;
    if (!this.parts.hooks() || !work.hasChanges) return work;
    const hooked = await runCommitHooks(worktree, {tree: work.tree, message});
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
    return work !== undefined && !work.refused && (await this.parts.branch.isWhole(work));
  }

  /** Keep frozen work that is not integrated at the attempt's rescue ref. @returns Whether it is there. */
  async keep({taskId: task, attempt}: AttemptId, work: FrozenWork | undefined): Promise<boolean> {
    if (!work || !(await this.isWorthKeeping(work))) return false;
    const {repo, milestoneId: id} = this.parts;
    await saveTree(repo, {id, task, attempt, base: work.base}, work.tree);
    await unpin(repo, {id, task, attempt}); // it is held there by now
    return true;
  }

  /** What is pinned of an attempt becomes its kept work. @returns Whether anything was. */
  keepPinned({taskId: task, attempt}: AttemptId): Promise<boolean> {
    const {repo, milestoneId: id} = this.parts;
    return keepPinned(repo, {id, task, attempt});
  }

  async unpinAll(): Promise<void> {
    await unpinAll(this.parts.repo, this.parts.milestoneId);
  }
}

/** What a worktree holds beyond `base`, with what makes it unfit; nothing is kept. */
export async function readWork(
  worktree: Repository,
  base: string,
  {isSlot, documents}: {isSlot: boolean; documents?: string | undefined},
): Promise<FrozenWork> {
  const {tree, objects, changedFiles, homeChanges, nested} = await writeTree(worktree, base);
  const work = {
    tree,
    objects,
    base,
    hasChanges: changedFiles.length > 0,
    changedFiles: changedFiles.map(file => file.path),
  };
  // In the user's own checkout the home is his and the program's, who both write it meanwhile.
  const allowed = documents === undefined ? undefined : `${homePath(worktree)}/${documents}/`;
  const forbidden = homeChanges.filter(file => allowed === undefined || !file.startsWith(allowed));
  if (isSlot && forbidden.length > 0) return {...work, refused: outOfArea(forbidden)};
  if (nested.length > 0) return {...work, refused: containsRepositories(nested.map(({path: folder}) => folder))};
  return work;
}

/** Git would merge what is left of it. */
export const PRUNED_WORK: Outcome = {
  kind: 'interrupted',
  message: 'was interrupted: somebody removed objects of its work from the repository (`git prune`?)',
  executor_died: false,
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

/** How an attempt ends that changed files of the home. */
export function outOfArea(files: readonly string[]): Outcome {
  return {
    kind: 'failed',
    cause: 'out_of_area',
    files: [...files],
    message: `changed files below \`.milestones/\`, which no task may: ${files.slice(0, 5).join(', ')}`,
  };
}

function containsRepositories(folders: readonly string[]): Outcome {
  return {
    kind: 'failed',
    cause: 'out_of_area',
    files: [...folders],
    message: `left git repositories of its own, whose files cannot be committed: ${folders.slice(0, 5).join(', ')}`,
  };
}
