import {isTerminal} from '../platform/print.ts';
import {type Paint, plain} from './plain.ts';

export type {Paint};

/** Colours if standard output wants them; only then is what makes them loaded. */
export async function choosePaint(): Promise<Paint> {
  if (process.env.NO_COLOR || (!isTerminal() && process.env.FORCE_COLOR === undefined)) return plain;
  return (await import('chalk')).default;
}
