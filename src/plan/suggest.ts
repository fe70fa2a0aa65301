/** The known word that a misspelt one most likely meant, if one is near enough. */
export function suggestId(wrong: string, known: Iterable<string>): string | undefined {
  const lower = wrong.toLowerCase();
  const allowed = wrong.length < 3 ? 0 : Math.floor(wrong.length / 3);
  let best: {word: string; distance: number} | undefined;
  for (const word of known) {
    if (Math.abs(word.length - wrong.length) > allowed) continue;
    const distance = editDistance(lower, word.toLowerCase(), best ? best.distance - 1 : allowed);
    if (distance !== undefined) best = {word, distance};
    if (distance === 0) break;
  }
  return best?.word;
}

/** A hint for `suggestId`'s answer; `undefined` when nothing is near. */
export function didYouMean(wrong: string, known: Iterable<string>): string | undefined {
  const word = suggestId(wrong, known);
  return word === undefined ? undefined : `did you mean \`${word}\`?`;
}

/** Letters to change, insert, drop or swap with a neighbour; `undefined` when more than `limit`. */
function editDistance(a: string, b: string, limit: number): number | undefined {
  let older: number[] = [];
  let previous = Array.from({length: b.length + 1}, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(older, j - 2) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > limit) return undefined;
    older = previous;
    previous = row;
  }
  const distance = at(previous, b.length);
  return distance <= limit ? distance : undefined;
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
