// What a slot was left like by what the program runs in it: attempts whose work is kept by then, and checks. What is
// there later and was not then is somebody's work.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {git, type Repository} from '../../git/git.ts';
import {runInFolder} from '../../git/nested.ts';
import {readRef} from '../../git/refs.ts';
import {readIfExists, replaceFile} from '../../platform/files.ts';

/** Name of the file in a slot's private git folder that says what it was left like. */
const LEFT_NOTE = 'milestone-left';

export interface Left {
  /** Commit that the slot was at. */
  head: string;
  /** Bytes of the log of its head. */
  logSize: number;
  digest: string;
}

/** Note that all of a slot, as it is now, is kept or of no worth. What appears while this looks counts as later. */
export async function noteLeft(slot: Repository): Promise<void> {
  writeLeft(slot, await inspect(slot));
}

/**
 * Note no more than where the head of a slot is, in which checks begin: when they have ended all of it is looked at. Who
 * finds only this, or a note of what was there before the work, compares the files with what is kept.
 */
export async function noteHead(slot: Repository): Promise<void> {
  const now = {...leftOf(slot, (await readRef(slot, 'HEAD')) ?? 'none', ''), digest: UNSEEN};
  const noted = readLeft(slot);
  if (noted?.head !== now.head || noted.logSize !== now.logSize) writeLeft(slot, now);
}

/** Stands where nothing was seen. */
const UNSEEN = 'unseen';

/** The same for a slot that was just checked out at a commit and cleaned: git need not look. */
export function noteClean(slot: Repository, commit: string): void {
  writeLeft(slot, leftOf(slot, commit, `# branch.oid ${commit}\0# branch.head (detached)`));
}

/**
 * Whether a slot is not as it was left.
 * @returns What it was left like, as far as that is known; `undefined` when nothing has changed.
 */
export async function changedSince(slot: Repository): Promise<Partial<Left> | undefined> {
  const left = readLeft(slot);
  if (left === undefined) return {};
  if (left.digest === UNSEEN) return left;
  try {
    return (await inspect(slot)).digest === left.digest ? undefined : left;
  } catch (error) {
    // Whoever keeps what is there is told why he cannot.
    if (error instanceof MilestoneError && error.code === 'GIT_FAILED') return left;
    throw error;
  }
}

async function inspect(slot: Repository): Promise<Left> {
  const head = (await readRef(slot, 'HEAD')) ?? 'none';
  const status = await git(slot, STATUS, {env: NO_INDEX_REFRESH});
  return leftOf(slot, head, await contentOf(slot.topLevel, status, slot));
}

function leftOf({gitDir}: Repository, head: string, content: string): Left {
  const logSize = fs.statSync(path.join(gitDir, 'logs', 'HEAD'), {throwIfNoEntry: false})?.size ?? 0;
  return {head, logSize, digest: createHash('sha256').update(`${logSize}\0${content}`).digest('hex')};
}

function readLeft({gitDir}: Repository): Left | undefined {
  const [head, logSize, digest] = readIfExists(path.join(gitDir, LEFT_NOTE))?.trim().split(' ') ?? [];
  if (head === undefined || logSize === undefined || digest === undefined) return undefined;
  return {head, logSize: Number(logSize), digest};
}

function writeLeft({gitDir}: Repository, {head, logSize, digest}: Left): void {
  replaceFile(path.join(gitDir, LEFT_NOTE), `${head} ${logSize} ${digest}\n`, {durable: false});
}

const STATUS = [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--no-renames',
  '--untracked-files=all',
  '--ignore-submodules=none',
];

// By the age of its index git knows which files nobody has touched since the checkout.
const NO_INDEX_REFRESH = {GIT_OPTIONAL_LOCKS: '0'};

const CHANGED = /^(?:1 (?:\S+ ){7}|u (?:\S+ ){9}|\? )(.*)$/s;

/** What `git status` tells of a worktree, each file with its size and the time of its last change. */
async function contentOf(folder: string, status: string, slot: Repository): Promise<string> {
  const lines: string[] = [];
  for (const entry of status.split('\0').filter(Boolean)) {
    const file = CHANGED.exec(entry)?.[1];
    const location = file === undefined ? undefined : path.join(folder, file);
    lines.push(entry, ...(location === undefined ? [] : [await stampOf(location, slot)]));
  }
  return lines.join('\0');
}

/** Of a repository inside the slot, git tells of the outside no more than that it is there. */
async function stampOf(location: string, slot: Repository): Promise<string> {
  const stat = fs.lstatSync(location, {bigint: true, throwIfNoEntry: false});
  if (stat === undefined) return 'gone';
  if (!stat.isDirectory()) return `${stat.size} ${stat.ctimeNs}`;
  const {code, stdout} = await runInFolder(slot, location, STATUS);
  return code === 0 ? contentOf(location, stdout, slot) : `${stat.ctimeNs}`;
}
