// An attempt works on a detached head. One that checks the milestone's branch out in its slot, or points the branch at a
// commit of its own, would put unchecked work there.

import path from 'node:path';
import {headBranch} from '../git/checkout.ts';
import {git, type Repository, tryGit} from '../git/git.ts';
import {readHead, readRef} from '../git/refs.ts';
import {readIfExists} from '../platform/files.ts';

/**
 * Detach a slot from a branch, and take off the branch what was committed in the slot.
 * @returns The commit that was taken off.
 */
export async function takeBackBranch(slot: Repository, branch: string): Promise<string | undefined> {
  const commit = (await headBranch(slot)) === branch ? await readRef(slot, 'HEAD') : undefined;
  if (commit !== undefined) await git(slot, ['update-ref', '--no-deref', 'HEAD', commit]);
  const head = await readHead(slot, branch);
  const before = head && beforeOwnMoves(slot, head);
  if (head === undefined || before === undefined || before === head) return undefined;
  const move = ['update-ref', '-m', 'milestone: commits that no check has seen', `refs/heads/${branch}`, before, head];
  return (await tryGit(slot, move)).code === 0 ? head : undefined;
}

const ENTRY = /^([0-9a-f]+) ([0-9a-f]+) [^\t]*\t?(.*)$/;

/** Where the slot's head was before what was done in it led to a commit; the program itself only checks out. */
function beforeOwnMoves(slot: Repository, commit: string): string | undefined {
  const log = readIfExists(path.join(slot.gitDir, 'logs', 'HEAD')) ?? '';
  const moves = log.split('\n').flatMap(line => {
    const [, from = '', to = '', why = ''] = ENTRY.exec(line) ?? [];
    return to === '' ? [] : [{from, to, isOwn: !why.startsWith('checkout:') && !/^0+$/.test(from)}];
  });
  let before: string | undefined;
  for (const {from, to, isOwn} of moves.reverse()) {
    if (to !== (before ?? commit) && before === undefined) continue;
    if (to !== (before ?? commit) || !isOwn) return before;
    before = from;
  }
  return before;
}
