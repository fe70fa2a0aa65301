// What changes in the repository beside the work, around whatever runs for a task or for the milestone.

import type {RepositoryWatch, Runner} from '../workspace/repository-watch.ts';
import type {Ledger} from './ledger.ts';

interface Watching {
  readonly repositoryWatch: RepositoryWatch | undefined;
  readonly ledger: Pick<Ledger, 'record'>;
}

/**
 * What was begun has ended: put on record what changed meanwhile.
 * @returns Whether it has the user's stash in its files.
 */
export async function recordRepositoryChanges(watching: Watching, runner: Runner, folder: string): Promise<boolean> {
  const seen = await watching.repositoryWatch?.end(runner, folder);
  if (!seen || seen.changes.length === 0) return false;
  const attempts = new Map(
    seen.during.flatMap(({place}) => (place ? [[`${place.taskId}.${place.attempt}`, place]] : [])),
  );
  const during = [...attempts.values()].map(({taskId: task, attempt}) => ({task, attempt}));
  watching.ledger.record({event: 'repository_changed', details: {during, changes: seen.changes}});
  return seen.took;
}

/** Run something, and put on record what changes meanwhile. */
export async function underWatch<Result>(
  watching: Watching,
  {place, cwd}: {place: Runner['place']; cwd: string},
  run: () => Promise<Result>,
): Promise<Result> {
  const runner: Runner = {place};
  await watching.repositoryWatch?.begin(runner);
  try {
    return await run();
  } finally {
    await recordRepositoryChanges(watching, runner, cwd);
  }
}
