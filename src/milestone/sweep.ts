import path from 'node:path';
import {foldersIn, writtenFolders} from '../plan/file/home.ts';
import {removeForgottenTemporaries} from '../platform/temporaries.ts';
import type {LockedMilestone} from './hold.ts';

/**
 * Remove the temporary files that killed writers left, wherever this milestone writes outside its slots, whose own go
 * with them.
 */
export function sweep({paths, id, repo, locksFolder, clock}: LockedMilestone): void {
  const beside = repo ? [repo.commonDir, repo.gitDir].map(folder => path.join(folder, 'milestone')) : [locksFolder];
  for (const folder of new Set([...writtenFolders(paths, id), ...beside.flatMap(foldersIn)]))
    removeForgottenTemporaries(folder, clock.now());
}
