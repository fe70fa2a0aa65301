// What only the repository knows: where the branch is, what is kept, and what the commits of tasks say of themselves.

import type {RemovedTest} from '../../events/details/attempt.ts';
import {REMOVED_TESTS_HEADING, readRemovedTestLines} from '../../events/removed-tests.ts';
import type {Repository} from '../../git/git.ts';
import {readHead, resolveCommit} from '../../git/refs.ts';
import {readCommit, readTaskCommits} from '../../git/task-commits.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import type {DoneCheck} from '../../state/task.ts';
import {listRescues} from '../../workspace/rescue.ts';

export interface BranchFacts {
  branch?: string;
  base?: string;
  /** Commit that the branch is at. */
  head?: string;
  /** Refs of kept work, by `<task>.<attempt>`. */
  kept: ReadonlyMap<string, string>;
  /** By task, where the log is not here. */
  commits?: ReadonlyMap<TaskId, CommitFacts>;
}

/** What the message of a task's commit says. */
export interface CommitFacts {
  commit: string;
  attempt: number;
  assumptions: string[];
  checks: DoneCheck[];
  removedTests: RemovedTest[];
  /** It names all of them. */
  namesAllRemoved: boolean;
}

export const NO_BRANCH: BranchFacts = {kept: new Map()};

/** @throws {MilestoneError} `GIT_FAILED` */
export async function readBranchFacts(
  repo: Repository,
  id: MilestoneId,
  {branch, base}: {branch?: string | undefined; base?: string | undefined},
): Promise<BranchFacts> {
  const [head, kept] = await Promise.all([
    branch === undefined ? undefined : readHead(repo, branch),
    keptWork(repo, id),
  ]);
  return {
    ...(branch !== undefined && {branch}),
    ...(base !== undefined && {base}),
    ...(head !== undefined && {head}),
    kept,
  };
}

async function keptWork(repo: Repository, id: MilestoneId): Promise<Map<string, string>> {
  const prefix = `refs/milestone/rescue/${id}/`;
  return new Map((await listRescues(repo, id)).map(({ref}) => [ref.slice(prefix.length), ref]));
}

/**
 * The same of a milestone that was executed elsewhere, from what came along with its commits.
 * @param execution As its file names it.
 */
export async function readForeignFacts(
  repo: Repository,
  id: MilestoneId,
  execution: {id: string; branch?: string; base?: string; commit?: string},
): Promise<BranchFacts> {
  const {branch, base} = execution;
  const facts = await readBranchFacts(repo, id, {branch, base});
  const head =
    facts.head ?? (await firstCommit(repo, [...(branch === undefined ? [] : [`origin/${branch}`]), execution.commit]));
  const from = base === undefined ? undefined : await resolveCommit(repo, base);
  if (head === undefined) return facts;
  const recorded = await readTaskCommits(repo, {to: head, ...(from !== undefined && {from})});
  const own = recorded.filter(one => one.milestone === id && one.execution === execution.id);
  const read = async ({commit, attempt}: {commit: string; attempt: number}) =>
    commitFacts({commit, attempt, message: (await readCommit(repo, commit)).message});
  const commits = await Promise.all(own.map(async one => [one.task, await read(one)] as const));
  return {...facts, head, commits: new Map(commits)};
}

async function firstCommit(repo: Repository, names: ReadonlyArray<string | undefined>): Promise<string | undefined> {
  for (const name of names) {
    const commit = name === undefined ? undefined : await resolveCommit(repo, name);
    if (commit !== undefined) return commit;
  }
  return undefined;
}

/** Read back what `commitMessage` wrote: lists under headings, the last of each name. */
function commitFacts({commit, attempt, message}: {commit: string; attempt: number; message: string}): CommitFacts {
  const {removed, isAll} = readRemovedTestLines(itemsUnder(REMOVED_TESTS_HEADING, message));
  return {
    commit,
    attempt,
    removedTests: removed,
    namesAllRemoved: isAll,
    assumptions: itemsUnder('Assumptions:', message),
    checks: itemsUnder('Checks:', message).flatMap(checkOf),
  };
}

function itemsUnder(heading: string, message: string): string[] {
  const paragraph = message.split('\n\n').findLast(text => text.startsWith(`${heading}\n`));
  return (paragraph?.split('\n').slice(1) ?? []).flatMap(line => (line.startsWith('- ') ? line.slice(2) : []));
}

function checkOf(line: string): DoneCheck[] {
  const [, command, result, seconds, flaky] = /^(.*): (passed|failed) in (\d+\.\d) s( \(flaky\))?$/.exec(line) ?? [];
  if (command === undefined) return [];
  const duration_ms = Math.round(Number(seconds) * 1_000);
  return [{command, ok: result === 'passed', duration_ms, flaky: flaky !== undefined}];
}
