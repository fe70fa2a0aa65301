// Slots share refs, stash and configuration with the user's checkout. What changes there while attempts work is put back
// where it is certain that an attempt did it, and named in any case: several attempts and the user act at the same time.

import fs from 'node:fs';
import path from 'node:path';
import type {SharedChange} from '../events/event.ts';
import {linkedWorktrees, type Repository, tryGit} from '../git/git.ts';
import {isCreation, isLook, readHeadMoves} from '../git/head-log.ts';
import {changedSettings, readSharedState, type SharedState} from '../git/shared-state.ts';
import {isSlot} from '../git/slot-place.ts';
import {compareTrees} from '../git/trees/compare-trees.ts';
import {SerialQueue} from '../platform/serial-queue.ts';

export class SharedWatch<Place> {
  private readonly live = new Set<Place>();
  private readonly turns = new SerialQueue();
  private seen: SharedState | undefined;

  constructor(private readonly repo: Repository) {}

  /** An attempt begins; what changed while nobody worked is the user's doing. */
  begin(place: Place): Promise<void> {
    return this.turns.run(async () => {
      if (this.live.size === 0) this.seen = await readSharedState(this.repo);
      this.live.add(place);
    });
  }

  /**
   * An attempt has ended.
   * @param folder Where it worked.
   * @returns What changed since the last look, while these attempts worked; `took`: it has the user's stash in its files.
   */
  end(place: Place, folder: string): Promise<{during: Place[]; changes: SharedChange[]; took: boolean}> {
    return this.turns.run(async () => {
      const during = [...this.live];
      if (!this.live.delete(place) || !this.seen) return {during, changes: [], took: false};
      const before = this.seen;
      const after = await readSharedState(this.repo);
      this.seen = after;
      const refs = await refChanges(this.repo, before, after);
      const settings = await changedSettings(this.repo, before.config, after.config);
      const stash = await stashChanges(this.repo, {before, after, folder});
      const config = settings.map((name): SharedChange => ({kind: 'config', name}));
      const changes = [...refs, ...config, ...stash.changes];
      if (changes.some(change => change.put_back)) this.seen = await readSharedState(this.repo);
      return {during, changes, took: stash.took};
    });
  }
}

async function refChanges(repo: Repository, before: SharedState, after: SharedState): Promise<SharedChange[]> {
  const names = [...new Set([...before.refs.keys(), ...after.refs.keys()])].sort();
  const moved = names.filter(name => before.refs.get(name) !== after.refs.get(name));
  if (moved.length === 0) return [];
  const worktrees = linkedWorktrees(repo);
  const people = await movesIn([{...repo, gitDir: repo.commonDir}, ...worktrees.filter(worktree => !isSlot(worktree))]);
  const attempts = await movesIn(worktrees.filter(isSlot));
  const changes: SharedChange[] = [];
  for (const name of moved) {
    const [from, to] = [before.refs.get(name), after.refs.get(name)];
    // What a person has committed or merged in a checkout of his own is his.
    if (from && to && people.some(move => move.to === to && !isLook(move.why))) continue;
    const isMade = attempts.some(move => move.to === to && isCreation(move.why));
    const isBack = isMade && from !== undefined && to !== undefined && (await putBack(repo, name, from, to));
    changes.push({kind: 'ref', name, ...(from && {from}), ...(to && {to}), ...(isBack && {put_back: true as const})});
  }
  return changes;
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
): Promise<{changes: SharedChange[]; took: boolean}> {
  const left = new Set(after.stash.map(({commit}) => commit));
  const known = new Set(before.stash.map(({commit}) => commit));
  const changes: SharedChange[] = after.stash
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
