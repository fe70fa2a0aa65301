import path from 'node:path';
import {git, type Repository} from '../git.ts';

export interface ChangedFile {
  /** Relative to the top of the repository. */
  path: string;
  /** A renamed file is one deleted and one added. */
  status: 'added' | 'modified' | 'deleted' | 'type_changed';
}

/** A file that differs between two trees, with both its modes and object names; zeros where it is not there. */
export interface Difference extends ChangedFile {
  oldMode: string;
  oldId: string;
  mode: string;
  id: string;
}

const STATUS: Record<string, ChangedFile['status']> = {A: 'added', D: 'deleted', M: 'modified', T: 'type_changed'};
const FOLDER = '040000';

/** The files in which two trees (or commits) differ, sorted by path. */
export async function compareTrees(repo: Repository, from: string, to: string): Promise<Difference[]> {
  return (await compareObjects(repo, from, to)).files;
}

/** The same, with the names of the objects that `to` needs and `from` does not. */
export async function compareObjects(
  repo: Repository,
  from: string,
  to: string,
): Promise<{files: Difference[]; newObjects: string[]}> {
  const fields = (await git(repo, [...DIFF, '-t', '--end-of-options', from, to], withoutIndex(repo))).split('\0');
  const all: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) all.push(differenceOf(fields[at]!, fields[at + 1]!));
  return {
    files: all.filter(({mode, oldMode}) => mode !== FOLDER && oldMode !== FOLDER),
    newObjects: all.filter(({status}) => status !== 'deleted').map(({id}) => id),
  };
}

/** The files in which each of some commits differs from its parent. */
export async function changesOf(repo: Repository, commits: readonly string[]): Promise<Map<string, Difference[]>> {
  const input = commits.map(commit => `${commit}\n`).join('');
  const fields = (await git(repo, [...DIFF, '--stdin'], {...withoutIndex(repo), input})).split('\0');
  const changes = new Map<string, Difference[]>(commits.map(commit => [commit, []]));
  let current: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at++) {
    if (fields[at]!.startsWith(':')) current.push(differenceOf(fields[at]!, fields[++at]!));
    else current = changes.get(fields[at]!) ?? [];
  }
  return changes;
}

const DIFF = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--ignore-submodules=none'];

/** Git would read an index that plays no part here, and fail on a damaged one. */
function withoutIndex(repo: Repository) {
  return {env: {GIT_INDEX_FILE: path.join(repo.gitDir, 'milestone-no-index')}};
}

/** @param line As git writes it: `:<mode> <mode> <id> <id> <letter>`. */
function differenceOf(line: string, file: string): Difference {
  const [oldMode = '', mode = '', oldId = '', id = '', letter = ''] = line.slice(1).split(' ');
  return {path: file, status: STATUS[letter] ?? 'modified', oldMode, oldId, mode, id};
}
