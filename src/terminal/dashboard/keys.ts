import type {Key} from './ui.ts';

/** A control sequence, Escape by itself, or a character. */
const TOKEN = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[A-Za-z]|\x1b|[^\x1b]/gsu;

const NAMED: Readonly<Record<string, Key>> = {
  '\x1b[A': {name: 'up'},
  '\x1bOA': {name: 'up'},
  '\x1b[B': {name: 'down'},
  '\x1bOB': {name: 'down'},
  '\x1b[5~': {name: 'pageup'},
  '\x1b[6~': {name: 'pagedown'},
  '\x1b[H': {name: 'home'},
  '\x1bOH': {name: 'home'},
  '\x1b[1~': {name: 'home'},
  '\x1b[7~': {name: 'home'},
  '\x1b[F': {name: 'end'},
  '\x1bOF': {name: 'end'},
  '\x1b[4~': {name: 'end'},
  '\x1b[8~': {name: 'end'},
  '\x7f': {name: 'backspace'},
  '\b': {name: 'backspace'},
  '\x1b': {name: 'escape'},
  '\r': {name: 'return'},
  '\n': {name: 'return'},
  '\x03': {name: 'ctrl-c'},
};

/** The keys that a terminal in raw mode reports with some input: more than one when they are faster than the reader. */
export function keysIn(input: string): Key[] {
  return [...input.matchAll(TOKEN)].flatMap(([token]) => NAMED[token] ?? (/^[\P{Cc}]$/u.test(token) ? token : []));
}
