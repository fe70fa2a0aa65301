import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {systemClock} from '../../../src/platform/clock.ts';
import {stopToken, sweepAfterExit} from '../../../src/platform/processes/end-processes.ts';
import {hasProc, readProcess} from '../../../src/platform/processes/process-table.ts';
import {shellCall} from '../../../src/platform/processes/shell-call.ts';
import {LOST, type ShellCommand, ShellWorker, startShell} from '../../../src/platform/processes/shell-helpers.ts';
import {liveGroups, type StartedGroup, starters, startGroup} from '../../../src/platform/processes/start-group.ts';
import {withDeadline} from '../../rig/deadline.ts';
import {isRunning, ProcessRig, until} from './process-rig.ts';

const PYTHON = '/usr/bin/python3';
/** Elsewhere every start is a direct one, which is tested beside. */
const worksHere = hasProc && fs.existsSync(PYTHON);

class WorkerRig extends ProcessRig {
  idle = 0;
  #worker: ShellWorker | undefined;
  helper = 0;

  /** The helper that the rig's commands go through. */
  async worker(): Promise<ShellWorker> {
    if (this.#worker) return this.#worker;
    const before = new Set(starters);
    const worker = await ShellWorker.make({python: PYTHON, env: this.env, onIdle: () => this.idle++});
    if (!worker) throw new Error('this python cannot do it');
    this.helper = [...starters].find(pid => !before.has(pid))!;
    this.#worker = worker;
    return worker;
  }

  command(command: string, changes: Partial<ShellCommand> = {}): ShellCommand {
    fs.mkdirSync(`${this.folder}/logs`, {recursive: true});
    return {command, shell: 'sh', cwd: this.folder, env: this.env, logFile: this.logFile, ...changes};
  }

  async begin(command: string, changes: Partial<ShellCommand> = {}): Promise<StartedGroup> {
    const group = await (await this.worker()).start(this.command(command, changes));
    if (group?.kind !== 'started') throw new Error(`not started: ${JSON.stringify(group)}`);
    return group;
  }

  /** What a command prints. */
  async printed(command: string, changes: Partial<ShellCommand> = {}): Promise<string> {
    fs.rmSync(this.logFile, {force: true});
    expect(await (await this.begin(command, changes)).exited).toEqual({code: 0, signal: null});
    return this.output;
  }

  /** What a command prints that is started directly. */
  async printedDirectly(command: string, env: Record<string, string> = this.env): Promise<string> {
    fs.rmSync(this.logFile, {force: true});
    const fd = fs.openSync(this.logFile, 'a');
    const group = await startGroup({...shellCall('sh', command), cwd: this.folder, env, outputFd: fd});
    fs.closeSync(fd);
    if (group.kind === 'failed') throw new Error(group.message);
    await group.exited;
    return this.output;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.helper) process.kill(this.helper, 'SIGKILL');
    await super[Symbol.asyncDispose]();
  }
}

test.runIf(worksHere)('exit codes and signals are told apart, also where a shell confounds them', async () => {
  await using rig = new WorkerRig();
  expect(await (await rig.begin('exit 3')).exited).toEqual({code: 3, signal: null});
  expect(await (await rig.begin('exit 137')).exited).toEqual({code: 137, signal: null});
  expect(await (await rig.begin('kill -KILL $$')).exited).toEqual({code: null, signal: 'SIGKILL'});
  expect(await (await rig.begin('kill -INT $$')).exited).toEqual({code: null, signal: 'SIGINT'});
  expect(rig.idle).toBe(5);
});

test.runIf(worksHere)('a command has a session of its own and is known before its start is', async () => {
  await using rig = new WorkerRig();
  const group = await rig.begin('exec sleep 1000');
  await until(() => !readProcess(group.pid)?.isUnclear, 'the end of its exec');
  const entry = readProcess(group.pid)!;
  expect(entry).toMatchObject({group: group.pid, session: group.pid, parent: rig.helper, token: rig.token});
  expect(group.processStarted).toBe(entry.started);
  expect(liveGroups.has(group.pid)).toBe(true);
  process.kill(-group.pid, 'SIGTERM');
  expect(await group.exited).toEqual({code: null, signal: 'SIGTERM'});
  expect(liveGroups.has(group.pid)).toBe(false);
});

test.runIf(worksHere)('a command that is stopped right after its start is known as one that runs', async () => {
  await using rig = new WorkerRig();
  const group = await rig.begin('kill -STOP $$; exit 3');
  await until(() => / T /.test(fs.readFileSync(`/proc/${group.pid}/stat`, 'latin1')), 'the command to stop itself');
  process.kill(group.pid, 'SIGCONT');
  expect(await group.exited).toEqual({code: 3, signal: null});
});

test.runIf(worksHere)('it finds what it finds when it is started directly', async () => {
  await using rig = new WorkerRig();
  await rig.worker();
  const odd = {...rig.env, 'odd-name': 'x', 'BASH_FUNC_f%%': '() { :; }', EMPTY: '', LINES_: 'a\nb=c\n', PERL5LIB: 'x'};
  const look = [
    'tr "\\0" "\\n" </proc/$$/environ | sort',
    'for fd in /proc/$$/fd/*; do readlink "$fd" || :; done',
    'umask; pwd; echo "$0 $#"; cat',
    'exec grep -E "^Sig(Blk|Ign)" /proc/self/status',
  ].join('; ');
  for (const env of [rig.env, odd, {PATH: rig.env.PATH!}])
    expect(withoutInternals(await rig.printed(look, {env}))).toBe(await rig.printedDirectly(look, env));
});

/** Above the 31 signals that have names are two of the C library's own, which it resets as it likes. */
function withoutInternals(status: string): string {
  return status.replace(/(?<=SigIgn:\t)\w+/, mask =>
    (BigInt(`0x${mask}`) & 0x7fffffffn).toString(16).padStart(16, '0'),
  );
}

test.runIf(worksHere)('what is set for one command is not there for the next', async () => {
  await using rig = new WorkerRig();
  expect(await rig.printed('echo $ONCE', {env: {...rig.env, ONCE: 'yes'}})).toBe('yes\n');
  expect(await rig.printed('echo $ONCE.')).toBe('.\n');
});

test.runIf(worksHere)('any text is data', async () => {
  await using rig = new WorkerRig();
  await rig.worker();
  const text = fc.string({unit: 'binary', maxLength: 200}).filter(value => !value.includes('\0'));
  await fc.assert(
    fc.asyncProperty(text, async value => {
      const well = Buffer.from(value).toString();
      expect(await rig.printed('printf %s "$VALUE"', {env: {...rig.env, VALUE: value}})).toBe(well);
      expect(await rig.printed(`printf %s '${value.replaceAll("'", `'\\''`)}'`)).toBe(well);
    }),
    {numRuns: 50, examples: [["'\n\n$(echo x)`\\"], ['\r\n\u0001\u007f'], ['']]},
  );
});

test.runIf(worksHere)('the log is appended to, for its owner alone, and never through a link', async () => {
  await using rig = new WorkerRig();
  await (await rig.begin('echo one; echo two >&2')).exited;
  await (await rig.begin('echo three')).exited;
  expect(rig.output).toBe('one\ntwo\nthree\n');
  expect(fs.statSync(rig.logFile).mode & 0o777).toBe(0o600);
  fs.symlinkSync(`${rig.folder}/elsewhere`, `${rig.folder}/link`);
  expect(await (await rig.worker()).start(rig.command('echo x', {logFile: `${rig.folder}/link`}))).toBeUndefined();
  expect(fs.existsSync(`${rig.folder}/elsewhere`)).toBe(false);
});

test.runIf(worksHere).each([
  ['a folder that is missing', {cwd: '/no/such/folder'}],
  ['a log that cannot be written', {logFile: '/no/such/folder/log'}],
  ['a command that is too long', {command: 'x'.repeat(3_000_000)}],
  ['a command with a NUL in it', {command: 'a\0b'}],
])('%s is left to a direct start, and the helper goes on', async (_, changes) => {
  await using rig = new WorkerRig();
  const worker = await rig.worker();
  expect(await worker.start(rig.command('true', changes))).toBeUndefined();
  expect(rig.idle).toBe(2);
  expect(await rig.printed(': '.padEnd(100_000, 'x'))).toBe('');
});

test.runIf(worksHere)('stopping a command stops all of it, and not its helper', async () => {
  await using rig = new WorkerRig();
  const group = await rig.begin('(setsid sleep 1000 &); sleep 1000');
  const report = await stopToken(rig.token, systemClock, {group: group.pid, graceMs: [100, 100]});
  expect(report.left).toEqual([]);
  expect(await group.exited).toMatchObject({signal: 'SIGINT'});
  expect(await rig.carriers()).toEqual([]);
  const next = await rig.begin('sleep 1000 & exit 0');
  await next.exited;
  expect((await sweepAfterExit(rig.token, next, systemClock)).found).toMatchObject([{name: /sleep|sh/}]);
  expect(await rig.printed('echo still here')).toBe('still here\n');
});

test.runIf(worksHere)('when the helper is killed a command that runs is waited for all the same', async () => {
  await using rig = new WorkerRig();
  const group = await rig.begin('while [ ! -e go ]; do sleep 0.01; done');
  process.kill(rig.helper, 'SIGKILL');
  const worker = await rig.worker();
  await until(() => worker.isDead, 'the end of the helper');
  expect(liveGroups.has(group.pid)).toBe(true);
  fs.writeFileSync(`${rig.folder}/go`, '');
  expect(await group.exited).toEqual({code: null, signal: null});
  expect(await worker.start(rig.command('true'))).toMatchObject({kind: 'failed', code: LOST});
  rig.helper = 0;
});

test('whatever starts a command, it starts', async () => {
  await using rig = new WorkerRig();
  for (let direct = 0, helped = 0; direct < 1 || (worksHere && helped < 3); ) {
    const group = await startShell(rig.command('echo $PPID'));
    if (group.kind === 'failed') throw new Error(group.message);
    expect(await group.exited).toEqual({code: 0, signal: null});
    if (rig.output.endsWith(`\n${process.pid}\n`) || rig.output === `${process.pid}\n`) direct++;
    else helped++;
  }
  expect(await startShell(rig.command('true', {cwd: '/no/such/folder'}))).toMatchObject({code: 'ENOENT'});
  await expect(startShell(rig.command('true', {logFile: '/dev/null/log'}))).rejects.toThrow('/dev/null/log');
});

test.runIf(worksHere)('helpers end with their program, however it dies, and what it runs goes on', async () => {
  await using rig = new WorkerRig();
  const program = `${rig.folder}/program.mjs`;
  const source = fileURLToPath(new URL('../../../src/platform/processes/shell-helpers.ts', import.meta.url));
  await build({
    stdin: {contents: holdingProgram(source), resolveDir: rig.folder},
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  const child = spawn(process.execPath, [program, JSON.stringify(rig.command('exec sleep 1000'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await withDeadline(once(child.stdout, 'data'), 'the start of the command', () => '');
  const {helper, pid} = JSON.parse(String(line));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isRunning(pid)).toBe(true);
  expect(await isRunning(helper)).toBe(true); // waits for what it started
  process.kill(pid, 'SIGKILL');
  await until(async () => !(await isRunning(helper)), 'the end of the helper');
});

/** Starts a command through a helper and tells their ids. */
function holdingProgram(source: string): string {
  return `
    import fs from 'node:fs';
    import {ShellWorker} from ${JSON.stringify(source)};
    setInterval(() => {}, 1000);
    const command = JSON.parse(process.argv[2]);
    const worker = await ShellWorker.make({python: ${JSON.stringify(PYTHON)}, env: command.env, onIdle() {}});
    const {pid} = await worker.start(command);
    const helper = Number(fs.readFileSync('/proc/' + pid + '/stat', 'latin1').split(' ')[3]);
    console.log(JSON.stringify({helper, pid}));
  `;
}
