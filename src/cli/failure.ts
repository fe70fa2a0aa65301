import {MilestoneError, type Where} from '../errors.ts';
import {asMachineFailure} from '../platform/machine-failure.ts';
import {print} from '../platform/print.ts';
import {Interrupted} from '../platform/processes/signals.ts';
import {excerptLines} from '../terminal/excerpt.ts';
import {printable, printableLines} from '../terminal/printable.ts';

/** What a machine is told of a failure. */
export interface FailureReport {
  code: string;
  message: string;
  hint?: string;
  where?: Where;
}

/** Print a failure, as prose on stderr or as JSON on stdout. @returns The exit code that it means. */
export function reportFailure(error: unknown, json: boolean): number {
  const exit = exitCodeOf(error);
  if (!json || !isPrinted(`${JSON.stringify({ok: false, error: describeFailure(error)})}\n`))
    console.error(failureText(error));
  return exit;
}

/** What cannot be told a machine is told a person. */
function isPrinted(text: string): boolean {
  try {
    print(text);
    return true;
  } catch {
    return false;
  }
}

export function exitCodeOf(failure: unknown): number {
  const error = asMachineFailure(failure);
  return error instanceof MilestoneError || error instanceof Interrupted ? error.exitCode : 1;
}

export function describeFailure(failure: unknown): FailureReport {
  const error = asMachineFailure(failure);
  if (error instanceof Interrupted) return {code: 'STOPPED', message: error.message};
  if (!(error instanceof MilestoneError))
    return {
      code: 'BUG',
      message: `this is a bug in milestone: ${error instanceof Error ? error.message : String(error)}`,
    };
  const {code, message, hint, where} = error;
  return {code, message, ...(hint !== undefined && {hint}), ...(where && {where})};
}

/** Prose for a terminal: what, where, and what to do. A bug comes with its stack, for the report. */
export function failureText(failure: unknown): string {
  const error = asMachineFailure(failure);
  if (error instanceof Interrupted) return error.message;
  if (!(error instanceof MilestoneError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error: this is a bug in milestone\n${printable(stack, {lines: true})}`;
  }
  const {where} = error;
  const location = where && [where.file, where.line, where.column].filter(part => part !== undefined).join(':');
  const lines = [
    `error: ${error.message}${location === undefined ? '' : ` (${location})`}`,
    ...(where ? excerptLines(where) : []),
  ];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines.map(line => printableLines(line)).join('\n');
}
