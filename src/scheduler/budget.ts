// What an attempt may spend. Pure.
//
//   an attempt reserves its task's budget, else what nobody has reserved divided by the places still free; it is
//   settled with what it used. What nobody has reserved is the limit less what was used and what is reserved.

import type {Usage} from '../events/details/driver.ts';
import type {Budget} from '../plan/plan.ts';
import {USAGE_KEYS} from '../state/usage.ts';

export interface BudgetQuestion {
  /** Of the milestone. */
  limit: Budget | undefined;
  used: Usage;
  /** By attempts that run. */
  reserved: readonly Budget[];
  /** Of the task, over all its attempts. */
  taskLimit: Budget | undefined;
  taskUsed: Usage;
  /** Attempts that could start now, this one among them; at least 1. */
  room: number;
  /** Without it no budget in usd holds the attempt: nobody would know what it used. */
  reportsCost: boolean;
}

/** `nothing`: no attempt may start; `whose` budget is used up, and of what. */
export type Reservation =
  | {kind: 'reserved'; amount: Budget}
  | {kind: 'nothing'; whose: 'task' | 'milestone'; key: keyof Budget};

/** Below this share of a limit nothing useful fits. */
const LEAST = 1e-6;

/** What an attempt that starts now may spend; without any budget an empty reservation. */
export function reserve(question: BudgetQuestion): Reservation {
  const amount: Budget = {};
  for (const key of USAGE_KEYS) {
    if (key === 'usd' && !question.reportsCost) continue;
    const ofTask = remaining(question.taskLimit?.[key], question.taskUsed[key]);
    const ofMilestone = unreserved(question, key);
    if (ofTask !== undefined && isNothing(ofTask, question.taskLimit?.[key]))
      return {kind: 'nothing', whose: 'task', key};
    if (ofMilestone !== undefined && isNothing(ofMilestone, question.limit?.[key]))
      return {kind: 'nothing', whose: 'milestone', key};
    const share = ofTask ?? (ofMilestone === undefined ? undefined : ofMilestone / question.room);
    if (share !== undefined) amount[key] = whole(key, Math.min(share, ofMilestone ?? share));
  }
  return {kind: 'reserved', amount};
}

/** What is used and reserved of each limit, from 0 to 1 and beyond; the largest counts. */
export function budgetShare(limit: Budget | undefined, used: Usage): number {
  return Math.max(0, ...USAGE_KEYS.map(key => (limit?.[key] === undefined ? 0 : (used[key] ?? 0) / limit[key])));
}

/** The first of its amounts that an attempt has used up. */
export function exceeded(amount: Budget, used: Usage): keyof Budget | undefined {
  return USAGE_KEYS.find(key => amount[key] !== undefined && (used[key] ?? 0) >= (amount[key] as number));
}

/** An attempt that ended before its agent could say what it has used. */
export interface CutOff {
  /** What was seen of it. */
  seen: Usage;
  /** What it lacks, by the prices of the provider. */
  priced?: Usage | undefined;
  minutes: number;
  /** What its driver has reported of attempts that came to their end. */
  reported: Usage | undefined;
  /** No estimate is more than this. */
  reserved: Budget;
}

/**
 * What an attempt that was cut off has used: what was seen, and an estimate of what was not, from the tokens seen or from
 * its time, at the rate of its driver so far. Where there is no rate either, nothing is made up.
 */
export function estimateUsage({seen, priced, minutes, reported, reserved}: CutOff): {used: Usage; estimated: Usage} {
  const estimated: Usage = {};
  for (const key of ESTIMATED) {
    if (seen[key] !== undefined) continue;
    const guess =
      atRate(seen.tokens, reported?.[key], reported?.tokens) ??
      priced?.[key] ??
      atRate(minutes, reported?.[key], reported?.minutes);
    if (guess !== undefined) estimated[key] = whole(key, Math.min(guess, reserved[key] ?? guess));
  }
  return {used: {...seen, ...estimated, minutes}, estimated};
}

const ESTIMATED = ['usd', 'tokens', 'turns'] as const satisfies ReadonlyArray<keyof Usage>;

function atRate(amount: number | undefined, used: number | undefined, of: number | undefined): number | undefined {
  return amount && used !== undefined && of ? (amount * used) / of : undefined;
}

function unreserved({limit, used, reserved}: BudgetQuestion, key: keyof Budget): number | undefined {
  const held = reserved.reduce((sum, one) => sum + (one[key] ?? 0), 0);
  return remaining(limit?.[key], (used[key] ?? 0) + held);
}

function remaining(limit: number | undefined, used = 0): number | undefined {
  return limit === undefined ? undefined : limit - used;
}

function isNothing(left: number, limit = 1): boolean {
  return left <= limit * LEAST;
}

/** Turns and tokens are counted in whole ones, at least one. */
function whole(key: keyof Budget, amount: number): number {
  return key === 'turns' || key === 'tokens' ? Math.max(1, Math.floor(amount)) : amount;
}
