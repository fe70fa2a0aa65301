import type {Outcome} from '../events/details/outcome.ts';
import {readTelling, sizeOf} from '../platform/attempt-log.ts';

/** Of an output, in bytes. */
const TAIL_BYTES = 2048;

/** What a command printed last says why it failed. What an agent prints is for programs. */
export function withOutput(outcome: Outcome, logFile: string): Outcome {
  if (outcome.kind !== 'failed' || sizeOf(logFile) === 0) return outcome;
  return {...outcome, output_tail: readTelling(logFile, TAIL_BYTES)};
}
