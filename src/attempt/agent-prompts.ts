// What agents are told.

import type {CheckResult} from '../events/details/checks.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import {promptsFolder, readTemplate} from '../prompts/read-template.ts';
import {reviewPrompt} from '../prompts/review-prompt.ts';
import {taskPrompt} from '../prompts/task-prompt.ts';
import type {NextAttempt} from '../scheduler/next-attempt.ts';
import type {AttemptId} from '../state/task.ts';
import type {FrozenWork} from '../workspace/workspace.ts';

/**
 * What a coding agent is told.
 * @throws {MilestoneError} `CONFIG_INVALID` when the user's own template cannot be understood.
 */
export async function promptOf(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'repo' | 'surroundings'>,
  id: TaskId,
  {driver, mode}: {driver: string; mode: NextAttempt['mode']},
): Promise<string> {
  const {repo} = execution;
  const {state} = execution.ledger;
  const {paths, redactor} = execution.surroundings;
  const sources = {state, paths, repo, settings: execution.inForce.settingsOf(id), driver, mode};
  return taskPrompt({...sources, redactText: text => redactor.redactText(text)}, id);
}

/**
 * What a reviewer of an attempt's work is told.
 * @throws {MilestoneError} `CONFIG_INVALID` when the user's own template cannot be understood.
 */
export async function reviewPromptOf(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'surroundings' | 'workspace'>,
  {taskId}: AttemptId,
  work: FrozenWork,
  checks: CheckResult[],
): Promise<string> {
  const {workspace} = execution;
  const {state} = execution.ledger;
  const {redactor, paths} = execution.surroundings;
  const task = execution.inForce.taskOf(taskId);
  const {claim} = runningTask(execution.ledger.state, taskId);
  const input = {
    milestone: state.plan,
    task,
    ...(task.review?.prompt !== undefined && {prompt: task.review.prompt}),
    ...(claim && {claim}),
    checks,
    files: [...work.changedFiles],
    diff: (await workspace.branch?.diffOf(work)) ?? '',
  };
  return redactor.redactText(reviewPrompt(input, readTemplate(promptsFolder(paths), 'review')));
}
