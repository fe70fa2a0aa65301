export type AttentionFormat = 'text' | 'md' | 'json';

/** How `milestone` alone is to answer; undefined where the words are a command, or flags of another kind. */
export function attentionFormat(words: readonly string[]): AttentionFormat | undefined {
  const [first = '--format=text', second, ...rest] = words;
  if (rest.length > 0 || (second !== undefined && first !== '--format')) return undefined;
  if (first === '--json') return 'json';
  const format = first === '--format' ? second : /^--format=(.*)$/.exec(first)?.[1];
  return (['text', 'md', 'json'] as const).find(known => known === format);
}
