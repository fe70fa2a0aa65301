// Draws frames in place with ink, on the terminal's second screen, and hands on the keys. On this side of the dashboard
// nothing is decided.
//
// D1. A frame is one row lower than the terminal, for ink clears the screen for each one that is not, and one column
//     narrower, for what stands in the last one goes when the rest of its line is erased.
// D2. Whatever ends this process, the terminal is left as it was: `close` runs at its exit, too.

import {EventEmitter} from 'node:events';
import {Box, type Instance, render, Text} from 'ink';
import {createElement, type ReactElement} from 'react';
import {keysIn} from './keys.ts';
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
const CLEAR = '\x1b[2J\x1b[H';

export class Screen {
  private drawing: {ink: Instance; sheet: Sheet} | undefined;
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
    return {columns: Math.max((columns || 80) - 1, 1), rows: Math.max((rows || 24) - 1, 1)};
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
    const frame = createElement(Frame, {lines});
    if (this.drawing) this.drawing.ink.rerender(frame);
    else this.drawing = this.start(frame);
  }

  /** Give the terminal back. May be called again. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const {stdout, stdin} = this.terminal;
    process.off('exit', this.onExit);
    stdout.off('resize', this.onResize);
    this.stop();
    stdout.write(LEAVE);
    stdin.off('data', this.onInput).pause();
    restoreInput(stdin);
  }

  private start(frame: ReactElement) {
    const sheet = new Sheet(this.terminal.stdout);
    const ink = render(frame, {
      stdout: sheet as unknown as NodeJS.WriteStream,
      stdin: this.terminal.stdin,
      exitOnCtrlC: false,
      patchConsole: false,
      // Only lines that have changed are written.
      incrementalRendering: true,
    });
    return {ink, sheet};
  }

  private stop(): void {
    const {drawing} = this;
    this.drawing = undefined;
    drawing?.sheet.cut();
    drawing?.ink.unmount();
  }

  /** What the terminal has made of the old frame, nobody knows: begin anew. */
  private restart(): void {
    this.stop();
    this.terminal.stdout.write(CLEAR);
    this.redraw();
  }
}

/** What ink takes for the terminal: one that never changes its size, and that can be cut off from it. */
class Sheet extends EventEmitter {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  private isCut = false;

  constructor(private readonly stdout: NodeJS.WriteStream) {
    super();
    this.columns = stdout.columns;
    this.rows = stdout.rows;
  }

  /** What ink still writes then, and be it its last words, goes nowhere. */
  cut(): void {
    this.isCut = true;
  }

  write(data: string): boolean {
    return this.isCut || this.stdout.write(data);
  }
}

function Frame({lines}: {lines: readonly string[]}): ReactElement {
  const rows = lines.map((line, place) =>
    // An empty text would have no height.
    createElement(Text, {key: place, wrap: 'truncate-end'}, line === '' ? ' ' : line),
  );
  return createElement(Box, {flexDirection: 'column'}, rows);
}

function restoreInput(stdin: NodeJS.ReadStream): void {
  try {
    stdin.setRawMode(false);
  } catch {} // it was closed
}

function ignore(): void {}
