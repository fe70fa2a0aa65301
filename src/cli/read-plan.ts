// The process that plan-reader.ts starts.

import {answerPlanRequest} from '../milestone/answer-plan-request.ts';
import {optimiseLate} from '../platform/tune-v8.ts';

optimiseLate();

/** @param guess The plan that will probably be asked for. */
export function readPlan(guess?: string): Promise<void> {
  return answerPlanRequest(process.stdin, guess);
}
