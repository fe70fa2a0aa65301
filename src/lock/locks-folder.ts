import path from 'node:path';
import type {Repository} from '../git/git.ts';

/** Folder of all locks: in git's common folder, so that two checkouts never execute one id; outside git in the home. */
export function locksFolderOf(home: string, repo: Pick<Repository, 'commonDir'> | undefined): string {
  return repo ? path.join(repo.commonDir, 'milestone', 'locks') : path.join(home, 'locks');
}
