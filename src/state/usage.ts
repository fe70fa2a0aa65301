import type {Usage} from '../events/details/driver.ts';

/** What is counted of an attempt, and can be bounded by a budget. */
export const USAGE_KEYS = ['usd', 'tokens', 'turns', 'minutes'] as const satisfies ReadonlyArray<keyof Usage>;

/** The sum of what is known of both. */
export function addUsage(a: Usage | undefined, b: Usage): Usage {
  const sum: Usage = {...a};
  for (const key of USAGE_KEYS) {
    const value = b[key];
    if (value !== undefined) sum[key] = (sum[key] ?? 0) + value;
  }
  return sum;
}
