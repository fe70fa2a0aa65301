// How long an attempt was in which stage. Pure.
//
//   ready ── waiting ──> working ── working ──> claimed ── checking ──> green ── queued ──> end

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
  /** Its own checks were green, and it was let through. */
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

/** Of several attempts together. */
export function sumStages(all: readonly StageTimes[]): StageTimes {
  const sum = {waiting: 0, working: 0, checking: 0, queued: 0};
  for (const one of all) for (const stage of STAGES) sum[stage] += one[stage];
  return sum;
}

export const STAGES = ['waiting', 'working', 'checking', 'queued'] as const satisfies ReadonlyArray<keyof StageTimes>;
