/** Entries from `start` up to but without `end`. */
export interface Window {
  start: number;
  end: number;
}

/**
 * The part of a list that `rows` rows have room for, with a row each for what lies above and below it.
 * @param focus Places of the entries that matter; as many of them as fit are in it, the first of them if in doubt.
 */
export function windowOf(entries: number, rows: number, focus: readonly number[]): Window {
  if (entries <= rows) return {start: 0, end: entries};
  // Both ends may need a row that says so.
  const size = Math.max(rows - 2, 0);
  const [from, to] = densest(focus, size);
  const middle = Math.floor((from + to + 1) / 2);
  const start = Math.min(Math.max(middle - Math.floor(size / 2), 0), entries - size);
  // At an edge there is one row less to say.
  if (start <= 1) return {start: 0, end: Math.max(rows - 1, 0)};
  if (start + size >= entries - 1) return {start: entries - Math.max(rows - 1, 0), end: entries};
  return {start, end: start + size};
}

/** First and last of the places that lie within `size` of each other and are the most. */
function densest(places: readonly number[], size: number): [number, number] {
  let best: [number, number] = [places[0] ?? 0, places[0] ?? 0];
  let most = 1;
  for (let first = 0, last = 0; last < places.length; last++) {
    while (places[last]! - places[first]! >= Math.max(size, 1)) first++;
    if (last - first + 1 <= most) continue;
    most = last - first + 1;
    best = [places[first]!, places[last]!];
  }
  return best;
}
