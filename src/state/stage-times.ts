// How long an attempt was in which stage: one reckoning for whoever says how long something took. Pure.
//
//   ready ── waiting ──> working ── working ──> claimed ── checking ──> green ── queued ──> end

import type {Timestamp} from '../events/timestamp.ts';
import type {AttemptMarks} from './task.ts';

/** In milliseconds; together the time from when an attempt could have begun to its end. */
export interface StageTimes {
  /** For its turn, and for its slot to be made ready. */
  waiting: number;
  /** Its driver. */
  working: number;
  /** Its own checks and its review. */
  checking: number;
  /** In the merge queue, with the checks of what was merged. */
  queued: number;
}

/** Instants in milliseconds since the Unix epoch; absent: it did not get that far. */
export interface StageMarks {
  ready: number;
  working?: number | undefined;
  claimed?: number | undefined;
  /** Its own checks were green, it was let through, and its work waits to be merged. */
  green?: number | undefined;
  end: number;
}

/** A clock may be put back: no stage is shorter than nothing, and none ends after the attempt. */
export function stageTimes({ready, working, claimed, green, end}: StageMarks): StageTimes {
  const last = Math.max(ready, end);
  const within = (at: number | undefined, first: number) => Math.min(Math.max(at ?? last, first), last);
  const workingAt = within(working ?? claimed, ready);
  const claimedAt = within(claimed, workingAt);
  const greenAt = within(green, claimedAt);
  return {
    waiting: workingAt - ready,
    working: claimedAt - workingAt,
    checking: greenAt - claimedAt,
    queued: last - greenAt,
  };
}

/**
 * Of an attempt as the state has it, up to an instant.
 * @param ready When it could have begun; milliseconds since the Unix epoch, as `end`.
 */
export function stagesOf(
  {workingAt, claimedAt, verifiedAt, queued}: AttemptMarks,
  {ready, end, isCompleted}: {ready: number; end: number; isCompleted: boolean},
): StageTimes {
  // Earlier versions queued nothing: what was completed had waited since its checks were green, or it was claimed.
  const green = queued?.at ?? (isCompleted ? (verifiedAt ?? claimedAt) : undefined);
  return stageTimes({ready, working: at(workingAt), claimed: at(claimedAt), green: at(green), end});
}

function at(instant: Timestamp | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant);
}

/** The time in which something was done for a task: not while it waited for its turn, a worker, a person or a quota, nor in the queue. */
export function ownMs({working, checking}: StageTimes): number {
  return working + checking;
}

/** Of several attempts together. */
export function sumStages(all: readonly StageTimes[]): StageTimes {
  const sum = {waiting: 0, working: 0, checking: 0, queued: 0};
  for (const one of all) for (const stage of STAGES) sum[stage] += one[stage];
  return sum;
}

export const STAGES = ['waiting', 'working', 'checking', 'queued'] as const satisfies ReadonlyArray<keyof StageTimes>;
