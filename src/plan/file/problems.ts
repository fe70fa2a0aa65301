import type {Excerpt} from '../../errors.ts';
import type {Problem} from '../plan.ts';

/** Everything that can be found in a plan or in config.yaml. */
export type ProblemCode =
  // The file as such
  | 'FILE_MISSING'
  | 'FILE_UNREADABLE'
  | 'NOT_A_FILE'
  | 'TOO_LARGE'
  | 'NOT_UTF8'
  | 'NUL_BYTE'
  | 'NOT_A_MILESTONE'
  // YAML
  | 'YAML_SYNTAX'
  | 'YAML_WARNING'
  | 'DUPLICATE_KEY'
  | 'TOO_DEEP'
  | 'UNKNOWN_ALIAS'
  | 'ALIAS_CYCLE'
  | 'TOO_MANY_ALIASES'
  | 'BAD_MERGE'
  // Keys and values
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  | 'MISSING_TITLE'
  | 'WRONG_TYPE'
  | 'READ_AS_TEXT'
  | 'BAD_VALUE'
  | 'BAD_NUMBER'
  | 'BAD_DURATION'
  | 'BAD_PATTERN'
  | 'BAD_TEXT'
  | 'BAD_PHASE_WEIGHTS'
  | 'UNKNOWN_STATUS'
  | 'CONTRADICTION'
  // Ids and dependencies
  | 'BAD_ID'
  | 'ID_NOT_FILE_NAME'
  | 'DUPLICATE_ID'
  | 'NO_TASKS'
  | 'UNKNOWN_DEPENDENCY'
  | 'UNKNOWN_REQUIREMENT'
  | 'SELF_DEPENDENCY'
  | 'DEPENDENCY_CYCLE'
  // Drivers and notifications
  | 'UNKNOWN_DRIVER'
  | 'BAD_DRIVER'
  | 'AGENT_MISSING'
  | 'PIPE_UNDER_SH'
  | 'NO_WORKERS'
  | 'BUDGET_NOT_HELD'
  | 'UNKNOWN_EVENT'
  // Writing
  | 'STATE_NOT_WRITABLE';

/** A place in the text of a file; line and column count from 1. */
export interface Position {
  line: number;
  column: number;
  excerpt?: Excerpt;
}

/** The findings in one file. */
export class Problems {
  readonly found: Problem[] = [];

  constructor(private readonly file: string) {}

  error(code: ProblemCode, message: string, at?: Position, hint?: string): void {
    this.add('error', code, message, at, hint);
  }

  warn(code: ProblemCode, message: string, at?: Position, hint?: string): void {
    this.add('warning', code, message, at, hint);
  }

  /** All findings, in the order of the file; each once. */
  sorted(): Problem[] {
    const line = ({where}: Problem) => [where?.line ?? 0, where?.column ?? 0] as const;
    const once = new Map(this.found.map(problem => [JSON.stringify(problem), problem]));
    return [...once.values()].sort((a, b) => line(a)[0] - line(b)[0] || line(a)[1] - line(b)[1]);
  }

  private add(severity: Problem['severity'], code: ProblemCode, message: string, at?: Position, hint?: string): void {
    this.found.push({
      severity,
      code,
      message,
      ...(hint !== undefined && {hint}),
      where: {file: this.file, ...at},
    });
  }
}

/** Whether a file with these findings is unfit to execute. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({severity}) => severity === 'error');
}
