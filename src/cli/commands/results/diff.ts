import path from 'node:path';
import {MilestoneError} from '../../../errors.ts';
import {git, type Repository} from '../../../git/git.ts';
import {openRepository} from '../../../git/repository.ts';
import {look, type MilestoneView} from '../../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../../plan/file/home.ts';
import type {TaskId} from '../../../plan/plan.ts';
import {unknownTask} from '../../../plan/selection.ts';
import {print} from '../../../platform/print.ts';
import {showGit} from '../../../platform/processes/show-git.ts';
import type {ChangedFile, Diff} from '../../../reports/diff-shape.ts';
import type {BranchFacts} from '../../../reports/morning/branch-facts.ts';
import type {TaskState} from '../../../state/task.ts';
import {requireHome} from '../../choose-milestone.ts';
import {branchFactsOf} from '../../read-report.ts';
import {targetTask} from '../../target.ts';
import type {ShowFlags} from './show.ts';

/** What is compared: a commit with the one before it, or two commits. */
interface Compared {
  from: string;
  to: string;
  /** Ref of work that was kept. */
  work_at?: string;
}

/** Characters of a patch in one answer. */
const LONGEST_PATCH = 1024 * 1024;

/** `milestone diff`: what a task has changed, or all since the base. @returns The exit code. */
export async function diff(words: readonly string[], flags: ShowFlags): Promise<number> {
  const paths = homePaths(requireHome());
  const {milestone, task} = await targetTask(paths, words, flags.milestone);
  const {repo, compared} = await comparedOf(paths, await look(paths, milestone), task);
  if (flags.json) {
    print(`${JSON.stringify({ok: true, diff: await diffOf(repo, task, compared)})}\n`);
    return 0;
  }
  const args = task === undefined ? ['diff', compared.from, compared.to] : ['show', compared.to];
  // As the user's own git: his settings and his language, in the repository of the home.
  const env = {...process.env, GIT_DIR: repo.gitDir, GIT_WORK_TREE: repo.topLevel};
  return showGit([...args, '--'], {cwd: repo.topLevel, env});
}

/**
 * @param attempt The kept work of this one, in place of what came of the task.
 * @throws {MilestoneError} `WRONG_STATUS` where there is nothing to compare; `UNKNOWN_TASK`, `GIT_FAILED`.
 */
export async function comparedOf(
  paths: HomePaths,
  view: MilestoneView,
  task: TaskId | undefined,
  attempt?: number,
): Promise<{repo: Repository; compared: Compared}> {
  const repo = await openRepository(path.dirname(paths.home));
  if (!repo) throw nothing(`milestone \`${view.id}\` is carried out outside git: there are no commits to compare`);
  const facts = await branchFactsOf(paths, view);
  if (task !== undefined && attempt !== undefined) return {repo, compared: ofAttempt(facts, task, attempt)};
  return {repo, compared: task === undefined ? ofMilestone(view, facts) : ofTask(view, facts, task)};
}

function ofMilestone({id, snapshot: {stored}}: MilestoneView, facts: BranchFacts): Compared {
  const from = facts.base ?? stored.activation?.base;
  const to = facts.head ?? stored.commit ?? stored.head;
  if (from === undefined || to === undefined)
    throw nothing(`milestone \`${id}\` has no branch, so there is nothing to compare`, `milestone status ${id}`);
  return {from, to};
}

function ofTask({id, snapshot: {plan, tasks}}: MilestoneView, facts: BranchFacts, task: TaskId): Compared {
  const state = tasks[plan.tasks.findIndex(one => one.id === task)];
  if (!state) throw unknownTask(plan, task);
  const commit = (state.status === 'completed' && state.commit) || facts.commits?.get(task)?.commit;
  if (commit) return {from: `${commit}^`, to: commit};
  const kept = state.status === 'completed' ? undefined : lastKept(facts, task, state);
  if (kept !== undefined) return {from: `${kept}^`, to: kept, work_at: kept};
  const why =
    state.status === 'completed'
      ? 'has no commit of its own: it changed nothing, or a person did it'
      : 'has no commit, and nothing of its work was kept';
  throw nothing(`task \`${task}\` ${why}`, `milestone show ${id} ${task}`);
}

function ofAttempt({kept}: BranchFacts, task: TaskId, attempt: number): Compared {
  const ref = kept.get(`${task}.${attempt}`);
  if (ref !== undefined) return {from: `${ref}^`, to: ref, work_at: ref};
  throw nothing(`nothing of the work of attempt ${attempt} of task \`${task}\` was kept`);
}

function lastKept({kept}: BranchFacts, task: TaskId, {history: {attempts}}: TaskState): string | undefined {
  for (let attempt = attempts; attempt > 0; attempt--) {
    const ref = kept.get(`${task}.${attempt}`);
    if (ref !== undefined) return ref;
  }
  return undefined;
}

function nothing(message: string, hint?: string): MilestoneError {
  return new MilestoneError('WRONG_STATUS', message, {hint});
}

/** For programs: the same whatever the user's settings are; nothing that the repository names is started. */
export async function diffOf(repo: Repository, task: TaskId | undefined, {from, to, work_at}: Compared): Promise<Diff> {
  const plain = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames'];
  const [numbers, patch, ...commits] = await Promise.all([
    git(repo, [...plain, '--numstat', '-z', from, to, '--']),
    git(repo, [...plain, from, to, '--']),
    git(repo, ['rev-parse', '--verify', '--end-of-options', from]),
    git(repo, ['rev-parse', '--verify', '--end-of-options', to]),
  ]);
  const [fromCommit, toCommit] = commits.map(commit => commit.trim());
  const files = numbers.split('\0').flatMap(fileOf);
  return {
    ...(task !== undefined && {task}),
    from: fromCommit as string,
    to: toCommit as string,
    ...(work_at !== undefined && {work_at}),
    files,
    patch: patch.slice(0, LONGEST_PATCH),
    truncated: patch.length > LONGEST_PATCH,
  };
}

function fileOf(entry: string): ChangedFile[] {
  const [, added, deleted, file] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(entry) ?? [];
  const count = (text: string | undefined) => (text === '-' ? null : Number(text));
  return file === undefined ? [] : [{path: file, added: count(added), deleted: count(deleted)}];
}
