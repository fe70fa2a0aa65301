// A program that a test started: awaitable for its end, and readable line by line while it runs.

import {type ChildProcess, spawn} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {withDeadline} from './deadline.ts';

export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Stdout as one JSON value. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests, not by types
  json(): any;
  /** Stdout as one JSON value a line. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  jsonLines(): any[];
}

export interface ProgramOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  /** Text for stdin, which then ends; `pipe` leaves it open for `stdin`; by default it is /dev/null. */
  stdin?: string;
  /** A process group of its own, so that a signal can be sent to the whole group (`killGroup`). */
  detached?: boolean;
}

type Pattern = string | RegExp;
interface Waiter {
  pattern: Pattern;
  resolve(line: string): void;
}

export class Program implements PromiseLike<Ended> {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #child: ChildProcess;
  readonly #printed = {stdout: '', stderr: ''};
  readonly #ended: Promise<Ended>;
  readonly #waiters = new Set<Waiter>();

  constructor(command: string, args: readonly string[], options: ProgramOptions) {
    const {cwd, env, stdin, detached = false} = options;
    const child = spawn(command, args, {
      cwd,
      env,
      detached,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.stdin = child.stdin;
    this.stdout = child.stdout!;
    this.stderr = child.stderr!;
    if (stdin !== undefined && stdin !== 'pipe') child.stdin!.end(stdin);
    child.stdin?.on('error', () => {}); // it may end without reading
    this.#collect('stdout');
    this.#collect('stderr');
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(this.#result(exitCode, signal)));
    });
    this.#ended.catch(() => {}); // whoever awaits the program sees it
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a program means awaiting its end
  then<A = Ended, B = never>(
    onEnd?: ((ended: Ended) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return withDeadline(this.#ended, 'the end of the program', () => this.#known()).then(onEnd, onError);
  }

  /** Everything printed so far, as text. */
  get printed(): {stdout: string; stderr: string} {
    return {...this.#printed};
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  /** Signal the whole process group, as a terminal does; for programs started with `detached`. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /**
   * The first whole line on stdout or stderr, printed already or to come, that contains or matches `pattern`.
   * @throws when the program ends without such a line.
   */
  async line(pattern: Pattern): Promise<string> {
    const known = () => this.#known();
    const printed = this.#find(pattern);
    if (printed !== undefined) return printed;
    let waiter: Waiter | undefined;
    const awaited = new Promise<string>((resolve, reject) => {
      waiter = {pattern, resolve};
      this.#waiters.add(waiter);
      this.#ended.then(() => reject(new Error(`the program ended without the line ${pattern}\n${known()}`)), reject);
    });
    return withDeadline(awaited, `the line ${pattern}`, known).finally(() => this.#waiters.delete(waiter!));
  }

  #known(): string {
    return `stdout:\n${this.#printed.stdout}\nstderr:\n${this.#printed.stderr}`;
  }

  #collect(name: 'stdout' | 'stderr'): void {
    const decoder = new StringDecoder('utf8');
    this[name].on('data', (data: Buffer) => {
      this.#printed[name] += decoder.write(data);
      if (!data.includes('\n')) return;
      for (const waiter of this.#waiters) {
        const line = this.#find(waiter.pattern);
        if (line !== undefined) waiter.resolve(line);
      }
    });
  }

  #find(pattern: Pattern): string | undefined {
    const matches = (line: string) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line));
    const whole = [this.#printed.stdout, this.#printed.stderr].flatMap(text => text.split('\n').slice(0, -1));
    return whole.find(matches);
  }

  #result(exitCode: number | null, signal: NodeJS.Signals | null): Ended {
    const {stdout, stderr} = this.#printed;
    return {
      exitCode,
      signal,
      stdout,
      stderr,
      json: () => JSON.parse(stdout),
      jsonLines: () =>
        stdout
          .split('\n')
          .slice(0, -1)
          .map(line => JSON.parse(line)),
    };
  }
}
