import {MilestoneError} from '../errors.ts';
import {readHead} from '../git/refs.ts';
import {type RecordedCommit, readTaskCommits} from '../git/task-commits.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {MilestoneOnDisk} from './hold.ts';

/**
 * Work that the branch says this execution has finished and of which the log knows nothing: the log was restored, or
 * copied while it grew, and ends before its end.
 */
export async function findUnrecorded({repo, state}: MilestoneOnDisk): Promise<RecordedCommit[]> {
  const {branch, base} = state.activation ?? {};
  const head = repo && branch !== undefined ? await readHead(repo, branch) : undefined;
  if (!repo || head === undefined || head === state.head) return [];
  const commits = await readTaskCommits(repo, {...(base !== undefined && {from: base}), to: head});
  return unrecordedOf(state, commits);
}

/**
 * A log that has lost its end would have finished work done, and committed, again; and what a person decides by it is
 * decided about something else.
 * @throws {MilestoneError} `LOG_BEHIND`
 */
export async function refuseLogBehind(milestone: MilestoneOnDisk): Promise<void> {
  const unrecorded = await findUnrecorded(milestone);
  if (unrecorded.length === 0) return;
  const tasks = [...new Set(unrecorded.map(({task}) => task))];
  const shown = tasks.slice(0, 5).map(task => `\`${task}\``);
  const more = tasks.length > shown.length ? ` and ${tasks.length - shown.length} more` : '';
  throw new MilestoneError(
    'LOG_BEHIND',
    `the branch \`${milestone.state.activation?.branch}\` holds finished work of which the event log knows nothing (${shown.join(', ')}${more}): the log has lost its end`,
    {hint: `\`milestone resume --adopt ${milestone.id}\` takes it up as done; or put the whole log back`},
  );
}

/** Of the commits on a branch those that completed a task of this execution without the log's knowing, oldest first. */
export function unrecordedOf(
  {id, activation, tasks}: Pick<MilestoneState, 'id' | 'activation' | 'tasks'>,
  commits: readonly RecordedCommit[],
): RecordedCommit[] {
  return commits.filter(({task: taskId, milestone, execution, commit, attempt}) => {
    const task = tasks.get(taskId);
    if (!task || milestone !== id || execution !== activation?.executionId) return false;
    if (task.status === 'completed' || task.status === 'skipped') return false;
    // Its record was cut off between the move of the branch and the completion: the recovery knows what to do.
    if (task.status === 'in_progress' && task.integrating?.commit === commit) return false;
    // What was done before a person had it done again does not count.
    return attempt > task.history.attempts - task.history.counters.started;
  });
}
