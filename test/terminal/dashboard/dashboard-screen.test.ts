// What reaches the terminal, byte for byte.

import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Screen} from '../../../src/terminal/dashboard/draw.ts';
import type {Key} from '../../../src/terminal/dashboard/ui.ts';

class FakeOutput extends EventEmitter {
  readonly isTTY = true;
  columns = 81;
  rows = 6;
  written = '';

  write(data: string): boolean {
    this.written += data;
    return true;
  }

  /** What was written since it was last asked. */
  take(): string {
    const {written} = this;
    this.written = '';
    return written;
  }
}

class FakeInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}

let stdout: FakeOutput;
let stdin: FakeInput;
let keys: Key[];
let redraw: ReturnType<typeof vi.fn<() => void>>;
let screen: Screen;

beforeEach(() => {
  stdout = new FakeOutput();
  stdin = new FakeInput();
  keys = [];
  redraw = vi.fn<() => void>();
  const terminal = {stdout, stdin} as unknown as ConstructorParameters<typeof Screen>[0];
  screen = new Screen(terminal, key => keys.push(key), redraw);
  screen.open();
});

afterEach(() => screen.close());

const frame = (...lines: string[]) => [...lines, ...Array<string>(6 - lines.length).fill('')];

test('a frame leaves the last column free', () => {
  expect(screen.size).toEqual({columns: 80, rows: 6});
});

test('only lines that have changed are written again, in one piece, and nothing is cleared for that', () => {
  stdout.take();
  screen.draw(frame('漢字のタスク 🚀', 'unchanged', 'age 1s'));
  expect(stdout.take()).toContain('漢字のタスク 🚀\x1b[K\r\nunchanged\x1b[K\r\nage 1s\x1b[K\r\n');
  screen.draw(frame('漢字のタスク 🚀', 'unchanged', 'age 2s'));
  expect(stdout.take()).toBe('\x1b[H\r\n\r\nage 2s\x1b[K\r\n\r\n\r\n');
});

test('a frame that says the same writes nothing', () => {
  screen.draw(frame('the same'));
  stdout.take();
  screen.draw(frame('the same'));
  expect(stdout.take()).toBe('');
});

test('after a resize the screen is drawn anew in its new size', () => {
  screen.draw(frame('before'));
  stdout.take();
  stdout.columns = 41;
  stdout.rows = 4;
  stdout.emit('resize');
  expect(redraw).toHaveBeenCalledOnce();
  expect(screen.size).toEqual({columns: 40, rows: 4});
  screen.draw(['after', '', '', '']);
  expect(stdout.take()).toBe(`\x1b[2J\x1b[Hafter${'\x1b[K\r\n'.repeat(3)}\x1b[K`);
});

test('keys come by name, Ctrl-C among them', async () => {
  expect(stdin.isRaw).toBe(true);
  const came = new Promise(resolve => stdin.once('data', resolve));
  stdin.write('q\x1b[A\x1b[B\r\x03?');
  await came;
  expect(keys).toEqual(['q', {name: 'up'}, {name: 'down'}, {name: 'return'}, {name: 'ctrl-c'}, '?']);
});

test('the terminal is given back as it was: screen, cursor, wrapping, and keys', () => {
  expect(stdout.take()).toMatch(/^\x1b\[\?1049h/);
  screen.draw(frame('shown'));
  stdout.take();
  screen.close();
  const written = stdout.take();
  expect(written.endsWith('\x1b[?7h\x1b[?25h\x1b[?1049l')).toBe(true);
  expect(written).not.toContain('shown');
  expect(stdin.isRaw).toBe(false);
  expect(stdout.listenerCount('resize')).toBe(0);
  screen.close();
  expect(stdout.take()).toBe('');
});

test('an exit of the process gives the terminal back, too', () => {
  const [onExit] = process.listeners('exit').slice(-1) as Array<() => void>;
  onExit!();
  expect(stdout.written.endsWith('\x1b[?1049l')).toBe(true);
});
