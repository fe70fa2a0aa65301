// What the next attempt of a coding agent starts from. Pure.
//
//   after                                  files                 conversation
//   nothing, another phase                 the clean head        a new one
//   failed                                 its own work          the same; the last retry a new one
//   failed out of its areas, conflict      the clean head        a new one
//   anything else                          its own work          the same
//
// Another driver cannot go on with a conversation; it gets the work. So does one whose conversations are bound to a folder
// when it gets another one: it would go on writing into the first, whoever works there now. A conversation lives on the
// machine on which it was begun: whoever is to work on another one gets the work.

import type {LivesAt} from '../events/details/attempt.ts';
import type {KiroPhase} from '../plan/plan.ts';
import type {TaskHistory} from '../state/task.ts';

export interface NextAttempt {
  /** `fresh`: in a new conversation, with a summary of what was tried. */
  mode: 'first' | 'continue' | 'fresh';
  /** Attempts whose work it goes on from: the first of them that left any. */
  from: number[];
  /** To be taken up again. */
  conversation?: string;
  /** The folder that the conversation speaks of, when it is another one now. */
  movedFrom?: string;
  /** Where the conversation lives, when that is at a worker, to which the attempt has to be sent. */
  livesAt?: LivesAt;
}

/** Who is to make the next attempt, and in what. */
export interface NextAttemptBy {
  /** Its number. */
  attempt: number;
  driver: string;
  /** Its conversations go on in the folder in which they were begun, or not at all. */
  isBoundToFolder?: boolean | undefined;
  /** Where it is to work. */
  folder?: string | undefined;
  /** Queues of the workers of which one is to do it, each for that one alone; absent where it is done here. */
  away?: ReadonlySet<string> | undefined;
  /** Of a kiro task. */
  phase?: KiroPhase | undefined;
  /** Tries after the first. */
  retries: number;
}

/** Work out how a task goes on. */
export function nextAttempt({last, counters}: Pick<TaskHistory, 'last' | 'counters'>, now: NextAttemptBy): NextAttempt {
  // After a completed one that is done again, what was tried before that one is of no use.
  if (!last || last.attempt !== now.attempt - 1 || last.phase !== now.phase) return {mode: 'first', from: []};
  const {outcome} = last;
  const isClean = outcome?.kind === 'conflict' || (outcome?.kind === 'failed' && outcome.cause === 'out_of_area');
  if (isClean) return {mode: 'fresh', from: []};
  const from = [last.attempt, ...(last.from ?? [])];
  const isLastRetry = outcome?.kind === 'failed' && counters.failures > 0 && counters.failures >= now.retries;
  if (isLastRetry || last.driver !== now.driver || last.conversation === undefined) return {mode: 'fresh', from};
  const {conversation, folder, livesAt} = last;
  if (livesAt)
    return now.away?.has(livesAt.queue) ? {mode: 'continue', from, conversation, livesAt} : {mode: 'fresh', from};
  if (now.away || last.wasAway) return {mode: 'fresh', from};
  if (folder === now.folder || now.folder === undefined) return {mode: 'continue', from, conversation};
  if (now.isBoundToFolder) return {mode: 'fresh', from};
  return {mode: 'continue', from, conversation, ...(folder !== undefined && {movedFrom: folder})};
}
