const SAFE = /^[\w@%+=:,./-]+$/;

/** Words of a command line, to be pasted into a shell. */
export function commandLine(words: readonly string[]): string {
  return words.map(word => (SAFE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
