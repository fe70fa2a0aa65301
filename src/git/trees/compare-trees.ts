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
  const flags = ['-r', '-t', '-z', '--raw', '--no-renames', '--no-abbrev', '--ignore-submodules=none'];
  const args = ['diff-tree', ...flags, '--end-of-options', from, to];
  // Git would read an index that plays no part here, and fail on a damaged one.
  const env = {GIT_INDEX_FILE: path.join(repo.gitDir, 'milestone-no-index')};
  const fields = (await git(repo, args, {env})).split('\0');
  const all: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', mode = '', oldId = '', id = '', letter = ''] = fields[at]!.slice(1).split(' ');
    all.push({path: fields[at + 1]!, status: STATUS[letter] ?? 'modified', oldMode, oldId, mode, id});
  }
  return {
    files: all.filter(({mode, oldMode}) => mode !== FOLDER && oldMode !== FOLDER),
    newObjects: all.filter(({status}) => status !== 'deleted').map(({id}) => id),
  };
}
