// An attempt works on a detached head. One that checks the milestone's branch out in its slot, or points the branch at a
// commit of its own, would put unchecked work there. What an attempt did to the branch is told from what a person did by
// the logs of the heads: each worktree has its own.

import path from 'node:path';
import {headBranch} from '../git/checkout.ts';
import {git, linkedWorktrees, type Repository, tryGit} from '../git/git.ts';
import {type HeadMove, isCheckout, isCreation, readHeadMoves} from '../git/head-log.ts';
import {isAncestor, readHead, readRef, UPDATE_REF} from '../git/refs.ts';
import {isSlot} from '../git/slot-folders.ts';
import {preparedAt} from './slots/slot-notes.ts';

export interface TakenOff {
  /** Where the branch stood. */
  commit: string;
  /** Where it stands now. */
  to: string;
}

/**
 * Detach the slots that have a branch checked out, and take off the branch what was committed in slots.
 * @param last The commit that the branch was last known to be at.
 * @returns Undefined when nothing was to be taken off.
 */
export async function takeBackBranch(repo: Repository, branch: string, last: string): Promise<TakenOff | undefined> {
  const worktrees = linkedWorktrees(repo);
  const folders = worktrees.filter(isSlot).map(({topLevel}) => topLevel);
  // An agent's agent may have a worktree of its own inside the slot.
  const isAttempts = ({topLevel}: Repository) =>
    folders.some(folder => topLevel === folder || topLevel.startsWith(`${folder}${path.sep}`));
  const slots = worktrees.filter(isAttempts);
  for (const slot of slots) await detach(slot, branch);
  const head = await readHead(repo, branch);
  if (head === undefined || head === last) return undefined;
  const people = [{...repo, gitDir: repo.commonDir}, ...worktrees.filter(worktree => !isAttempts(worktree))];
  const contains = await isAncestor(repo, last, head);
  const before = beforeAttempts(
    {last, head, isNewer: contains},
    {attempts: await movesIn(slots, head), people: await movesIn(people)},
  );
  if (before === head) return undefined;
  const to = (await isAncestor(repo, last, before)) ? before : last;
  const args = [...UPDATE_REF, '-m', 'milestone: commits that no check has seen', `refs/heads/${branch}`, to, head];
  return (await tryGit(repo, args)).code === 0 ? {commit: head, to} : undefined;
}

async function detach(slot: Repository, branch: string): Promise<void> {
  const commit = (await headBranch(slot)) === branch ? await readRef(slot, 'HEAD') : undefined;
  if (commit !== undefined) await git(slot, [...UPDATE_REF, 'HEAD', commit]);
}

/** @param head Where nothing is logged, a slot that stands there and was not brought there has made it. */
async function movesIn(worktrees: readonly Repository[], head?: string): Promise<HeadMove[]> {
  const all: HeadMove[] = [];
  for (const worktree of worktrees) {
    const moves = await readHeadMoves(worktree);
    const isSilent = moves.length === 0 && head !== undefined && preparedAt(worktree) !== head;
    if (isSilent && (await readRef(worktree, 'HEAD')) === head) all.push({from: '', to: head, why: 'commit'});
    all.push(...moves);
  }
  return all;
}

/**
 * Where a branch stood before attempts moved it. A commit that was made in a slot is an attempt's, unless a person has
 * taken it up in a checkout of his own; so is a step back from the last known commit.
 * @returns `head` when no attempt has moved it.
 */
function beforeAttempts(
  {last, head, isNewer}: {last: string; head: string; isNewer: boolean},
  moves: {attempts: readonly HeadMove[]; people: readonly HeadMove[]},
): string {
  const seen = new Set<string>();
  let at = head;
  while (at !== last && !seen.has(at)) {
    seen.add(at);
    // Where the branch stepped back to, somebody has been before.
    if (moves.people.some(({from, to, why}) => to === at && !isCheckout(why) && (isNewer || from === last))) break;
    const made = moves.attempts.find(
      ({from, to, why}) => to === at && (isCreation(why) || (!isNewer && from === last && !isCheckout(why))),
    );
    if (!made) break;
    at = made.from === '' ? last : made.from;
  }
  return at;
}
