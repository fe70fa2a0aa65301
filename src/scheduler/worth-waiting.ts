// Whether a round of the merge queue had better wait for works whose own checks are about to end: who comes a moment too
// late waits for a whole check.
//
// W1. What those lose who wait, and those who come later still, is less than what those save who come in time.
// W2. However often something else was expected, it is no longer than a quarter of what a check takes.

/** What a round waits at most, beside what its check takes. */
const MOST = 1 / 4;

/** What is known of a queue whose next round could begin. */
export interface QueueOutlook {
  /** Works that wait for the round. */
  queued: number;
  /** Works that it takes besides, at most. */
  room: number;
  /** Since the round could have begun, in milliseconds. */
  waitedMs: number;
  /** What its check will take, in milliseconds. */
  checkMs: number;
  /** When others are expected in the queue, in milliseconds from now. */
  expectedMs: readonly number[];
}

/** How long the round had better wait, in milliseconds; 0 when it is to begin. */
export function worthWaiting({queued, room, waitedMs, checkMs, expectedMs}: QueueOutlook): number {
  let best = {savedMs: 0, ms: 0};
  const inOrder = expectedMs.toSorted((a, b) => a - b);
  for (const [index, ms] of inOrder.slice(0, Math.max(room, 0)).entries()) {
    if (waitedMs + ms > checkMs * MOST) break;
    const inTime = index + 1;
    const later = inOrder.length - inTime;
    // Who misses the round is integrated by the one after it, two checks from now.
    const savedMs = inTime * (checkMs - ms) - later * ms - queued * (waitedMs + ms);
    if (savedMs > best.savedMs) best = {savedMs, ms};
  }
  return best.ms;
}
