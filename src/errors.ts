/** Every failure that a user can read and act on, by the number that a script sees. */
export const EXIT_CODES = {
  USAGE: 2,
  PLAN_INVALID: 2,
  CONFIG_INVALID: 2,
  NO_HOME: 3,
  NOT_A_REPOSITORY: 3,
  UNKNOWN_MILESTONE: 3,
  AMBIGUOUS_MILESTONE: 3,
  UNKNOWN_TASK: 3,
  UNKNOWN_SESSION: 3,
  WRONG_STATUS: 3,
  REQUIRED_MISSING: 3,
  REQUIRED_CONFLICT: 3,
  MERGE_CONFLICT: 3,
  TREE_DIRTY: 3,
  BRANCH_EXISTS: 3,
  BRANCH_BLOCKED: 3,
  BASE_MISSING: 3,
  LOG_MISSING: 3,
  LOG_BEHIND: 3,
  INSIDE_ATTEMPT: 3,
  NOT_PERMITTED: 3,
  FILE_EXISTS: 3,
  REQUEST_REJECTED: 3,
  NEEDS_REPAIR: 3,
  NO_WORKERS: 3,
  WORKERS_UNREACHABLE: 3,
  CHECK_RED: 4,
  LOCKED: 5,
  NO_ANSWER: 5,
  LOCK_LOST: 9,
  LOG_CORRUPT: 9,
  LOG_UNWRITABLE: 9,
  DISK_FULL: 9,
  READ_ONLY: 9,
  IO_FAILED: 9,
  GIT_FAILED: 9,
  GIT_TOO_OLD: 9,
  TOOL_FAILED: 9,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** A place in a file that an error or a problem talks about; lines and columns count from 1. */
export interface Where {
  file: string;
  line?: number;
  column?: number;
  /** The line, or the part of it around the column, where that helps to see what is wrong. */
  excerpt?: Excerpt;
}

export interface Excerpt {
  text: string;
  /** Characters before what the place means. */
  caret: number;
}

/** Characters of a line that are shown. */
const EXCERPT = 100;

/** What to show of a line for a column of it. */
export function excerptOf(line: string, column: number): {excerpt: Excerpt} {
  const from = Math.max(0, column - EXCERPT * 0.7);
  // A tab is seen, and as wide as any other character.
  const text = line.replace(/\r$/, '').replaceAll('\t', '→');
  return {excerpt: {text: text.slice(from, from + EXCERPT), caret: column - 1 - from}};
}

/** A failure that the user can read and act on. Anything else that reaches the top is a bug in milestone. */
export class MilestoneError extends Error {
  override readonly name = 'MilestoneError';
  readonly hint: string | undefined;
  readonly where: Where | undefined;

  /** @param options.hint One command or edit that gets the user moving again. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: {hint?: string | undefined; where?: Where | undefined; cause?: unknown} = {},
  ) {
    super(message, 'cause' in options ? {cause: options.cause} : undefined);
    this.hint = options.hint;
    this.where = options.where;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
