import {look, type MilestoneView} from '../../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../../plan/file/home.ts';
import type {TaskId} from '../../../plan/plan.ts';
import {unknownTask} from '../../../plan/selection.ts';
import {systemClock} from '../../../platform/clock.ts';
import {print} from '../../../platform/print.ts';
import {type TaskDetails, taskDetails} from '../../../reports/morning/task-details.ts';
import {statusReport} from '../../../reports/status-report.ts';
import {choosePaint} from '../../../terminal/paint.ts';
import {taskText} from '../../../terminal/report/task-text.ts';
import {requireHome} from '../../choose-milestone.ts';
import {requireTask} from '../../deciding.ts';
import {branchFactsOf, historyOf} from '../../read-report.ts';
import {statusFacts} from '../../status-facts.ts';
import {targetTask} from '../../target.ts';

export interface ShowFlags {
  milestone?: string;
  json?: boolean;
}

/** `milestone show`: one task, with every attempt at it. */
export async function show(words: readonly string[], flags: ShowFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const {milestone, task} = await targetTask(paths, words, flags.milestone);
  const id = requireTask(task, 'milestone show [id] <task>');
  const details = await detailsOf(paths, await look(paths, milestone), id);
  print(flags.json ? `${JSON.stringify({ok: true, task: details})}\n` : taskText(details, await choosePaint()));
}

/** @throws {MilestoneError} `UNKNOWN_TASK`, `LOG_CORRUPT`, `IO_FAILED`, `GIT_FAILED`. */
export async function detailsOf(paths: HomePaths, view: MilestoneView, id: TaskId): Promise<TaskDetails> {
  const [branch, facts] = await Promise.all([branchFactsOf(paths, view), statusFacts(paths, view)]);
  const history = historyOf(paths, view, systemClock.now());
  const details = taskDetails(id, {status: statusReport(view, facts), history, branch});
  if (!details) throw unknownTask(view.snapshot.plan, id);
  return details;
}
