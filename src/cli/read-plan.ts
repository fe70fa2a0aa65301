// The process that plan-reader.ts starts.

import v8 from 'node:v8';
import {answerPlanRequest} from '../milestone/answer-plan-request.ts';

/** Optimise later than usual: most plans are read before that pays. Makes a thousand tasks a sixth quicker. */
v8.setFlagsFromString('--interrupt-budget=500000');

/** @param guess The plan that will probably be asked for. */
export function readPlan(guess?: string): Promise<void> {
  return answerPlanRequest(process.stdin, guess);
}
