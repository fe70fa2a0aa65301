import {git, type Repository} from '../git/git.ts';
import {readHead} from '../git/refs.ts';
import type {TaskId} from '../plan/plan.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import type {TaskState} from '../state/task.ts';

/** Whether anybody has committed on the branch since the task became ready; what other tasks committed does not count. */
export async function hasWorkByHand(repo: Repository, state: MilestoneState, id: TaskId): Promise<boolean> {
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
