// What a worktree shares with the user's checkout: refs, the stash, the configuration, hooks. Read from files: it is looked
// at around every attempt and check, and to start git takes longer than all the rest.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {listFolder, readIfExists} from '../platform/files.ts';
import {type Repository, tryGit} from './git.ts';
import {hasRefTables} from './refs.ts';

export interface SharedState {
  /** Commits by name, without what is this program's own to keep, and without the stash. */
  refs: ReadonlyMap<string, string>;
  /** The entries of the stash, oldest first. */
  stash: ReadonlyArray<{commit: string; message: string}>;
  /** The text of the repository's configuration. */
  config: string;
  /** By name in the git folder: what stands for the content of hooks, and of what git ignores or treats in its own way. */
  files: ReadonlyMap<string, string>;
}

export async function readSharedState(repo: Repository): Promise<SharedState> {
  const config = readIfExists(path.join(repo.commonDir, 'config')) ?? '';
  const files = readFiles(repo.commonDir);
  if (hasRefTables(repo)) return {refs: await refsInTables(repo), stash: await stashInTables(repo), config, files};
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
  return {refs, stash, config, files};
}

const OTHERS = /^refs\/(?:milestone|stash|worktree|bisect|rewritten)(?:\/|$)/;

function isUsers(name: string): boolean {
  return !OTHERS.test(name);
}

/** Names, below the common git folder, of what every checkout obeys. */
const OBEYED = ['config.worktree', 'info/attributes', 'info/exclude', 'info/grafts'];

function readFiles(commonDir: string): Map<string, string> {
  const hooks = listFolder(path.join(commonDir, 'hooks')).filter(name => !name.endsWith('.sample'));
  const files = new Map<string, string>();
  for (const name of [...hooks.map(hook => `hooks/${hook}`), ...OBEYED]) {
    const stamp = stampOf(path.join(commonDir, name));
    if (stamp !== undefined) files.set(name, stamp);
  }
  return files;
}

/** More of a hook than this is told apart by its size and the time of its last change alone. */
const MOST_READ_BYTES = 1 << 20;

function stampOf(file: string): string | undefined {
  try {
    const {size, mode, mtimeMs} = fs.statSync(file);
    if (size > MOST_READ_BYTES) return `${mode} ${size} ${mtimeMs}`;
    return `${mode} ${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}`;
  } catch {
    return undefined; // none, or a folder
  }
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
