// The process that start-reader.ts starts.

import {answerPlanRequest} from '../../plan/file/answer-plan-request.ts';
import {findHome, homePaths} from '../../plan/file/home.ts';
import {isValidId} from '../../plan/ids.ts';
import {readIfExists} from '../../platform/files.ts';
import {optimiseLate} from '../../platform/v8-tuning.ts';

optimiseLate();

/** @param words The command line, less the command, of whoever will ask. */
export function readPlan(words: readonly string[]): Promise<void> {
  return answerPlanRequest(process.stdin, guessPlan(words));
}

/** The plan that is probably meant, before the command line is understood; a wrong guess costs nothing but time. */
function guessPlan(words: readonly string[]): string | undefined {
  const home = findHome(process.cwd());
  if (home === undefined) return undefined;
  const paths = homePaths(home);
  const id = words.find(word => !word.startsWith('-')) ?? readIfExists(paths.current)?.trim();
  return id !== undefined && isValidId(id) ? paths.active(id) : undefined;
}
