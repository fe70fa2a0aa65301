// What the commands share in which a person decides something about one task.

import type {Answer} from '../engine/ask.ts';
import {MilestoneError} from '../errors.ts';
import {look} from '../milestone/look.ts';
import {homePaths} from '../plan/file/home.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import type {Ask} from '../requests/request.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {restoreSnapshot} from '../state/snapshot.ts';
import {printable} from '../terminal/printable.ts';
import {askFor} from './ask-for.ts';
import {answerReport, whoGoesOn} from './commands/change.ts';

export interface DecidingFlags {
  milestone?: string;
  /** Where nobody can be asked: a person has decided. */
  yes?: boolean;
  json?: boolean;
}

/** What a text is at most long: more would not be taken. */
const MOST_CHARACTERS = {comment: 4_096, text: 32_768} as const;

/** @throws {MilestoneError} `USAGE` for a text that is empty or too long. */
export function checkText(text: string, what: string, most: keyof typeof MOST_CHARACTERS): string {
  if (text.trim() === '') throw new MilestoneError('USAGE', `${what} is empty`);
  if (text.length > MOST_CHARACTERS[most])
    throw new MilestoneError('USAGE', `${what} is longer than ${MOST_CHARACTERS[most]} characters`);
  return text;
}

/** @throws {MilestoneError} `USAGE` */
export function requireTask(task: TaskId | undefined, usage: string): TaskId {
  if (task !== undefined) return task;
  throw new MilestoneError('USAGE', 'which task is meant?', {hint: usage});
}

/**
 * Send what was decided, and say what came of it.
 * @param say The lines before the one that tells who goes on with it; none of that when it returns `waits`.
 * @throws {MilestoneError} as `ask`.
 */
export async function decide(
  home: string,
  id: MilestoneId,
  what: Ask,
  {json}: DecidingFlags,
  say: (state: MilestoneState) => {lines: string[]; goesOn: boolean},
): Promise<Answer> {
  const answer = await askFor(home, id, what);
  if (json) {
    console.log(JSON.stringify(answerReport(id, answer)));
    return answer;
  }
  const state = restoreSnapshot((await look(homePaths(home), id)).snapshot);
  const {lines, goesOn} = say(state);
  const all = goesOn ? [...lines, whoGoesOn(id, answer.by === 'executor', state)] : lines;
  for (const line of all) console.log(printable(line));
  return answer;
}
