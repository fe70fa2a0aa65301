import {randomInt} from 'node:crypto';
import type {Clock} from '../platform/clock.ts';

const SUFFIX_LENGTH = 4;
const SUFFIX_DIGITS = 36;

/** A new session's id: `session-<date>-<time>-<random>`, in UTC. */
export function newSessionId(clock: Clock): string {
  const [date, time] = new Date(clock.now()).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  return `session-${date}-${time}-${randomText(SUFFIX_LENGTH)}`;
}

/** A new execution's id, kept by every resume; the trailer `Execution:` of its commits. */
export function newExecutionId(): string {
  return `exec-${randomText(12)}`;
}

function randomText(length: number): string {
  return Array.from({length}, () => randomInt(SUFFIX_DIGITS).toString(SUFFIX_DIGITS)).join('');
}
