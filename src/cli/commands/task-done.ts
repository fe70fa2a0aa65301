import path from 'node:path';
import {git, type Repository} from '../../git/git.ts';
import {readHead} from '../../git/refs.ts';
import {openRepository} from '../../git/repository.ts';
import {look} from '../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import {readConfigFile} from '../../plan/file/reader.ts';
import {taskInPhase} from '../../plan/kiro-plan.ts';
import type {MilestoneId, Task, TaskId} from '../../plan/plan.ts';
import {resolveTaskSettings} from '../../plan/settings.ts';
import {type MilestoneState, phaseInWork, taskState} from '../../state/milestone.ts';
import {restoreSnapshot} from '../../state/snapshot.ts';
import type {TaskState} from '../../state/task.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {checkText, type DecidingFlags, decide, requireTask} from '../deciding.ts';
import {targetTask} from '../target.ts';

export interface DoneFlags extends DecidingFlags {
  message?: string;
}

/** `milestone task done`: a person has done the work of a manual task or phase; the executor checks it. */
export async function taskDone(words: readonly string[], flags: DoneFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const {milestone, task} = await targetTask(paths, words, flags.milestone);
  const task_id = requireTask(task, 'milestone task done [id] <task> [-m "…"]');
  const summary = flags.message === undefined ? {} : {summary: checkText(flags.message, 'the summary', 'comment')};
  const warning = await unseenWork(paths, milestone, task_id);
  await decide(paths.home, milestone, {kind: 'done', task_id, ...summary}, flags, state => {
    const phase = phaseInWork(state, task_id);
    const what = phase === undefined ? 'task' : `the ${phase} of task`;
    const branch = branchFor(state, task_id);
    const where = branch === undefined ? '' : ` with what is committed on \`${branch}\``;
    return {lines: [`${what} \`${task_id}\` is said to be done${where}; it is checked next`], goesOn: true};
  });
  if (warning !== undefined) console.error(printable(`warning: ${warning}`));
}

/** What counts as done though nothing shows that it is, as things stood before it was said to be. */
async function unseenWork(paths: HomePaths, id: MilestoneId, task_id: TaskId): Promise<string | undefined> {
  const state = restoreSnapshot((await look(paths, id)).snapshot);
  const task = state.taskById.get(task_id);
  const branch = task && branchFor(state, task_id);
  if (!task || branch === undefined || isChecked(paths, state, task)) return undefined;
  const repo = await openRepository(path.dirname(paths.home));
  if (!repo || (await hasWorkByHand(repo, state, task_id))) return undefined;
  return `nothing new is on \`${branch}\`; it counts as done, unchecked`;
}

/** The branch on which the work has to lie; documents lie in the home. */
function branchFor(state: MilestoneState, id: TaskId): string | undefined {
  const phase = phaseInWork(state, id);
  return phase === undefined || phase === 'execute' ? state.activation?.branch : undefined;
}

function isChecked({config: file}: HomePaths, state: MilestoneState, whole: Task): boolean {
  const task = phaseInWork(state, whole.id) === 'execute' ? taskInPhase(whole, 'execute') : whole;
  const {taskVerify, milestoneVerify} = resolveTaskSettings(
    task,
    state.plan.settings,
    readConfigFile(file).config.settings,
  );
  return taskVerify !== undefined || milestoneVerify !== undefined;
}

/** Whether anybody has committed on the branch since the task became ready; what other tasks committed does not count. */
async function hasWorkByHand(repo: Repository, state: MilestoneState, id: TaskId): Promise<boolean> {
  const {branch, base} = state.activation ?? {};
  const head = branch === undefined ? undefined : await readHead(repo, branch);
  if (head === undefined || base === undefined) return true; // nobody can tell
  const commits = await git(repo, ['rev-list', '--end-of-options', `${headWhenReady(state, id) ?? base}..${head}`]);
  const own = new Set([...state.tasks.values()].map(commitOf));
  return commits.split('\n').some(commit => commit !== '' && !own.has(commit));
}

/** The last commit that the milestone itself had made when the last dependency of a task was done. */
function headWhenReady(state: MilestoneState, id: TaskId): string | undefined {
  const dependencies = state.taskById.get(id)?.dependencies ?? [];
  const readyAt = latest(dependencies.map(one => completedAt(taskState(state, one))));
  if (readyAt === '') return undefined;
  const before = [...state.tasks.values()].filter(
    task => commitOf(task) !== undefined && completedAt(task) !== '' && completedAt(task) <= readyAt,
  );
  const last = latest(before.map(completedAt));
  const found = before.find(task => completedAt(task) === last);
  return found && commitOf(found);
}

function commitOf(task: TaskState): string | undefined {
  return task.status === 'completed' ? task.commit : undefined;
}

/** Timestamps can be compared as texts; empty when there is none. */
function completedAt(task: TaskState): string {
  return (task.status === 'completed' && task.completedAt) || '';
}

function latest(times: readonly string[]): string {
  return [...times].sort().at(-1) ?? '';
}
