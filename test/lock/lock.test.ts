import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {build} from 'rolldown';
import {afterAll, beforeAll, expect, onTestFinished, test, vi} from 'vitest';
import {acquireLock, acquireLockWaiting, type Lock, type LockOptions, readLockOwner} from '../../src/lock/lock.ts';
import {folderNumber} from '../../src/platform/files.ts';
import {type Identity, ownIdentity, processState} from '../../src/platform/processes/identity.ts';
import {tokenOfExecutor} from '../../src/platform/processes/tokens.ts';
import {HandClock, temporaryFolder} from '../events/log-rig.ts';
import {until} from '../platform/processes/process-rig.ts';

const here = ownIdentity();
const deadPid = spawnSync('true').pid;
let scripts: string;

beforeAll(async () => {
  scripts = fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-lock-'));
  const entry = fileURLToPath(new URL('./lock-child.ts', import.meta.url));
  await build({input: entry, platform: 'node', output: {file: path.join(scripts, 'child.mjs')}});
});

afterAll(() => fs.rmSync(scripts, {recursive: true}));

function options(changes: Partial<LockOptions> = {}): LockOptions {
  return {purpose: 'execute', identity: here, clock: new HandClock(), sessionId: 'session-1', ...changes};
}

/** A lock that its owner left behind. */
function leaveLock(folder: string, owner: Partial<Identity>, generation = 1): void {
  const content = {...here, purpose: 'execute', session_id: 'session-0', since: '2026-11-23T09:00:00.000Z', ...owner};
  fs.mkdirSync(folder, {recursive: true});
  fs.writeFileSync(path.join(folder, String(generation)), JSON.stringify(content));
}

class Child {
  private constructor(
    private readonly process: ChildProcess,
    private readonly answers: AsyncIterator<string>,
  ) {}

  static start(): Child {
    const child = spawn(process.execPath, [path.join(scripts, 'child.mjs')], {stdio: ['pipe', 'pipe', 'inherit']});
    onTestFinished(() => void child.kill('SIGKILL'));
    return new Child(child, createInterface({input: child.stdout})[Symbol.asyncIterator]());
  }

  get pid(): number {
    return this.process.pid!;
  }

  async tell(command: string): Promise<string> {
    this.process.stdin!.write(`${command}\n`);
    return (await this.answers.next()).value;
  }

  async kill(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

test('a lock is held by one until it is released, and says who holds it', () => {
  const folder = path.join(temporaryFolder(), 'locks', 'auth-api');
  expect(readLockOwner(folder, here)).toEqual({who: 'nobody'});
  const lock = acquireLock(folder, options());
  const about = {purpose: 'execute', session_id: 'session-1', since: '2026-11-23T10:00:00.000Z'};
  const owner = {...here, ...about, tokens: [tokenOfExecutor()], folder: folderNumber(folder)};
  expect(lock.owner).toEqual(owner);
  expect(readLockOwner(folder, here)).toEqual({who: 'here', owner});
  lock.check();
  expect(() => acquireLock(folder, options())).toThrow(
    expect.objectContaining({
      code: 'LOCKED',
      exitCode: 5,
      message: `another executor holds this milestone: process ${here.pid} on \`${here.host}\` (session \`session-1\`, since 2026-11-23T10:00:00.000Z)`,
    }),
  );
  lock.release();
  lock.release();
  expect(readLockOwner(folder, here)).toEqual({who: 'nobody'});
  const next = acquireLock(folder, options());
  expect(next.generation).toBe(2);
  expect(fs.readdirSync(folder)).toEqual(['2']);
});

test('a lock is given back by one line more in its file, of which nothing counts but the whole', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, '1');
  const lock = acquireLock(folder, options());
  const held = fs.readFileSync(file, 'utf8');
  lock.release();
  const released = fs.readFileSync(file, 'utf8');
  expect(released.slice(0, held.length)).toBe(held);
  expect(fs.readdirSync(folder)).toEqual(['1']);
  for (let length = held.length; length < released.length; length++) {
    fs.writeFileSync(file, released.slice(0, length));
    expect(readLockOwner(folder, here)).toMatchObject({who: 'here', owner: {pid: process.pid}});
  }
  fs.writeFileSync(file, released);
  expect(readLockOwner(folder, here)).toEqual({who: 'nobody'});
});

test('a holder that was killed is dead at once', async () => {
  const folder = temporaryFolder();
  const child = Child.start();
  expect(await child.tell(`take ${folder}`)).toBe('won 1');
  expect(() => acquireLock(folder, options())).toThrow(`process ${child.pid} on`);
  expect(() => acquireLock(folder, options({takeOver: true}))).toThrow(`process ${child.pid} on`); // it is alive
  await child.kill();
  expect(readLockOwner(folder, here)).toMatchObject({who: 'gone', owner: {pid: child.pid}});
  expect(acquireLock(folder, options()).generation).toBe(2);
});

test.runIf(process.platform === 'linux')('a zombie is dead', async () => {
  const folder = temporaryFolder();
  // Its parent turns into a `sleep`, which never asks how its children ended, and only then may it end.
  const script = 'exec 3<&0; cat <&3 & echo $!; exec sleep 1000';
  const parent = spawn('/bin/sh', ['-c', script], {stdio: ['pipe', 'pipe', 'ignore']});
  onTestFinished(() => void parent.kill('SIGKILL'));
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  const name = () => fs.readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim();
  await until(() => name() === 'sleep', 'the parent that is a `sleep`');
  parent.stdin.end();
  await until(() => processState(pid)?.zombie === true, 'the zombie');
  leaveLock(folder, {pid, process_started: processState(pid)!.startTime});
  expect(acquireLock(folder, options()).generation).toBe(2);
});

test('a lock on a checkout names the milestone that works in it', () => {
  const folder = temporaryFolder();
  acquireLock(folder, options({checkoutFor: 'other'}));
  expect(() => acquireLock(folder, options({checkoutFor: 'mine'}))).toThrow(
    expect.objectContaining({
      code: 'LOCKED',
      message: expect.stringMatching(/^milestone `other` works in this checkout: process/),
      hint: expect.stringContaining('`milestone pause other`'),
    }),
  );
});

test.each<[string, Partial<Identity>, 'here' | 'elsewhere' | 'gone']>([
  ['a process that lives', {}, 'here'],
  ['a pid that nobody has', {pid: deadPid}, 'gone'],
  ['a pid that another process has by now', {process_started: '1'}, 'gone'],
  ['a process from before the last boot', {boot_id: 'earlier'}, 'gone'],
  ['a process on another host', {host: 'elsewhere', pid: deadPid, boot_id: 'other'}, 'elsewhere'],
  ['a process in another pid namespace', {pid_namespace: 'pid:[1]', pid: deadPid}, 'elsewhere'],
])('the owner is %s', (_, owner, who) => {
  const folder = temporaryFolder();
  leaveLock(folder, owner);
  expect(readLockOwner(folder, here).who).toBe(who);
  const take = (takeOver: boolean) => () => acquireLock(folder, options({takeOver}));
  if (who !== 'gone') expect(take(false)).toThrow(expect.objectContaining({code: 'LOCKED'}));
  if (who === 'here') expect(take(true)).toThrow(expect.objectContaining({code: 'LOCKED'}));
  else expect(take(who === 'elsewhere')().generation).toBe(2);
});

test.each(['', '{"pid":', '[]', '{"pid":"7"}'])(
  'a lock file with the content `%s` blocks until it is taken over',
  content => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, '3'), content);
    expect(readLockOwner(folder, here)).toEqual({who: 'elsewhere'});
    expect(() => acquireLock(folder, options())).toThrow('cannot be understood');
    expect(acquireLock(folder, options({takeOver: true})).generation).toBe(4);
  },
);

test('a holder whose lock was taken over notices, and leaves the new one alone', () => {
  const folder = temporaryFolder();
  const elsewhere = {...here, host: 'elsewhere'};
  const first = acquireLock(folder, options({identity: elsewhere}));
  const second = acquireLock(folder, options({takeOver: true}));
  expect(() => first.check()).toThrow(expect.objectContaining({code: 'LOCK_LOST', exitCode: 9}));
  first.release();
  second.check();
  expect(fs.readdirSync(folder)).toEqual(['2']);
});

test('a lost lock stays lost however many generations follow', () => {
  const folder = temporaryFolder();
  const first = acquireLock(folder, options({identity: {...here, host: 'elsewhere'}}));
  for (let times = 0; times < 3; times++) {
    const next = acquireLock(folder, options({takeOver: true}));
    expect(() => first.check()).toThrow('another process took over the lock');
    next.release();
    expect(() => first.check()).toThrow('another process took over the lock');
  }
});

test('a lock whose folder was deleted is lost', () => {
  const folder = path.join(temporaryFolder(), 'lock');
  const lock = acquireLock(folder, options());
  fs.rmSync(folder, {recursive: true});
  expect(() => lock.check()).toThrow(expect.objectContaining({code: 'LOCK_LOST'}));
  lock.release();
  expect(fs.existsSync(folder)).toBe(false);
});

test('whoever saw a stale lock long ago cannot win with its number', () => {
  const folder = temporaryFolder();
  leaveLock(folder, {pid: deadPid});
  const {linkSync} = fs;
  let holder: Lock | undefined;
  vi.spyOn(fs, 'linkSync').mockImplementationOnce((from, to) => {
    acquireLock(folder, options()).release(); // generation 2
    holder = acquireLock(folder, options()); // generation 3; generation 2 is deleted, its number is free again
    expect(fs.readdirSync(folder).filter(name => !name.startsWith('.'))).toEqual(['3']);
    if (!fs.existsSync(from)) throw Object.assign(new Error('swept'), {code: 'ENOENT'});
    linkSync(from, to);
  });
  expect(() => acquireLock(folder, options())).toThrow(expect.objectContaining({code: 'LOCKED'}));
  holder!.check();
  expect(fs.readdirSync(folder)).toEqual(['3']);
});

test('a stale number that is linked after all is given up again', () => {
  const folder = temporaryFolder();
  leaveLock(folder, {pid: deadPid});
  const {linkSync} = fs;
  vi.spyOn(fs, 'linkSync').mockImplementationOnce((from, to) => {
    leaveLock(folder, {}, 7); // somebody alive, who has deleted everything below
    fs.rmSync(path.join(folder, '1'));
    linkSync(from, to);
  });
  expect(() => acquireLock(folder, options())).toThrow(expect.objectContaining({code: 'LOCKED'}));
  expect(fs.readdirSync(folder)).toEqual(['7']);
});

test('of several processes that find a stale lock exactly one wins, every time', async () => {
  const root = temporaryFolder();
  const children = [Child.start(), Child.start(), Child.start(), Child.start()];
  for (let round = 0; round < 150; round++) {
    const folder = path.join(root, String(round));
    leaveLock(folder, {pid: deadPid}, 5);
    const answers = await Promise.all(children.map(child => child.tell(`take ${folder}`)));
    expect(answers.toSorted(), `round ${round}`).toEqual(['LOCKED', 'LOCKED', 'LOCKED', 'won 6']);
    const winner = children[answers.indexOf('won 6')]!;
    expect(readLockOwner(folder, here)).toMatchObject({who: 'here', owner: {pid: winner.pid}});
    expect(fs.readdirSync(folder)).toContain('6');
    await winner.tell('release');
  }
});

test('of several processes that find no lock exactly one wins', async () => {
  const root = temporaryFolder();
  const children = [Child.start(), Child.start(), Child.start()];
  for (let round = 0; round < 30; round++) {
    const answers = await Promise.all(children.map(child => child.tell(`take ${path.join(root, String(round))}`)));
    expect(answers.toSorted()).toEqual(['LOCKED', 'LOCKED', 'won 1']);
  }
});

test('a lock that a command holds is waited for', async () => {
  const folder = temporaryFolder();
  const clock = new HandClock();
  const command = acquireLock(folder, options({purpose: 'command'}));
  const waiting = acquireLockWaiting(folder, options({clock}), new AbortController().signal);
  await clock.wake();
  await clock.slept();
  command.release();
  await clock.wake();
  expect((await waiting).generation).toBe(2);
});

test('waiting ends when its time is over, or with its signal', async () => {
  const folder = temporaryFolder();
  acquireLock(folder, options({purpose: 'command'}));
  const clock = new HandClock();
  const impatient = acquireLockWaiting(folder, options({clock}), new AbortController().signal, 100);
  const refused = expect(impatient).rejects.toMatchObject({code: 'LOCKED', hint: 'try again when it has ended'});
  await clock.wake();
  await clock.wake();
  await refused;

  const stop = new AbortController();
  const stopped = acquireLockWaiting(folder, options({clock}), stop.signal);
  await clock.slept();
  stop.abort();
  await expect(stopped).rejects.toMatchObject({name: 'AbortError'});
});

test('a lock that an execution holds is not waited for', async () => {
  const folder = temporaryFolder();
  acquireLock(folder, options());
  const waiting = acquireLockWaiting(folder, options(), new AbortController().signal);
  await expect(waiting).rejects.toMatchObject({code: 'LOCKED'});
});

test('temporary files of killed processes do not stay', () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, '.left.tmp'), '');
  fs.writeFileSync(path.join(folder, 'notes'), 'mine');
  acquireLock(folder, options());
  expect(fs.readdirSync(folder)).toEqual(['1', 'notes']);
});
