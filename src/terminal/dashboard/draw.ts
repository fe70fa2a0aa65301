// Draws frames in place, on the terminal's second screen, and hands on the keys. On this side of the dashboard nothing is
// decided.
//
// D1. A frame goes out in one write that has only the lines that differ. A line is written over what stands there, and
//     only then what is left of it is erased: nothing is ever empty in between, so nothing flickers.
// D2. A frame is one column narrower than the terminal: what stands in the last one goes when the rest is erased.
// D3. Whatever ends this process, the terminal is left as it was: `close` runs at its exit, too.

import type {Size} from './screens.ts';
import type {Key} from './ui.ts';

/** Where it is drawn, and where keys come from. */
export interface Terminal {
  stdout: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
}

// The second screen, from its top, without cursor; no line breaks by itself where terminal and program disagree on a width.
const ENTER = '\x1b[?1049h\x1b[2J\x1b[H\x1b[?7l\x1b[?25l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const CLEAR = '\x1b[2J';
const TOP = '\x1b[H';
const ERASE_REST = '\x1b[K';

export class Screen {
  /** What the terminal shows: the frame that was drawn last. */
  private shown: readonly string[] = [];
  private readonly onResize = () => this.restart();
  private readonly onExit = () => this.close();
  private readonly onInput = (input: Buffer | string) => {
    for (const key of keysIn(String(input))) this.onKey(key);
  };
  private isOpen = false;

  /** @param redraw Told when another frame is needed; it is to call `draw`. */
  constructor(
    private readonly terminal: Terminal,
    private readonly onKey: (key: Key) => void,
    private readonly redraw: () => void,
  ) {}

  /** Of the frames that it draws. */
  get size(): Size {
    const {columns, rows} = this.terminal.stdout;
    return {columns: Math.max((columns || 80) - 1, 1), rows: rows || 24};
  }

  open(): void {
    const {stdout, stdin} = this.terminal;
    this.isOpen = true;
    process.on('exit', this.onExit);
    stdin.on('error', ignore); // of a terminal that was closed
    stdin.setRawMode(true).on('data', this.onInput).resume();
    stdout.on('resize', this.onResize);
    stdout.write(ENTER);
  }

  draw(lines: readonly string[]): void {
    if (!this.isOpen) return;
    const changes = lines.map((line, row) => (line === this.shown[row] ? '' : `${line}${ERASE_REST}`));
    this.shown = lines;
    if (changes.some(change => change !== '')) this.terminal.stdout.write(`${TOP}${changes.join('\r\n')}`);
  }

  /** Give the terminal back. May be called again. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const {stdout, stdin} = this.terminal;
    process.off('exit', this.onExit);
    stdout.off('resize', this.onResize);
    stdout.write(LEAVE);
    stdin.off('data', this.onInput).pause();
    restoreInput(stdin);
  }

  /** What the terminal has made of the old frame, nobody knows: begin anew. */
  private restart(): void {
    this.shown = [];
    this.terminal.stdout.write(CLEAR);
    this.redraw();
  }
}

function restoreInput(stdin: NodeJS.ReadStream): void {
  try {
    stdin.setRawMode(false);
  } catch {} // it was closed
}

function ignore(): void {}

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
