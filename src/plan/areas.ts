// Areas of files by glob: `*`, `?`, `**`, `{a,b}`, `[a-z]`. Patterns and paths are relative and separated by `/`.

/** Lock files that package managers rewrite as a side effect; the default of `touches_free`. */
export const LOCK_FILES: readonly string[] = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'deno.lock',
  'Cargo.lock',
  'go.sum',
  'go.work.sum',
  'poetry.lock',
  'uv.lock',
  'pdm.lock',
  'Pipfile.lock',
  'composer.lock',
  'Gemfile.lock',
  'mix.lock',
  'pubspec.lock',
  'Podfile.lock',
  'Package.resolved',
  'packages.lock.json',
  'gradle.lockfile',
  'flake.lock',
].map(name => `**/${name}`);

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

const compiled = new Map<string, RegExp>();

function matches(pattern: string, path: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    expression = compile(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(path);
}

/** A pattern that names a folder stands for all that is in it. */
function compile(pattern: string): RegExp {
  const clean = withoutDots(pattern);
  if (clean === '') return /^/s;
  try {
    return new RegExp(`^${translate(clean)}(?:/.*)?$`, 's');
  } catch {
    // Something like `[z-a]`: no expression, so the text itself is meant.
    return new RegExp(`^${quote(clean)}(?:/.*)?$`, 's');
  }
}

const TOKENS = /(?<=^|\/)\*\*\/|(?<=^|\/)\*\*$|\*+|\?|\[[!^]?\]?[^\]/]*\]|[{},]|[^*?[{},]+|\[/gs;

function translate(pattern: string): string {
  const balanced = isBalanced(pattern);
  let depth = 0;
  return (pattern.match(TOKENS) ?? [])
    .map(token => {
      if (token === '**/') return '(?:.*/)?';
      if (token === '**') return '.*';
      if (token.startsWith('*')) return '[^/]*';
      if (token === '?') return '[^/]';
      if (token.startsWith('[') && token.length > 2) return classOf(token);
      if (!balanced) return quote(token);
      if (token === '{') return ++depth && '(?:';
      if (token === '}') return depth-- && ')';
      if (token === ',' && depth > 0) return '|';
      return quote(token);
    })
    .join('');
}

function isBalanced(pattern: string): boolean {
  let depth = 0;
  for (const character of pattern) {
    if (character === '{') depth++;
    if (character === '}' && --depth < 0) return false;
  }
  return depth === 0;
}

function classOf(token: string): string {
  const negated = /^\[[!^]/.test(token);
  const members = token.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, '\\$&');
  return negated ? `[^/${members}]` : `[${members}]`;
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function withoutDots(pattern: string): string {
  return pattern
    .replace(/^(?:\.\/+)+/, '')
    .replace(/^\.$/, '')
    .replace(/\/+$/, '');
}
