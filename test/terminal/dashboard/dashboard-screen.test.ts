// What reaches the terminal, byte for byte.

import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import type {Key} from '../../../src/terminal/dashboard/ui.ts';

// ink draws nothing in CI, which it finds out when it is loaded.
vi.stubEnv('CI', 'false');
vi.stubEnv('CONTINUOUS_INTEGRATION', 'false');
const {Screen} = await import('../../../src/terminal/dashboard/draw.ts');

class FakeOutput extends EventEmitter {
  readonly isTTY = true;
  columns = 81;
  rows = 6;
  written = '';

  write(data: string): boolean {
    this.written += data;
    this.emit('written');
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

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

let stdout: FakeOutput;
let stdin: FakeInput;
let keys: Key[];
let redraw: ReturnType<typeof vi.fn<() => void>>;
let screen: InstanceType<typeof Screen>;

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

const frame = (...lines: string[]) => [...lines, ...Array<string>(5 - lines.length).fill('')];

/** Resolves once the text was written; a frame may be held back for a moment. */
async function until(text: string): Promise<void> {
  while (!stdout.written.includes(text)) await new Promise(resolve => stdout.once('written', resolve));
}

test('a frame leaves the last row and the last column free', () => {
  expect(screen.size).toEqual({columns: 80, rows: 5});
});

test('only lines that have changed are written again, and nothing is cleared for that', async () => {
  screen.draw(frame('漢字のタスク 🚀', 'unchanged', 'age 1s'));
  await until('age 1s');
  expect(stdout.take()).toContain('漢字のタスク 🚀\nunchanged\nage 1s\n');
  screen.draw(frame('漢字のタスク 🚀', 'unchanged', 'age 2s'));
  await until('age 2s');
  const written = stdout.take();
  expect(written).not.toContain('unchanged');
  expect(written).not.toContain('漢字');
  // No screen and no line is erased ahead of what replaces it.
  expect(written).not.toMatch(/\x1b\[[0-3]?J|\x1b\[2K/);
});

test('a frame that says the same writes nothing', async () => {
  screen.draw(frame('the same'));
  await until('the same');
  stdout.take();
  screen.draw(frame('the same'));
  screen.draw(frame('another'));
  await until('another');
  expect(stdout.take()).not.toContain('the same');
});

test('after a resize the screen is drawn anew in its new size', async () => {
  screen.draw(frame('before'));
  await until('before');
  stdout.take();
  stdout.columns = 41;
  stdout.rows = 4;
  stdout.emit('resize');
  expect(redraw).toHaveBeenCalledOnce();
  expect(screen.size).toEqual({columns: 40, rows: 3});
  screen.draw(['after', '', '']);
  await until('after');
  const written = stdout.take();
  expect(written.startsWith('\x1b[2J\x1b[H')).toBe(true);
  expect(written).not.toContain('before');
});

test('keys come by name, Ctrl-C among them', async () => {
  screen.draw(frame('keys'));
  await until('keys');
  expect(stdin.isRaw).toBe(true);
  const came = new Promise(resolve => stdin.once('data', resolve));
  stdin.write('q\x1b[A\x1b[B\r\x03?');
  await came;
  expect(keys).toEqual(['q', {name: 'up'}, {name: 'down'}, {name: 'return'}, {name: 'ctrl-c'}, '?']);
});

test('the terminal is given back as it was: screen, cursor, wrapping, and keys', async () => {
  expect(stdout.take()).toMatch(/^\x1b\[\?1049h/);
  screen.draw(frame('shown'));
  await until('shown');
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
