// What was done in a worktree, as the log of its head tells: git writes one for each worktree.

import fs from 'node:fs';
import path from 'node:path';
import {readIfExists} from '../platform/files.ts';
import {type Repository, tryGit} from './git.ts';
import {hasRefTables} from './refs.ts';

export interface HeadMove {
  from: string;
  to: string;
  /** What git calls it: `commit: <subject>`, `checkout: moving from …`. */
  why: string;
}

/** How the head of a worktree moved, oldest first. */
export async function readHeadMoves(worktree: Repository): Promise<HeadMove[]> {
  if (hasRefTables(worktree)) return readFromTable(worktree);
  const log = readIfExists(headLog(worktree)) ?? '';
  return log.split('\n').flatMap(line => {
    const [, from = '', to = '', why = ''] = ENTRY.exec(line) ?? [];
    return to === '' ? [] : [{from, to, why}];
  });
}

const ENTRY = /^([0-9a-f]+) ([0-9a-f]+) [^\t]*\t?(.*)$/;

async function readFromTable(worktree: Repository): Promise<HeadMove[]> {
  const {code, stdout} = await tryGit(worktree, ['reflog', 'show', '--format=%H %gs', 'HEAD', '--']);
  if (code !== 0) return [];
  const entries = stdout.split('\n').filter(Boolean).reverse();
  return entries.map((entry, index) => {
    const space = entry.indexOf(' ');
    return {from: entries[index - 1]?.slice(0, space) ?? '', to: entry.slice(0, space), why: entry.slice(space + 1)};
  });
}

/** Have git log the moves of a worktree's head where the user has logs switched off: it goes on with one that is there. */
export function keepHeadLog(worktree: Repository): void {
  if (hasRefTables(worktree) || fs.existsSync(headLog(worktree))) return;
  fs.mkdirSync(path.dirname(headLog(worktree)), {recursive: true});
  fs.writeFileSync(headLog(worktree), '', {flag: 'a'});
}

function headLog({gitDir}: Repository): string {
  return path.join(gitDir, 'logs', 'HEAD');
}

/** A move to what was there already. */
export function isCheckout(why: string): boolean {
  return why.startsWith('checkout:');
}

/** A move that made the commit that it led to. */
export function isCreation(why: string): boolean {
  if (/^(?:commit|cherry-pick|revert|am)\b/.test(why)) return true;
  return /^(?:rebase|merge|pull)\b/.test(why) && !/: Fast-forward$|\((?:start|finish|abort)\)/.test(why);
}
