// Shell commands whose every run waits for the test to end it. A run connects to the rig's unix socket, so its start
// and its end (also by SIGKILL) are events for the test; nothing polls.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {withDeadline} from './deadline.ts';
import {killIfAlive} from './marked-processes.ts';

const CLIENT = fileURLToPath(new URL('scripted-command-client.cjs', import.meta.url));

export interface CommandOptions {
  /** Signals that every run survives; they are seen by `run.received`. */
  ignoresSignals?: NodeJS.Signals[];
}

interface Hello {
  name: string;
  pid: number;
  cwd: string;
  env: Record<string, string>;
}

/** One run of a scripted command, from its start to its end. */
export class ScriptedRun {
  readonly pid: number;
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Resolves when the process is gone, however it ended. */
  readonly ended: Promise<void>;
  readonly #socket: net.Socket;
  readonly #signals: string[] = [];
  readonly #onMessage = new Set<() => void>();
  #written = 0;

  constructor(hello: Hello, socket: net.Socket) {
    ({pid: this.pid, cwd: this.cwd, env: this.env} = hello);
    this.#socket = socket;
    this.ended = new Promise(resolve => socket.once('close', () => resolve()));
  }

  /** End the run with this exit code; resolves when it is gone. */
  exit(code = 0): Promise<void> {
    this.#send({exit: code});
    return this.ended;
  }

  /** Print on stdout (or stderr); resolves once it is written. */
  async write(data: string | Uint8Array, to: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    const until = this.#written + 1;
    this.#send({write: Buffer.from(data).toString('base64'), to: to === 'stdout' ? 1 : 2});
    await this.#until(() => this.#written >= until, 'a write');
  }

  /** End the run with SIGKILL, as the kernel does when memory is short; resolves when it is gone. */
  kill(): Promise<void> {
    killIfAlive(this.pid);
    return this.ended;
  }

  /** Resolves when the run has received (and ignored) this signal. */
  received(signal: NodeJS.Signals): Promise<void> {
    return this.#until(() => this.#signals.includes(signal), signal);
  }

  /** @internal A message of the process. */
  hear(message: {signal?: string; written?: boolean}): void {
    if (message.signal) this.#signals.push(message.signal);
    if (message.written) this.#written++;
    for (const check of this.#onMessage) check();
  }

  #send(message: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    let check: (() => void) | undefined;
    const came = new Promise<void>((resolve, reject) => {
      check = () => isTrue() && resolve();
      this.#onMessage.add(check);
      this.ended.then(() => (isTrue() ? resolve() : reject(new Error(`the run ended before ${what}`))));
      check();
    });
    await withDeadline(came, what, () => `run ${this.pid}`).finally(() => this.#onMessage.delete(check!));
  }
}

/** A command of a test: `shell` is the text for `run:`, `nextRun` hands out its runs in the order they started. */
export class ScriptedCommand {
  /** How many runs have started since the beginning. */
  timesRun = 0;
  /** Most runs that were alive at one time. */
  mostAtOnce = 0;
  readonly #running = new Set<ScriptedRun>();
  readonly #unclaimed: ScriptedRun[] = [];
  readonly #waiting: Array<(run: ScriptedRun) => void> = [];

  constructor(
    readonly name: string,
    readonly shell: string,
    private readonly explain: () => string,
  ) {}

  /** Runs that are alive now. */
  get running(): ScriptedRun[] {
    return [...this.#running];
  }

  /** The next run that no earlier call has returned; waits for it to start. */
  nextRun(): Promise<ScriptedRun> {
    const unclaimed = this.#unclaimed.shift();
    if (unclaimed) return Promise.resolve(unclaimed);
    const started = new Promise<ScriptedRun>(resolve => this.#waiting.push(resolve));
    return withDeadline(started, `a run of \`${this.name}\``, this.explain);
  }

  /** @internal A run has started. */
  started(run: ScriptedRun): void {
    this.timesRun++;
    this.#running.add(run);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
    run.ended.then(() => this.#running.delete(run));
    const waiting = this.#waiting.shift();
    if (waiting) waiting(run);
    else this.#unclaimed.push(run);
  }
}

/** The rig's end of the socket; one serves all commands of a rig. */
export class CommandServer {
  readonly #server = net.createServer(socket => this.#accept(socket));
  readonly #commands = new Map<string, ScriptedCommand>();
  readonly #sockets = new Set<net.Socket>();

  private constructor(
    private readonly socketPath: string,
    private readonly explain: () => string,
  ) {}

  /** @param explain Tells what is known when a run does not come. */
  static async listen(folder: string, explain: () => string): Promise<CommandServer> {
    const server = new CommandServer(path.join(folder, 's'), explain); // short: socket paths are limited to ~100 bytes
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(server.socketPath, resolve);
    });
    return server;
  }

  command(name: string, options: CommandOptions = {}): ScriptedCommand {
    const words = [process.execPath, CLIENT, this.socketPath, name, (options.ignoresSignals ?? []).join(',')];
    const command = new ScriptedCommand(name, `exec ${words.map(quote).join(' ')}`, this.explain);
    this.#commands.set(name, command);
    return command;
  }

  /** Ends every run that still waits. */
  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    fs.rmSync(this.socketPath, {force: true});
  }

  #accept(socket: net.Socket): void {
    let run: ScriptedRun | undefined;
    let received = '';
    this.#sockets.add(socket);
    socket.on('error', () => {}); // killed: `close` follows
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (received + text).split('\n');
      received = lines.pop()!;
      for (const line of lines) {
        if (run) run.hear(JSON.parse(line));
        else run = this.#begin(JSON.parse(line), socket);
      }
    });
  }

  #begin(hello: Hello, socket: net.Socket): ScriptedRun {
    const run = new ScriptedRun(hello, socket);
    this.#commands.get(hello.name)!.started(run);
    return run;
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
