/** A part of the screen wants to have up to so many rows. */
export interface Demand<Part> {
  part: Part;
  /** In all, not on top of what it has. */
  rows: number;
}

/** Give out rows, to who comes first first; in all never more than there are. */
export function shareRows<Part>(available: number, demands: ReadonlyArray<Demand<Part>>): Map<Part, number> {
  const shares = new Map<Part, number>();
  let left = Math.max(available, 0);
  for (const {part, rows} of demands) {
    const has = shares.get(part) ?? 0;
    const more = Math.min(Math.max(rows - has, 0), left);
    shares.set(part, has + more);
    left -= more;
  }
  return shares;
}
