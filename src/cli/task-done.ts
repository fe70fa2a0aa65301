import {homePaths} from '../milestone/home.ts';
import {phaseInWork} from '../state/milestone.ts';
import {checkText, type DecidingFlags, decide, requireTask} from './deciding.ts';
import {requireHome} from './home.ts';
import {targetTask} from './target.ts';

export interface DoneFlags extends DecidingFlags {
  message?: string;
}

/** `milestone task done`: a person has done the work of a manual task or phase; the executor checks it. */
export async function taskDone(words: readonly string[], flags: DoneFlags): Promise<void> {
  const home = requireHome();
  const {milestone, task} = targetTask(homePaths(home), words, flags.milestone);
  const task_id = requireTask(task, 'milestone task done [id] <task> [-m "…"]');
  const summary = flags.message === undefined ? {} : {summary: checkText(flags.message, 'the summary', 'comment')};
  await decide(home, milestone, {kind: 'done', task_id, ...summary}, flags, state => {
    const phase = phaseInWork(state, task_id);
    const what = phase === undefined ? 'task' : `the ${phase} of task`;
    return {lines: [`${what} \`${task_id}\` is said to be done; it is checked next`], goesOn: true};
  });
}
