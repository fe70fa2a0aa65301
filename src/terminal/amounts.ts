import type {Timestamp} from '../events/timestamp.ts';

/** `1 task`, `2 tasks`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A time that has passed, in its two largest units. */
export function ageOf(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'm'],
    [1, 's'],
  ] as const;
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0s';
  let left = seconds;
  return units
    .slice(first, first + 2)
    .flatMap(([size, name]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return count > 0 ? `${count}${name}` : [];
    })
    .join(' ');
}

/** The time of a day in UTC, to the second. */
export function clockTime(timestamp: Timestamp): string {
  return timestamp.slice(11, 19);
}
