import {MilestoneError} from '../errors.ts';
import {printable} from '../projections/terminal/printable.ts';

/** What a machine is told of a failure. */
export interface FailureReport {
  code: string;
  message: string;
  hint?: string;
  where?: {file: string; line?: number; column?: number};
}

/** Print a failure, as prose on stderr or as JSON on stdout. @returns The exit code that it means. */
export function reportFailure(error: unknown, json: boolean): number {
  const exit = exitCodeOf(error);
  if (json) console.log(JSON.stringify({ok: false, error: describeFailure(error)}));
  else console.error(failureText(error));
  return exit;
}

export function exitCodeOf(error: unknown): number {
  return error instanceof MilestoneError ? error.exitCode : 1;
}

export function describeFailure(error: unknown): FailureReport {
  if (!(error instanceof MilestoneError))
    return {
      code: 'BUG',
      message: `this is a bug in milestone: ${error instanceof Error ? error.message : String(error)}`,
    };
  const {code, message, hint, where} = error;
  return {code, message, ...(hint !== undefined && {hint}), ...(where && {where})};
}

/** Prose for a terminal: what, where, and what to do. A bug comes with its stack, for the report. */
export function failureText(error: unknown): string {
  if (!(error instanceof MilestoneError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error: this is a bug in milestone\n${printable(stack, {lines: true})}`;
  }
  const {where} = error;
  const place = where && [where.file, where.line, where.column].filter(part => part !== undefined).join(':');
  const lines = [`error: ${error.message}${place === undefined ? '' : ` (${place})`}`];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines.map(line => printable(line)).join('\n');
}
