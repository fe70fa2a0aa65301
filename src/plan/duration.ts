// How long things take, as people write it.

/** A duration as written: a number and a unit (`500ms`, `90s`, `15m`, `2h`). */
export type Duration = string;

const UNIT_MS: Record<string, number> = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000};

/** The longest time that a timer can wait, in milliseconds: a bit more than 24 days. */
export const LONGEST_MS = 2 ** 31 - 1;

/**
 * Milliseconds of a duration such as `500ms`, `90s`, `15m` or `1.5h`.
 * @returns NaN when the text is no duration.
 */
export function parseDuration(text: Duration): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * (UNIT_MS[match[2] as string] as number)) : Number.NaN;
}
