// Which lines of an output say why it failed: mostly the last, but some test runners name what failed hundreds of lines
// before they end.

/** How tools begin to say what failed: TAP, node, jest, mocha, go, cargo, pytest, compilers. */
const FAILURE =
  /^[ \t]*(?:not ok\b|[✖✗✘×] |--- FAIL:|FAIL(?:ED)?\b|Traceback \(|(?:\w*Error|error|panic)(?:\[\w+\])?:)/;

/** Stands for lines that were left out. */
export const GAP = '[…]';

export function isFailure(line: string): boolean {
  return FAILURE.test(line);
}

/** For `most` lines of room: the last ones, and where they name no failure, the first that does before them. */
export function tellingLines(lines: readonly string[], most: number): string[] {
  const end = lines.slice(-most);
  const start = lines.findIndex(isFailure);
  if (start < 0 || end.some(isFailure)) return end;
  const head = Math.min(Math.ceil(most / 2), most - 2);
  return [...lines.slice(start, start + head), GAP, ...lines.slice(head + 1 - most)];
}
