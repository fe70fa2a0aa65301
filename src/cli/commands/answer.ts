import {MilestoneError} from '../../errors.ts';
import {homePaths} from '../../plan/file/home.ts';
import {requireHome} from '../choose-milestone.ts';
import {checkText, type DecidingFlags, decide, requireTask} from '../deciding.ts';
import {requireYes} from '../require-yes.ts';
import {targetText} from '../target.ts';
import {execute} from './execute.ts';

export interface AnswerFlags extends DecidingFlags {
  /** Go on with the milestone in this terminal when nobody executes it. */
  go?: boolean;
}

const USAGE = 'milestone answer [id] <task> "<the answer>"';

/** `milestone answer`: give the next attempt of a task the answer to what it asked. @returns The exit code. */
export async function answer(words: readonly string[], flags: AnswerFlags): Promise<number> {
  if (flags.go && flags.json)
    throw new MilestoneError('USAGE', '`--json` answers with one object, and `--go` shows what is executed', {
      hint: 'leave one of them out; `milestone resume --json` goes on',
    });
  const home = requireHome();
  const target = await targetText(homePaths(home), words, flags.milestone);
  const task_id = requireTask(target.task, USAGE);
  if (target.text === '') throw new MilestoneError('USAGE', 'what is the answer?', {hint: USAGE});
  const text = checkText(target.text, 'the answer', 'text');
  requireYes(flags, 'answer');
  const {milestone} = target;
  const {by} = await decide(home, milestone, {kind: 'answer', task_id, text}, flags, () => ({
    lines: [`task \`${task_id}\` is pending again; its next attempt reads the answer`],
    goesOn: !flags.go,
  }));
  if (!flags.go || by === 'executor') return 0;
  return execute('resume', milestone, {git: true});
}
