// What a worktree shares with the user's checkout: refs, the stash, the configuration. Read from files: it is looked at
// around every attempt, and to start git takes longer than all the rest.

import fs from 'node:fs';
import path from 'node:path';
import {readIfExists} from '../platform/files.ts';
import {type Repository, tryGit} from './git.ts';
import {hasRefTables} from './refs.ts';

export interface SharedState {
  /** Commits by name; neither what belongs to this program nor what a fetch brings, nor the stash. */
  refs: ReadonlyMap<string, string>;
  /** The entries of the stash, oldest first. */
  stash: ReadonlyArray<{commit: string; message: string}>;
  /** The text of the repository's configuration. */
  config: string;
}

export async function readSharedState(repo: Repository): Promise<SharedState> {
  const config = readIfExists(path.join(repo.commonDir, 'config')) ?? '';
  if (hasRefTables(repo)) return {refs: await refsInTables(repo), stash: await stashInTables(repo), config};
  const refs = new Map<string, string>();
  for (const line of (readIfExists(path.join(repo.commonDir, 'packed-refs')) ?? '').split('\n')) {
    const [, commit, name] = /^([0-9a-f]{40,}) (refs\/.+)$/.exec(line) ?? [];
    if (commit && name && isUsers(name)) refs.set(name, commit);
  }
  readLoose(repo.commonDir, 'refs', refs);
  const stash = (readIfExists(path.join(repo.commonDir, 'logs', 'refs', 'stash')) ?? '').split('\n').flatMap(line => {
    const [, commit, message = ''] = /^[0-9a-f]+ ([0-9a-f]+) [^\t]*\t?(.*)$/.exec(line) ?? [];
    return commit ? [{commit, message}] : [];
  });
  return {refs, stash, config};
}

const OTHERS = /^refs\/(?:milestone|heads\/milestone|remotes|stash|worktree|bisect|rewritten)(?:\/|$)/;

function isUsers(name: string): boolean {
  return !OTHERS.test(name);
}

function readLoose(commonDir: string, folder: string, refs: Map<string, string>): void {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(path.join(commonDir, folder), {withFileTypes: true});
  } catch {
    return; // a folder that git has just removed
  }
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (!isUsers(name) || name.endsWith('.lock')) continue;
    if (entry.isDirectory()) readLoose(commonDir, name, refs);
    else refs.set(name, (readIfExists(path.join(commonDir, name)) ?? '').trim());
  }
}

async function refsInTables(repo: Repository): Promise<Map<string, string>> {
  const {stdout} = await tryGit(repo, ['for-each-ref', '--format=%(refname) %(objectname)']);
  const pairs = stdout.split('\n').map(line => line.split(' ') as [string, string]);
  return new Map(pairs.filter(([name, commit]) => commit !== undefined && isUsers(name)));
}

async function stashInTables(repo: Repository): Promise<SharedState['stash']> {
  const {code, stdout} = await tryGit(repo, ['reflog', 'show', '--format=%H %gs', 'refs/stash', '--']);
  if (code !== 0) return [];
  const entries = stdout.split('\n').filter(Boolean).reverse();
  return entries.map(entry => ({commit: entry.split(' ')[0] as string, message: entry.slice(entry.indexOf(' ') + 1)}));
}

/** Keys of a configuration whose values differ; what filling submodules writes is the program's own doing. */
export async function changedSettings(repo: Repository, before: string, after: string): Promise<string[]> {
  if (before === after) return [];
  const [was, is] = [await valuesOf(repo, before), await valuesOf(repo, after)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].filter(key => !key.startsWith('submodule.'));
  return keys.filter(key => was.get(key) !== is.get(key)).sort();
}

async function valuesOf(repo: Repository, config: string): Promise<Map<string, string>> {
  const {stdout} = await tryGit(repo, ['config', '--file', '-', '--null', '--list'], {input: config});
  const values = new Map<string, string>();
  for (const entry of stdout.split('\0').filter(Boolean)) {
    const end = entry.indexOf('\n');
    const key = end < 0 ? entry : entry.slice(0, end);
    values.set(key, `${values.get(key) ?? ''}${entry.slice(key.length)}\0`);
  }
  return values;
}
