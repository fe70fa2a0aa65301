import {git, type Repository} from './git.ts';

/** A commit on a milestone branch that completed a task, as its trailers tell. */
export interface RecordedCommit {
  commit: string;
  task: string;
  milestone: string;
  attempt: number;
  execution: string;
}

const KEYS = ['Task', 'Milestone', 'Attempt', 'Execution'];

/**
 * The task commits that are in `to` but not in `from`, oldest first; commits that lack a trailer are left out.
 * @param range.from Absent: back to the first commit.
 */
export async function readTaskCommits(repo: Repository, range: {from?: string; to: string}): Promise<RecordedCommit[]> {
  const trailers = KEYS.map(key => `%(trailers:key=${key},valueonly,separator=%x02)`);
  const format = `--format=${['%H', ...trailers].join('%x01')}`;
  const excluded = range.from === undefined ? [] : [`^${range.from}`];
  const output = await git(repo, [
    'log',
    '-z',
    '--reverse',
    '--topo-order',
    format,
    '--end-of-options',
    range.to,
    ...excluded,
  ]);
  return output.split('\0').filter(Boolean).flatMap(readRecord);
}

function readRecord(record: string): RecordedCommit[] {
  const [commit, ...values] = record.split('\u0001');
  // Of a trailer that stands twice the last counts: it is ours, wherever the others came from.
  const [task, milestone, attempt, execution] = values.map(value => value.split('\u0002').at(-1)?.trim());
  if (!commit || !task || !milestone || !execution || !/^[1-9]\d*$/.test(attempt ?? '')) return [];
  return [{commit, task, milestone, attempt: Number(attempt), execution}];
}

/** Tree, parents and message of a commit. */
export async function readCommit(
  repo: Repository,
  commit: string,
): Promise<{tree: string; parents: string[]; message: string}> {
  const [tree, parents, message] = (
    await git(repo, ['log', '-1', '-z', '--no-show-signature', '--format=%T%x01%P%x01%B', '--end-of-options', commit])
  )
    .replace(/\0$/, '')
    .split('\u0001') as [string, string, string];
  return {tree, parents: parents.split(' ').filter(Boolean), message};
}
