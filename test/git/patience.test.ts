import {getEventListeners} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {git, type Repository, tryGit, withPatience} from '../../src/git/git.ts';
import {runCommitHooks} from '../../src/git/hooks.ts';
import {runInSubmodule} from '../../src/git/nested.ts';
import {CannotAdd, writeTree} from '../../src/git/trees/tree.ts';
import {GitTimeout} from '../../src/platform/processes/run-git.ts';
import {StopSource} from '../../src/platform/processes/stop-signal.ts';
import {isRunning, until} from '../platform/processes/process-rig.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {firstSent} from '../rig/first-sent.ts';
import {GitRig} from './git-rig.ts';

const MINUTES = 60_000;

/** A daemon as the books have it: child of a child that has gone, in a session of its own, with the pipes of all. */
const DAEMON = `"$NODE" -e '
  require("node:child_process").spawn("/bin/sh", ["-c", "echo $$ > $OUT/daemon; exec sleep 1000"], {detached: true, stdio: "inherit"}).unref();
'`;

/** A repository in which the programs that git starts find `$OUT`, a folder to write their process ids into. */
class HangRig {
  readonly git = GitRig.create();
  readonly clock = new FakeClock();
  private readonly out = path.join(this.git.folder, 'out');

  constructor() {
    fs.mkdirSync(this.out);
    Object.assign(this.git.env, {OUT: this.out, NODE: process.execPath});
  }

  /** Have a filter run for every `*.bin`, in the user's repository or another. */
  filter(command: string, folder = this.git.repo): void {
    this.git.run(folder, 'config', 'filter.slow.clean', command);
    this.git.write(folder, {'.gitattributes': '*.bin filter=slow\n', 'x.bin': 'x'});
  }

  hook(name: string, command: string): void {
    this.git.write(this.git.repo, {[`.git/hooks/${name}`]: `#!/bin/sh\n${command}\n`});
    fs.chmodSync(path.join(this.git.repo, '.git/hooks', name), 0o755);
  }

  open(patience: {timeoutMs?: number; signal?: StopSource | AbortSignal; hurry?: AbortSignal}): Promise<Repository> {
    return this.git.open().then(repo => withPatience(repo, {clock: this.clock, ...patience}));
  }

  /** The process id that a program has written. */
  async pid(name: string): Promise<number> {
    const file = path.join(this.out, name);
    await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8').endsWith('\n'), `the program \`${name}\``);
    return Number(fs.readFileSync(file, 'utf8'));
  }

  [Symbol.dispose](): void {
    for (const name of fs.readdirSync(this.out)) {
      try {
        process.kill(Number(fs.readFileSync(path.join(this.out, name), 'utf8')), 'SIGKILL');
      } catch {
        // ended, as it should
      }
    }
    this.git[Symbol.dispose]();
  }
}

/** Whether who had started a process knows that it has ended. */
function isReaped(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

/** Writes down its process id, and hangs. */
const HANGS = 'echo $$ > $OUT/hung; exec sleep 1000';
/** Ignores what can be ignored. */
const STUBBORN = `trap '' INT TERM HUP; echo $$ > $OUT/hung; while :; do sleep 1000; done`;

describe('a filter that hangs', () => {
  test('is ended with its git when the time is over, and the error says which git it was', async () => {
    using rig = new HangRig();
    rig.filter(HANGS);
    const repo = await rig.open({timeoutMs: 15 * MINUTES});
    const adding = git(repo, ['-c', 'a.b=c', 'add', '.']);
    const refusal = expect(adding).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: '`git add` did not end within 15 min',
      hint: expect.stringContaining(repo.topLevel),
    });
    const filter = await rig.pid('hung');
    await rig.clock.advance(15 * MINUTES - 1);
    expect(await isRunning(filter)).toBe(true);
    await rig.clock.advance(1);
    await expect(rig.clock.runUntil(adding)).rejects.toBeInstanceOf(GitTimeout);
    await refusal;
    expect(await isRunning(filter)).toBe(false);
    expect(fs.existsSync(path.join(repo.gitDir, 'index.lock'))).toBe(false);
  });

  test('is ended when a stop comes, which rejects with its reason and is no failure of git', async () => {
    using rig = new HangRig();
    rig.filter(HANGS);
    const signal = new StopSource();
    const repo = await rig.open({signal});
    const writing = writeTree(repo, rig.git.git('rev-parse', 'HEAD'));
    const filter = await rig.pid('hung');
    const reason = {outcome: 'stopped'};
    signal.abort(reason);
    await expect(rig.clock.runUntil(writing)).rejects.toBe(reason);
    expect(await isRunning(filter)).toBe(false);
  });

  test.each([
    ['a stop that gives no grace', {immediate: true}, false],
    ['a hurry', {immediate: false}, true],
  ])('is killed at once by %s', async (_, reason, hurries) => {
    using rig = new HangRig();
    rig.filter(STUBBORN);
    const signal = new StopSource();
    const hurry = new AbortController();
    const repo = await rig.open({signal, hurry: hurry.signal});
    const adding = tryGit(repo, ['add', '.']);
    const filter = await rig.pid('hung');
    const killed = firstSent('SIGKILL', rig.clock);
    signal.abort(reason);
    if (hurries) hurry.abort();
    await expect(rig.clock.runUntil(adding, 50)).rejects.toBe(reason);
    expect(killed.at).toBeLessThan(5_000);
    expect(await isRunning(filter)).toBe(false);
  });

  test('and ignores all signals is killed when its grace is over, though git has long gone', async () => {
    using rig = new HangRig();
    rig.filter(STUBBORN);
    const repo = await rig.open({timeoutMs: 90_000});
    const adding = git(repo, ['add', '.']);
    adding.catch(() => {});
    const filter = await rig.pid('hung');
    await rig.clock.advance(90_000);
    await expect(rig.clock.runUntil(adding)).rejects.toThrow('`git add` did not end within 90 s');
    expect(rig.clock.elapsed()).toBeGreaterThanOrEqual(98_000);
    expect(await isRunning(filter)).toBe(false);
  });

  test('fails a tree as a git that took too long, not as a file that cannot be added', async () => {
    using rig = new HangRig();
    rig.filter(HANGS);
    const repo = await rig.open({timeoutMs: MINUTES});
    const writing = writeTree(repo, rig.git.git('rev-parse', 'HEAD'));
    const refusal = writing.catch(error => error);
    await rig.pid('hung');
    await rig.clock.runUntil(refusal, 1_000);
    expect(await refusal).toBeInstanceOf(GitTimeout);
    expect(await refusal).not.toBeInstanceOf(CannotAdd);
  });

  test('in a submodule is ended, too', async () => {
    using rig = new HangRig();
    const folder = path.join(rig.git.repo, 'lib');
    rig.git.run(rig.git.repo, 'init', '--quiet', folder);
    rig.filter(HANGS, folder);
    const signal = new StopSource();
    const repo = await rig.open({signal});
    const adding = runInSubmodule(repo, {name: 'lib', path: 'lib'}, ['add', '.']);
    const filter = await rig.pid('hung');
    signal.abort('stop');
    await expect(rig.clock.runUntil(adding)).rejects.toBe('stop');
    expect(await isRunning(filter)).toBe(false);
  });
});

describe('a hook', () => {
  test('that hangs is ended when a stop comes', async () => {
    using rig = new HangRig();
    rig.hook('pre-commit', HANGS);
    const signal = new StopSource();
    const repo = await rig.open({signal});
    const running = runCommitHooks(repo, {tree: rig.git.git('rev-parse', 'HEAD^{tree}'), message: 'work\n'});
    const hook = await rig.pid('hung');
    signal.abort('stop');
    await expect(rig.clock.runUntil(running)).rejects.toBe('stop');
    expect(await isRunning(hook)).toBe(false);
  });

  test('that has left a daemon holds nobody up with the pipes that this one has', async () => {
    using rig = new HangRig();
    rig.hook('pre-commit', `${DAEMON}; until [ -s $OUT/daemon ]; do :; done; ${HANGS}`);
    const signal = new StopSource();
    const repo = await rig.open({signal});
    const running = runCommitHooks(repo, {tree: rig.git.git('rev-parse', 'HEAD^{tree}'), message: 'work\n'});
    const daemon = await rig.pid('daemon');
    await rig.pid('hung');
    signal.abort('stop');
    await expect(rig.clock.runUntil(running)).rejects.toBe('stop');
    expect(await isRunning(daemon)).toBe(true);
  });

  test('that has ended well counts as such, whatever it has left with the pipes open', async () => {
    using rig = new HangRig();
    rig.hook('pre-commit', `${DAEMON}; until [ -s $OUT/daemon ]; do :; done; echo $PPID > $OUT/git`);
    const repo = await rig.open({timeoutMs: MINUTES});
    const running = tryGit(repo, ['hook', 'run', 'pre-commit'], {hooks: true});
    await rig.pid('daemon');
    const gitPid = await rig.pid('git');
    await until(() => isReaped(gitPid), 'the end of git');
    await rig.clock.advance(MINUTES);
    expect(await rig.clock.runUntil(running)).toMatchObject({code: 0});
  });
});

test('patience leaves neither timer nor listener behind, and a git that ends in time gives its answer', async () => {
  using rig = new HangRig();
  const {signal} = new AbortController();
  const repo = await rig.open({timeoutMs: MINUTES, signal});
  expect(await git(repo, ['cat-file', '--batch-check'], {input: 'HEAD^{tree}\n'})).toMatch(/ tree \d+\n$/);
  await expect(git(repo, ['read-tree', 'nowhere'])).rejects.toThrow('`git read-tree` failed');
  fs.rmSync(rig.git.repo, {recursive: true});
  await expect(git(repo, ['status'])).rejects.toThrow('gone');
  expect(rig.clock.sleeping).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('no git starts after a stop, but for one without patience', async () => {
  using rig = new HangRig();
  const signal = new StopSource();
  const repo = await rig.open({signal});
  signal.abort('stop');
  await expect(git(repo, ['update-ref', 'refs/heads/made', 'HEAD'])).rejects.toBe('stop');
  await git(withPatience(repo, undefined), ['update-ref', 'refs/heads/other', 'HEAD']);
  expect(rig.git.git('branch', '--format=%(refname:short)')).toBe('main\nother');
});

test('a stop does not wait for the lock file of another git', async () => {
  using rig = new HangRig();
  const lock = path.join(rig.git.repo, '.git', 'index.lock');
  const signal = new StopSource();
  const repo = await rig.open({signal});
  fs.writeFileSync(lock, '');
  const adding = git(repo, ['add', '.']);
  const {statSync} = fs;
  // It is looked at only once git has said that it is in the way.
  const look = vi.spyOn(fs, 'statSync').mockImplementation(((...args: Parameters<typeof statSync>) => {
    if (args[0] === lock) signal.abort('stop');
    return statSync(...args);
  }) as typeof statSync);
  try {
    await expect(adding).rejects.toBe('stop');
  } finally {
    look.mockRestore();
  }
  expect(fs.existsSync(lock)).toBe(true);
});
