import chalk from 'chalk';
import {isTerminal} from '../platform/print.ts';

/** Colours for a terminal; each function gets text without any. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const asItIs = (text: string) => text;

/** No colours: for files, pipes and `NO_COLOR`. */
const plain: Paint = {bold: asItIs, dim: asItIs, red: asItIs, green: asItIs, yellow: asItIs, cyan: asItIs};

/** Colours if standard output wants them. */
export function choosePaint(): Paint {
  if (process.env.NO_COLOR || (!isTerminal() && process.env.FORCE_COLOR === undefined)) return plain;
  return chalk;
}
