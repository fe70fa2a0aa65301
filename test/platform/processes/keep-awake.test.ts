import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'rolldown';
import {expect, test} from 'vitest';
import {type AwakeTool, KeepAwake, type KeepAwakeOptions} from '../../../src/platform/processes/keep-awake.ts';
import {withDeadline} from '../../rig/deadline.ts';
import {FakeClock} from '../../rig/fake-clock.ts';

/** A KeepAwake on a clock that the test turns, with tools that only remember. */
function awake(changes: Partial<KeepAwakeOptions> = {}) {
  const clock = new FakeClock();
  const commands: string[] = [];
  const tools: Array<{isEnded: boolean; endByItself(): void}> = [];
  const start = (file: string, args: readonly string[]): AwakeTool => {
    commands.push([file, ...args].join(' '));
    let endByItself = () => {};
    const ended = new Promise<void>(resolve => {
      endByItself = resolve;
    });
    const tool = {isEnded: false, endByItself: () => endByItself()};
    tools.push(tool);
    return {
      ended,
      end() {
        tool.isEnded = true;
        endByItself();
      },
    };
  };
  const keepAwake = new KeepAwake({clock, env: {}, platform: 'linux', start, ...changes});
  return {keepAwake, clock, commands, tools};
}

test('work keeps the machine awake, and its end lets it sleep', async () => {
  const {keepAwake, clock, commands, tools} = awake();
  keepAwake.update(true);
  await clock.advance(4_999);
  expect(commands).toEqual([]);
  await clock.advance(1);
  expect(commands).toEqual([
    'systemd-inhibit --what=idle:sleep --who=milestone --why=tasks are being carried out --mode=block cat',
  ]);
  keepAwake.update(false);
  await clock.advance(5_000);
  expect(tools).toMatchObject([{isEnded: true}]);
  keepAwake.update(true);
  await clock.advance(5_000);
  expect(tools).toMatchObject([{isEnded: true}, {isEnded: false}]);
});

test('a gap between two attempts, or work of a moment, starts and ends nothing', async () => {
  const {keepAwake, clock, tools} = awake();
  keepAwake.update(true);
  keepAwake.update(false);
  await clock.advance(5_000);
  expect(tools).toEqual([]);
  keepAwake.update(true);
  await clock.advance(5_000);
  keepAwake.update(false);
  await clock.advance(1_000);
  keepAwake.update(true);
  await clock.advance(60_000);
  expect(tools).toMatchObject([{isEnded: false}]);
});

test('macOS has a tool of its own, other systems none', async () => {
  for (const [platform, expected] of [
    ['darwin', ['caffeinate -i -s cat']],
    ['freebsd', []],
  ] as const) {
    const {keepAwake, clock, commands} = awake({platform});
    keepAwake.update(true);
    await clock.advance(5_000);
    expect(commands).toEqual(expected);
  }
});

test('in CI nothing is started', async () => {
  for (const [value, starts] of [
    ['true', 0],
    ['1', 0],
    ['false', 1],
    ['', 1],
  ] as const) {
    const {keepAwake, clock, tools} = awake({env: {CI: value}});
    keepAwake.update(true);
    await clock.advance(5_000);
    expect(tools, `CI=${value}`).toHaveLength(starts);
  }
});

test('a tool that ends by itself is not started again', async () => {
  const {keepAwake, clock, tools} = awake();
  keepAwake.update(true);
  await clock.advance(5_000);
  tools[0]?.endByItself();
  await clock.advance(0);
  keepAwake.update(false);
  await clock.advance(5_000);
  keepAwake.update(true);
  await clock.advance(5_000);
  expect(tools).toHaveLength(1);
});

test('the end of the execution is the end of it, also before it has begun', async () => {
  const begun = awake();
  begun.keepAwake.update(true);
  await begun.clock.advance(5_000);
  begun.keepAwake.stop();
  expect(begun.tools).toMatchObject([{isEnded: true}]);
  const early = awake();
  early.keepAwake.update(true);
  early.keepAwake.stop();
  await early.clock.advance(5_000);
  expect(early.tools).toEqual([]);
  expect(early.clock.sleeping).toBe(0);
});

test('a system without the tool is no failure', async () => {
  const clock = new FakeClock();
  const PATH = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    const keepAwake = new KeepAwake({clock, env: {}, platform: 'darwin'});
    keepAwake.update(true);
    await clock.advance(5_000);
    keepAwake.update(false);
    await clock.advance(5_000);
    keepAwake.stop();
  } finally {
    process.env.PATH = PATH;
  }
});

test('the tool ends with the process that started it, also when that is killed', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-awake-'));
  try {
    const outfile = path.join(folder, 'child.mjs');
    const entry = fileURLToPath(new URL('./keep-awake-child.ts', import.meta.url));
    await build({input: entry, platform: 'node', output: {file: outfile}});
    const pipe = path.join(folder, 'pipe');
    // Holds the pipe open as long as it lives: the reader sees its beginning and its end.
    const tool = `#!/bin/sh\nexec 9>"${pipe}"\necho begun >&9\nfor last; do :; done\nexec "$last"\n`;
    fs.writeFileSync(path.join(folder, 'systemd-inhibit'), tool, {mode: 0o755});
    const reader = spawn('sh', ['-c', `mkfifo "${pipe}" && echo ready && cat "${pipe}"`]);
    await withDeadline(once(reader.stdout, 'data'), 'the pipe', () => '');
    const child = spawn(process.execPath, [outfile], {env: {PATH: `${folder}:${process.env.PATH}`}, stdio: 'inherit'});
    const [begun] = await withDeadline(once(reader.stdout, 'data'), 'the tool', () => '');
    expect(String(begun)).toBe('begun\n');
    const ended = once(reader, 'exit');
    child.kill('SIGKILL');
    await withDeadline(ended, 'the end of the tool', () => '');
  } finally {
    fs.rmSync(folder, {recursive: true});
  }
});
