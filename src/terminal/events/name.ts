import chalk from 'chalk';
import {printable} from '../printable.ts';

/** A name within a line: of a milestone, a task, a branch, an agent. */
export function name(text: string): string {
  return chalk.bold(printable(text));
}
