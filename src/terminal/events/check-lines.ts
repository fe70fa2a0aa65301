import chalk from 'chalk';
import type {CheckResult} from '../../events/details/checks.ts';
import {firstLine} from '../../platform/first-line.ts';
import {exitCodeText} from '../../platform/processes/start-group.ts';
import {tellingLines} from '../../platform/telling-lines.ts';
import {printable} from '../printable.ts';

/** Of an output, where there is little room. */
const LINES_OF_OUTPUT = 5;

/** A check that is red, with the end of what it printed; nothing for one that is green. */
export function redCheckLines({ok, command, exit_code, output_tail}: CheckResult): string[] {
  if (ok) return [];
  const how = exit_code === null ? 'did not end' : exitCodeText(exit_code);
  return [`  check \`${printable(firstLine(command))}\`: ${how}`, ...tailLines(output_tail)];
}

/** What of an output says what went wrong. */
export function tailLines(output = ''): string[] {
  const lines = tellingLines(output.trimEnd().split('\n'), LINES_OF_OUTPUT);
  return lines.flatMap(line => (line.trim() === '' ? [] : chalk.dim(`    ${printable(line)}`)));
}
