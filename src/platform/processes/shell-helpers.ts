// Starts shell commands through small helper processes, one per attempt that runs at a time.
//
// Node forks itself for every start: that blocks the event loop in proportion to its memory, and makes it copy pages
// for long after. Of short commands it is most of what they cost. A helper starts them beside it, without any copying.
// It is Python for its `posix_spawn`: half of what a shell takes, which needs a program more for each session, and cannot
// tell `exit 137` from SIGKILL; two thirds of what perl takes, which can only fork.
//
//   this process ── request ──> helper ── spawn ──> /bin/sh -e -c, in a session of its own
//                <── "p": pid and start time, once it executes (or a moment later); or "f": it could not
//                <── "e": wait status
//
// W1. A request is answered by one "p" or "f", a "p" by one "e"; until then the helper gets no other request.
// W2. What a helper cannot start is tried directly, which knows how to say why it fails.
// W3. A helper carries no run token, has a session of its own, and ends when its stdin does: with this process, however
//     that dies. A command that does not execute by then never will.

import {type ChildProcessByStdio, spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {setTimeout as pause} from 'node:timers/promises';
import {withAttemptLog} from '../attempt-log.ts';
import {hasProc, readProcess} from './process-table.ts';
import {type Shell, shellCall} from './shell-call.ts';
import {
  type Exit,
  type GroupIdentity,
  liveGroups,
  type SpawnFailure,
  type StartedGroup,
  starters,
  startGroup,
} from './start-group.ts';
import {TOKEN_VARIABLE} from './tokens.ts';

export interface ShellCommand {
  command: string;
  shell: Shell;
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Takes stdout and stderr, at its end. */
  logFile: string;
}

/** The code of a failure after which the command may run nevertheless; its token finds it. */
export const LOST = 'LOST';

/**
 * Start a shell command in a session and process group of its own, without a terminal, stdin from /dev/null.
 * What keeps it from starting is a result, not an exception.
 * @throws {MilestoneError} when the log cannot be written: `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function startShell(command: ShellCommand): Promise<StartedGroup | SpawnFailure> {
  // What has to be searched for on the PATH is, by the system itself.
  if (command.shell !== 'sh') return startDirectly(command);
  const worker = takeIdle();
  if (!worker) makeBeside(command);
  return (await worker?.start(command)) ?? startDirectly(command);
}

/** End the helpers: no command runs any more, and none will be started. Resolves when they are gone. */
export async function endShellWorkers(): Promise<void> {
  idle.length = 0;
  await Promise.all(
    [...helpers].map(helper => {
      helper.ref();
      const ended = new Promise(resolve => helper.once('exit', resolve));
      helper.kill('SIGKILL');
      return ended;
    }),
  );
}

function startDirectly({command, shell, cwd, env, logFile}: ShellCommand): Promise<StartedGroup | SpawnFailure> {
  return withAttemptLog(logFile, outputFd => startGroup({...shellCall(shell, command), cwd, env, outputFd}));
}

const idle: ShellWorker[] = [];
/** All that run. */
const helpers = new Set<Helper>();
let isMaking = false;
/** Undefined until it is looked for, null where there is none that works. */
let python: string | null | undefined;

function takeIdle(): ShellWorker | undefined {
  for (let worker = idle.pop(); worker; worker = idle.pop()) if (!worker.isDead) return worker;
  return undefined;
}

/** Make a worker for later starts: the present one would only wait for it. */
function makeBeside({env}: ShellCommand): void {
  if (python === undefined) python = findPython(env.PATH ?? '');
  if (python === null || isMaking) return;
  isMaking = true;
  // Rejects where the environment is one that nothing can be started with.
  const made = ShellWorker.make({python, env, onIdle: worker => idle.push(worker)}).catch(() => undefined);
  void made.then(worker => {
    isMaking = false;
    if (!worker) python = null;
  });
}

/** On macOS there may be one that asks for being installed; there Node starts without a fork anyway. */
function findPython(searchPath: string): string | null {
  if (!hasProc) return null;
  const folders = ['/usr/bin', ...searchPath.split(path.delimiter)].filter(folder => path.isAbsolute(folder));
  return folders.map(folder => path.join(folder, 'python3')).find(file => fs.existsSync(file)) ?? null;
}

export interface WorkerOptions {
  python: string;
  /** Of the helper. What a command's own differs in goes with each request, so the more they have in common the better. */
  env: Readonly<Record<string, string>>;
  /** Called when it can take a command, at first when it is ready. */
  onIdle(worker: ShellWorker): void;
}

/** One helper; takes one command at a time. */
export class ShellWorker {
  isDead = false;
  #received = '';
  /** Who waits for the next line; gets undefined when none will come. */
  #awaiting: ((line: string | undefined) => void) | undefined;

  private constructor(
    private readonly helper: Helper,
    private readonly env: Readonly<Record<string, string>>,
    private readonly onIdle: (worker: ShellWorker) => void,
  ) {
    helper.stdout.on('data', (chunk: Buffer) => this.#receive(chunk.toString('latin1')));
    helper.stdout.once('close', () => this.#die());
    helper.stdin.on('error', () => {}); // then stdout closes too
    helper.once('error', () => this.#die());
    unrefAll(helper);
  }

  /** Resolves when it is ready; undefined when this python cannot do it. */
  static async make({python, env, onIdle}: WorkerOptions): Promise<ShellWorker | undefined> {
    const {[TOKEN_VARIABLE]: _, ...own} = env; // W3
    const worker = new ShellWorker(startHelper(python, own), own, onIdle);
    if ((await worker.#nextLine()) !== 'r') return undefined;
    onIdle(worker);
    return worker;
  }

  /** @returns Undefined when it must be started in another way: nothing has been executed. */
  async start(command: ShellCommand): Promise<StartedGroup | SpawnFailure | undefined> {
    const startedAt = performance.now();
    const request = this.#request(command);
    if (request === undefined) return this.#rest();
    const answer = this.#nextLine();
    // An attempt that runs keeps the program alive, an idle helper does not.
    this.helper.stdout.ref();
    this.helper.stdin.write(request);
    const line = await answer;
    if (line === undefined) return {kind: 'failed', code: LOST, message: 'the process that starts commands was ended'};
    if (line === 'f') return this.#rest();
    const [, pid, started] = line.split(' ');
    const group = {pid: Number(pid), processStarted: started || null, startedAt};
    return {kind: 'started', ...group, exited: this.#follow(group)};
  }

  #rest(): undefined {
    this.helper.stdout.unref();
    this.onIdle(this);
  }

  async #follow(group: GroupIdentity): Promise<Exit> {
    liveGroups.add(group.pid);
    const line = await this.#nextLine();
    const exit = line === undefined ? await exitUnobserved(group) : readExit(line);
    liveGroups.delete(group.pid);
    if (line !== undefined) this.#rest();
    return exit;
  }

  /** Undefined for what a NUL is in: that would end a field. */
  #request({command, cwd, env, logFile}: ShellCommand): string | undefined {
    const fields = [path.resolve(logFile), path.resolve(cwd), `r${command}`];
    for (const name in env) if (env[name] !== this.env[name]) fields.push(`${name}=${env[name]}`);
    fields.push(`PWD=${path.resolve(cwd)}`);
    for (const name in this.env) if (env[name] === undefined) fields.push(name);
    return fields.some(field => field.includes('\0')) ? undefined : `${fields.join('\0')}\0\0`;
  }

  /** Undefined when the helper has ended. */
  #nextLine(): Promise<string | undefined> {
    return new Promise(resolve => {
      this.#awaiting = resolve;
      this.#hand();
    });
  }

  #receive(text: string): void {
    this.#received += text;
    this.#hand();
  }

  #die(): void {
    this.isDead = true;
    starters.delete(this.helper.pid ?? 0);
    this.helper.stdin.destroy();
    this.#hand();
  }

  /** Hand the next line to who waits, when both are there. */
  #hand(): void {
    const end = this.#received.indexOf('\n');
    if (!this.#awaiting || (end === -1 && !this.isDead)) return;
    const resolve = this.#awaiting;
    this.#awaiting = undefined;
    const line = end === -1 ? undefined : this.#received.slice(0, end);
    this.#received = this.#received.slice(end + 1);
    resolve(line);
  }
}

type Helper = ChildProcessByStdio<Writable & Socketlike, Readable & Socketlike, null>;

/** What Node makes of a pipe, beside what its types say. */
interface Socketlike {
  ref(): unknown;
  unref(): unknown;
}

function startHelper(python: string, env: Record<string, string>): Helper {
  const stdio: ['pipe', 'pipe', 'ignore'] = ['pipe', 'pipe', 'ignore'];
  const helper = spawn(python, ['-I', '-S', '-c', PROGRAM], {cwd: '/', env, detached: true, stdio}) as Helper;
  if (helper.pid !== undefined) {
    starters.add(helper.pid);
    helpers.add(helper);
    helper.once('exit', () => helpers.delete(helper));
  }
  return helper;
}

function unrefAll(helper: Helper): void {
  helper.unref();
  helper.stdin.unref();
  helper.stdout.unref();
}

function readExit(line: string): Exit {
  const status = Number(line.slice(2));
  const signal = status & 0x7f;
  return signal === 0 ? {code: status >> 8, signal: null} : {code: null, signal: nameOfSignal(signal)};
}

function nameOfSignal(signal: number): string {
  return Object.entries(os.constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}

/** Its helper has ended: then nobody is told how it ends, but when can be seen. */
async function exitUnobserved({pid, processStarted}: GroupIdentity): Promise<Exit> {
  while (readProcess(pid)?.started === processStarted) await pause(LOOK_MS);
  return {code: null, signal: null};
}

const LOOK_MS = 50;

/** Seconds. A command that has ended by then is told of in one go: each message wakes this process up. */
const SOON_S = 0.003;

/**
 * A request is `log NUL folder NUL "r" command NUL (name "=" value | name) NUL … NUL`; a bare name is taken out of the
 * environment. The environment is read where nothing has been added to it (a locale, by the interpreter).
 */
const PROGRAM = `# milestone: starts commands
import os, select, signal
with open('/proc/self/environ', 'rb') as file:
    env = dict(pair.split(b'=', 1) for pair in file.read().split(b'\\0') if b'=' in pair)
null = os.open('/dev/null', os.O_RDONLY)
stdin = select.poll()
stdin.register(0, select.POLLIN)
ignored = [signal.SIGPIPE, signal.SIGXFSZ]
awaited = [signal.SIGCHLD]
soon = ${SOON_S}
shell = b'/bin/sh'

def start(log, folder, command, *changes):
    own = env.copy()
    for change in changes:
        name, equals, value = change.partition(b'=')
        if equals:
            own[name] = value
        else:
            own.pop(name, None)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        # Readable while no request is due: at its end.
        if stdin.poll(0):
            os._exit(0)
        files = [(os.POSIX_SPAWN_DUP2, fd, to) for fd, to in ((null, 0), (output, 1), (output, 2))]
        args = [shell, b'-e', b'-c', command[1:]]
        return os.posix_spawn(shell, args, own, file_actions=files, setsid=True, setsigdef=ignored, setsigmask=())
    finally:
        os.close(output)
        os.chdir('/')

def started(pid):
    with open(f'/proc/{pid}/stat', 'rb') as file:
        return file.read().rpartition(b') ')[2].split(b' ', 20)[19]

def answer(request):
    try:
        pid = start(*request.split(b'\\0'))
    except Exception:
        os.write(1, b'f\\n')
    else:
        report = b'p %d %s\\n' % (pid, started(pid))
        signal.sigtimedwait(awaited, soon)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.write(1, report)
            report = b''
            status = os.waitpid(pid, 0)[1]
        os.write(1, report + b'e %d\\n' % status)

signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
os.write(1, b'r\\n')
received = b''
while chunk := os.read(0, 65536):
    received += chunk
    if received.endswith(b'\\0\\0'):
        request, received = received[:-2], b''
        answer(request)
`;
