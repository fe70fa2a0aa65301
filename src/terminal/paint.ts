import chalk from 'chalk';
import {isTerminal} from '../platform/print.ts';
import {type Paint, plain} from './plain.ts';

export type {Paint};

/** Colours if standard output wants them. */
export function choosePaint(): Paint {
  if (process.env.NO_COLOR || (!isTerminal() && process.env.FORCE_COLOR === undefined)) return plain;
  return chalk;
}
