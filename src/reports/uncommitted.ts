// What lies in the user's checkout and in no commit: tasks do not see it, and whoever expects them to is told.

export interface Uncommitted {
  /** Changed, staged and untracked files; a folder without a tracked file counts as one. */
  count: number;
  /** The first of them. */
  names: string[];
}

/** As many names say what it is about. */
const NAMED = 3;

/** Nothing where everything is committed. */
export function uncommittedOf(changes: readonly string[]): Uncommitted | undefined {
  return changes.length === 0 ? undefined : {count: changes.length, names: changes.slice(0, NAMED)};
}

/** What is said where the checkout cannot be read: that keeps nothing from being executed. */
export function unreadableText(error: unknown): string {
  return `what is not committed in your checkout cannot be read: ${(error as Error).message.trim()}`;
}

/** How many, which, and what tasks get instead. */
export function uncommittedText({count, names}: Uncommitted, base: BaseName): string {
  const more = count > names.length ? `, and ${count - names.length} more` : '';
  return `tasks do not see ${filesOf(count)} (${names.join(', ')}${more}): they start from ${shownBase(base)}`;
}

/** In the few words that a line of facts has room for. */
export function unseenText({count}: Uncommitted): string {
  return `tasks do not see ${filesOf(count)}`;
}

function filesOf(count: number): string {
  return `${count} uncommitted ${count === 1 ? 'file' : 'files'} of your checkout`;
}

export interface BaseName {
  /** Commit; absent in a repository without one. */
  base?: string | undefined;
  /** What it was found under. */
  baseName?: string | undefined;
}

function shownBase({base, baseName}: BaseName): string {
  if (base === undefined) return 'nothing: there is no commit yet';
  const commit = base.slice(0, 10);
  return baseName === undefined || base.startsWith(baseName) ? `\`${commit}\`` : `\`${baseName}\` at ${commit}`;
}
