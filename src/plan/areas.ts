// Areas of files by glob: `*`, `?`, `**`, `{a,b}`, `[a-z]`. Patterns and paths are relative and separated by `/`.

import picomatch from 'picomatch';

/**
 * Whether two lists of areas may meet in a file. Judged by the text before each pattern's first wildcard alone, so it
 * may say yes for patterns that never meet, and never says no for ones that do. Absent overlaps nothing.
 */
export function areasOverlap(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (!a || !b) return false;
  const others = b.map(beginningOf);
  return a.map(beginningOf).some(one => others.some(other => reaches(one, other) || reaches(other, one)));
}

/**
 * Whether a task may change a file: inside `touches`, or in what is free for all.
 * @param touches Absent allows everything.
 */
export function isInsideAreas(path: string, touches: readonly string[] | undefined, free: readonly string[]): boolean {
  if (!touches) return true;
  return [...touches, ...free].some(pattern => matches(pattern, path));
}

/**
 * Whether a file is kept from a task.
 * @param named The task's own `touches`, which may name what is protected.
 */
export function isProtected(path: string, protect: readonly string[], named: readonly string[] = []): boolean {
  const isAmong = (patterns: readonly string[]) => patterns.some(pattern => matches(pattern, path));
  return isAmong(protect) && !isAmong(named);
}

interface Beginning {
  text: string;
  /** No wildcard follows: the text is a file or a folder. */
  whole: boolean;
}

function beginningOf(pattern: string): Beginning {
  const clean = withoutDots(pattern);
  const wildcard = clean.search(/[*?[{]/);
  return wildcard < 0 ? {text: clean, whole: true} : {text: clean.slice(0, wildcard), whole: false};
}

/** Whether what begins like `other` may lie in `one`. */
function reaches(one: Beginning, other: Beginning): boolean {
  if (!one.whole) return other.text.startsWith(one.text);
  return one.text === '' || other.text === one.text || other.text.startsWith(`${one.text}/`);
}

const OPTIONS = {dot: true, nonegate: true, noextglob: true, posix: true, windows: false, flags: 's'} as const;
const matchers = new Map<string, (path: string) => boolean>();

/** A pattern that names a folder stands for all that is in it. */
function matches(pattern: string, path: string): boolean {
  let matcher = matchers.get(pattern);
  if (!matcher) {
    const clean = withoutDots(pattern);
    matcher = clean === '' ? () => true : picomatch([clean, `${clean}/**`], OPTIONS);
    matchers.set(pattern, matcher);
  }
  return matcher(path);
}

function withoutDots(pattern: string): string {
  return pattern
    .replace(/^(?:\.\/+)+/, '')
    .replace(/^\.$/, '')
    .replace(/\/+$/, '');
}
