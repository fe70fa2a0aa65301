/**
 * Whether a shell command has a pipe outside of quotes: `sh` takes the exit code of its last command alone. Whoever sets
 * `pipefail` himself knows.
 */
export function hasPipe(command: string): boolean {
  if (/\bpipefail\b|\bcase\b/.test(command)) return false; // patterns of `case` have the same sign
  const outside = command.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|(?<=^|\s)#.*$/gm, '');
  return /(?<![|>])\|(?!\|)/.test(outside);
}
