// What a checkout of a commit in a slot will meet, told from settings and attributes alone: no filter is started, nothing
// is fetched.

import fs from 'node:fs';
import path from 'node:path';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';
import {isSafe, storeOf, type UnfilledSubmodule} from './fill-submodules.ts';
import {git, type Repository, tryGit} from './git.ts';
import {namedSubmodules} from './nested.ts';

/** A command of the user's settings that files go through on their way into a slot. */
export interface SlotFilter {
  name: string;
  /** Where attributes name it. */
  file: string;
}

/** These find what they need in the git folder that all worktrees share. */
const AT_HOME_EVERYWHERE = new Set(['lfs']);

/** The filters that are set up here and named by the attributes of a commit, or by those of the repository. */
export async function findFilters(repo: Repository, commit: string): Promise<SlotFilter[]> {
  const configured = await git(repo, ['config', '--null', '--name-only', '--get-regexp', '^filter\\.'], {accept: [1]});
  const keys = configured
    .split('\0')
    .flatMap(key => /^filter\.(.*)\.(?:smudge|process|required)$/s.exec(key)?.[1] ?? []);
  const names = new Set(keys.filter(name => !AT_HOME_EVERYWHERE.has(name)));
  if (names.size === 0) return [];
  const found = new Map<string, string>();
  for (const [file, text] of await attributesOf(repo, commit))
    for (const [, name = ''] of text.matchAll(/^(?!\s*#).*?\sfilter=(\S+)/gm))
      if (names.has(name) && !found.has(name)) found.set(name, file);
  return [...found].map(([name, file]) => ({name, file}));
}

async function attributesOf(repo: Repository, commit: string): Promise<Array<[file: string, text: string]>> {
  const listed = (await git(repo, ['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit])).split('\0');
  const files = listed.filter(name => path.posix.basename(name) === '.gitattributes');
  const texts: Array<[string, string]> = [];
  for (const file of files) texts.push([file, await git(repo, ['cat-file', 'blob', `${commit}:${file}`])]);
  const own = path.join(repo.commonDir, 'info', 'attributes');
  if (fs.existsSync(own)) texts.push(['.git/info/attributes', fs.readFileSync(own, 'utf8')]);
  return texts;
}

/** The submodules of a commit that slots will not get filled, nested ones too. */
export async function findUnfilled(repo: Repository, commit: string): Promise<UnfilledSubmodule[]> {
  // Where a commit is tried out, its objects are; submodules have theirs in repositories of their own.
  const read = async (args: readonly string[]) => (await tryGit(repo, args)).stdout;
  return unfilledIn(repo, {read, commit, below: '', stores: repo.commonDir, checkout: repo.topLevel});
}

interface Level {
  /** What a git prints that reads the repository which has the commit; nothing where it fails. */
  read(args: readonly string[]): Promise<string>;
  commit: string;
  below: string;
  stores: string;
  checkout: string;
}

async function unfilledIn(repo: Repository, level: Level): Promise<UnfilledSubmodule[]> {
  const {read, commit, below, stores, checkout} = level;
  const unfilled: UnfilledSubmodule[] = [];
  const listed = await read([
    'config',
    `--blob=${commit}:.gitmodules`,
    '--null',
    '--get-regexp',
    '^submodule\\..*\\.path$',
  ]);
  for (const submodule of namedSubmodules(listed).filter(isSafe)) {
    const pointer = /^160000 commit ([0-9a-f]+)\t/.exec(
      await read(['ls-tree', '-z', '--full-tree', commit, '--', submodule.path]),
    );
    const wanted = pointer?.[1];
    if (wanted === undefined) continue;
    const location = path.posix.join(below, submodule.path);
    const store = storeOf({stores, checkout}, submodule);
    const inside = (args: readonly string[]) => readIn(repo, store ?? '', args);
    if (store === undefined || (await inside(['cat-file', '-t', wanted])).trim() !== 'commit')
      unfilled.push({path: location, commit: wanted});
    else {
      const next = {
        read: inside,
        commit: wanted,
        below: location,
        stores: store,
        checkout: path.join(checkout, submodule.path),
      };
      unfilled.push(...(await unfilledIn(repo, next)));
    }
  }
  return unfilled;
}

async function readIn({environment, patience}: Repository, gitDir: string, args: readonly string[]): Promise<string> {
  const env = {...gitEnvironment(environment), GIT_NO_LAZY_FETCH: '1', GIT_DIR: gitDir};
  return (await runGit(['-c', 'core.fsmonitor=false', ...args], {cwd: gitDir, env, patience})).stdout;
}
