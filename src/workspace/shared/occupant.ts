// Whose work lies in the checkout that all attempts share, as a file of the git folder says it: it outlives the executor.

import fs from 'node:fs';
import path from 'node:path';
import {alignIndex, headBranch} from '../../git/checkout.ts';
import {git, type Repository} from '../../git/git.ts';
import {isAncestor, readHead, UPDATE_REF} from '../../git/refs.ts';
import {readIfExists, replaceFile} from '../../platform/files.ts';

export interface Occupant {
  attempt: string;
  /** Commit that it found the branch at. */
  base: string;
  /** Commit of its work that the branch was to move to; it may have. */
  to?: string;
}

/** The attempt whose work lies in the checkout, if any does. */
export function readOccupant(repo: Repository): Occupant | undefined {
  const [attempt, base, to] = (readIfExists(occupantFile(repo)) ?? '').trim().split('\n');
  return attempt && base ? {attempt, base, ...(to && {to})} : undefined;
}

/** On disk when it returns: what lies in the checkout, and what comes onto the branch, is the attempt's from now on. */
export function setOccupant(repo: Repository, {attempt, base, to}: Occupant): void {
  replaceFile(occupantFile(repo), [attempt, base, ...(to === undefined ? [] : [to]), ''].join('\n'));
}

/**
 * Make what an attempt has committed in the checkout changes that are not committed: the branch goes back to where the
 * attempt found it, and the checkout to the branch. Files stay. May be repeated after a crash at any point.
 * @returns The commit that was taken off the branch.
 */
export async function takeCommitsBack(
  repo: Repository,
  branch: string,
  occupant: Occupant,
): Promise<string | undefined> {
  const head = await readHead(repo, branch);
  const isIntegrated = head !== undefined && occupant.to !== undefined && (await isAncestor(repo, occupant.to, head));
  const to = isIntegrated ? (occupant.to as string) : occupant.base;
  const isOn = (await headBranch(repo)) === branch;
  if (isOn && head === to) return undefined;
  const reason = 'milestone: commits that no check has seen';
  const ref = `refs/heads/${branch}`;
  if (head !== to) await git(repo, [...UPDATE_REF, '-m', reason, ref, to, head ?? '0'.repeat(to.length)]);
  if (!isOn) await git(repo, ['symbolic-ref', '-m', reason, 'HEAD', ref]);
  await alignIndex(repo);
  return head === to ? undefined : head;
}

export function clearOccupant(repo: Repository): void {
  fs.rmSync(occupantFile(repo), {force: true});
}

function occupantFile({gitDir}: Repository): string {
  return path.join(gitDir, 'milestone', 'attempt');
}
