// Slots share refs, stash and configuration with the user's checkout. What changes there while attempts work is put back
// where it is certain that an attempt did it, and named in any case: several attempts and the user act at the same time.

import fs from 'node:fs';
import path from 'node:path';
import type {RepositoryChange} from '../events/details/repository.ts';
import {linkedWorktrees, type Repository, tryGit} from '../git/git.ts';
import {type HeadMove, isCheckout, isCreation, readHeadMoves} from '../git/head-log.ts';
import {isAncestor, LANDED, milestoneBranch} from '../git/refs.ts';
import {changedSettings, readSharedState, type SharedState} from '../git/shared-state.ts';
import {isSlot} from '../git/slot-folders.ts';
import {compareTrees} from '../git/trees/compare-trees.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import type {AttemptId} from '../state/task.ts';

/** Something that runs: for an attempt, or for the milestone as a whole. */
export interface Runner {
  readonly place: AttemptId | undefined;
}

export class RepositoryWatch {
  private readonly live = new Set<Runner>();
  private readonly turns = new SerialQueue();
  private seen: SharedState | undefined;

  /** @param id Of the milestone, whose own branch is looked after elsewhere. */
  constructor(
    private readonly repo: Repository,
    private readonly id: string,
  ) {}

  /** An attempt or a check begins; what changed while nobody worked is the user's doing. */
  begin(runner: Runner): Promise<void> {
    return this.turns.run(async () => {
      if (this.live.size === 0) this.seen = await readSharedState(this.repo);
      this.live.add(runner);
    });
  }

  /**
   * It has ended.
   * @param folder Where it worked.
   * @returns What changed since the last check, while these worked; `took`: it has the user's stash in its files.
   */
  end(runner: Runner, folder: string): Promise<{during: Runner[]; changes: RepositoryChange[]; took: boolean}> {
    return this.turns.run(async () => {
      const during = [...this.live];
      if (!this.live.delete(runner) || !this.seen) return {during, changes: [], took: false};
      const before = this.seen;
      const after = await readSharedState(this.repo);
      this.seen = after;
      const refs = await refChanges(this.repo, this.id, {before, after});
      const settings = await changedSettings(this.repo, before.config, after.config);
      const stash = await stashChanges(this.repo, {before, after, folder});
      const config = settings.map((name): RepositoryChange => ({kind: 'config', name}));
      const changes = [...refs, ...config, ...fileChanges(before, after), ...stash.changes];
      if (changes.some(change => change.put_back)) this.seen = await readSharedState(this.repo);
      return {during, changes, took: stash.took};
    });
  }
}

function fileChanges(before: SharedState, after: SharedState): RepositoryChange[] {
  const names = [...new Set([...before.files.keys(), ...after.files.keys()])].sort();
  const changed = names.filter(name => before.files.get(name) !== after.files.get(name));
  return changed.map(name => ({kind: 'file', name}));
}

interface Moved {
  name: string;
  from: string | undefined;
  to: string | undefined;
}

async function refChanges(
  repo: Repository,
  id: string,
  {before, after}: {before: SharedState; after: SharedState},
): Promise<RepositoryChange[]> {
  const own = `refs/heads/${milestoneBranch(id)}`;
  const names = [...new Set([...before.refs.keys(), ...after.refs.keys()])].sort();
  const moved = names.flatMap((name): Moved[] => {
    const [from, to] = [before.refs.get(name), after.refs.get(name)];
    return from === to || name === own ? [] : [{name, from, to}];
  });
  if (moved.length === 0) return [];
  const worktrees = linkedWorktrees(repo);
  const people = await movesIn([{...repo, gitDir: repo.commonDir}, ...worktrees.filter(worktree => !isSlot(worktree))]);
  const attempts = await movesIn(worktrees.filter(isSlot));
  const changes: RepositoryChange[] = [];
  for (const {name, from, to} of moved) {
    const isMade = attempts.some(move => move.to === to && isCreation(move.why));
    if (!isMade && (await isOthers(repo, {name, from, to}, people))) continue;
    const isBranch = name.startsWith('refs/heads/');
    const isBack =
      isBranch && isMade && from !== undefined && to !== undefined && (await putBack(repo, name, from, to));
    changes.push({kind: 'ref', name, ...(from && {from}), ...(to && {to}), ...(isBack && {put_back: true as const})});
  }
  return changes;
}

/** Whether a ref was moved by a person in a checkout of his own, or by what works for another milestone. */
async function isOthers(repo: Repository, {name, from, to}: Moved, people: readonly HeadMove[]): Promise<boolean> {
  const isPersons = people.some(move => move.to === to && !isCheckout(move.why));
  // Fetches come at any time, from editors too; what is pushed cannot be taken back.
  if (name.startsWith('refs/remotes/'))
    return (
      isPersons ||
      to === undefined ||
      /\/milestone\//.test(name) ||
      !(await lastMove(repo, name)).startsWith('update by push')
    );
  if (to === undefined) return false;
  if ((from !== undefined && isPersons) || (await lastMove(repo, name)).startsWith(LANDED)) return true;
  // Its own executor moves it forward, and looks after what attempts have put there.
  return name.startsWith('refs/heads/milestone/') && (from === undefined || (await isAncestor(repo, from, to)));
}

/** What the log of a ref says of its last move; empty where it has none. */
async function lastMove(repo: Repository, name: string): Promise<string> {
  const {code, stdout} = await tryGit(repo, ['reflog', 'show', '-1', '--format=%gs', name, '--']);
  return code === 0 ? stdout : '';
}

async function movesIn(worktrees: readonly Repository[]) {
  return (await Promise.all(worktrees.map(readHeadMoves))).flat();
}

async function putBack(repo: Repository, name: string, from: string, to: string): Promise<boolean> {
  const args = ['update-ref', '-m', 'milestone: moved by an attempt', name, from, to];
  return (await tryGit(repo, args)).code === 0;
}

/** An entry of the stash that is gone, and whose content lies in the attempt's folder, was taken by it. */
async function stashChanges(
  repo: Repository,
  {before, after, folder}: {before: SharedState; after: SharedState; folder: string},
): Promise<{changes: RepositoryChange[]; took: boolean}> {
  const left = new Set(after.stash.map(({commit}) => commit));
  const known = new Set(before.stash.map(({commit}) => commit));
  const changes: RepositoryChange[] = after.stash
    .filter(({commit}) => !known.has(commit))
    .map(({commit, message}) => ({kind: 'stash', name: message, to: commit}));
  let took = false;
  for (const {commit, message} of before.stash.filter(entry => !left.has(entry.commit))) {
    const isThere = await liesIn(repo, commit, folder);
    took ||= isThere;
    const store = ['stash', 'store', '--message', message, commit];
    const isBack = isThere && (await tryGit(repo, store)).code === 0;
    changes.push({kind: 'stash', name: message, from: commit, ...(isBack && {put_back: true as const})});
  }
  return {changes, took};
}

/** Whether a file that a stash entry changed lies in a folder as the entry has it. */
async function liesIn(repo: Repository, commit: string, folder: string): Promise<boolean> {
  const files = await compareTrees(repo, `${commit}^1`, commit).catch(() => []);
  const untracked = await tryGit(repo, ['ls-tree', '-r', '-z', `${commit}^3`]);
  const added = untracked.stdout.split('\0').flatMap(line => {
    const [, id, name] = /^\d+ blob (\w+)\t(.*)$/s.exec(line) ?? [];
    return id && name ? [{path: name, id}] : [];
  });
  for (const {path: name, id} of [...files.filter(({status}) => status !== 'deleted'), ...added]) {
    if (!fs.lstatSync(path.join(folder, name), {throwIfNoEntry: false})?.isFile()) continue;
    const hashed = await tryGit(repo, ['hash-object', `--path=${name}`, '--', path.join(folder, name)]);
    if (hashed.stdout.trim() === id) return true;
  }
  return false;
}
