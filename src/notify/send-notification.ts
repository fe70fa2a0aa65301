// One message to one channel: a command that reads it, or a server that it is posted to.

import type {Clock} from '../platform/clock.ts';
import {firstLine} from '../platform/first-line.ts';
import {describeExit, describeSpawnFailure} from '../platform/processes/start-group.ts';

/** One of `command` and `webhook`. */
export interface NotifyChannel {
  command?: string;
  webhook?: string;
  /** Names of events; absent: those that matter to most. */
  events?: string[];
}

export interface SendOptions {
  clock: Clock;
  /** Where commands run. */
  cwd: string;
  /** The whole environment of commands. */
  env: Readonly<Record<string, string | undefined>>;
  /** Gives up what is under way. */
  signal: AbortSignal;
}

/** `message` says what the channel did instead. */
export type Delivery = {ok: true} | {ok: false; message: string};

const COMMAND_MS = 30_000;
const POST_MS = 10_000;
const RETRY_AFTER_MS = 1_000;
/** For the last words of a command that has ended; what it left running may hold its output open. */
const LAST_WORDS_MS = 200;
const STDERR_KEPT = 2048;
const SHELL = '/bin/sh';
const SENT: Delivery = {ok: true};

/** Send a message, which is JSON. Never rejects. */
export async function sendNotification(channel: NotifyChannel, body: string, options: SendOptions): Promise<Delivery> {
  const {command, webhook} = channel;
  if (command !== undefined) return within(COMMAND_MS, options, cut => run(command, body, options, cut));
  if (webhook === undefined) return failed('names neither a command nor an address');
  const tryToPost = () => within(POST_MS, options, cut => post(webhook, body, cut));
  const first = await tryToPost();
  if (first.ok || options.signal.aborted) return first;
  await options.clock.sleep(RETRY_AFTER_MS, options.signal).catch(() => undefined);
  return options.signal.aborted ? first : tryToPost();
}

/** Give `work` so much time, then end it by its signal. */
async function within(
  ms: number,
  {clock, signal}: SendOptions,
  work: (cut: AbortSignal) => Promise<Delivery>,
): Promise<Delivery> {
  const [done, late] = [new AbortController(), new AbortController()];
  void clock.sleep(ms, AbortSignal.any([done.signal, signal])).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const delivery = await work(AbortSignal.any([late.signal, signal]));
    if (delivery.ok || !(late.signal.aborted || signal.aborted)) return delivery;
    return failed(late.signal.aborted ? `took longer than ${ms / 1000} s` : 'was not done when the execution ended');
  } catch (error) {
    return failed(`failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    done.abort();
  }
}

let loaded: Promise<typeof import('execa')> | undefined;

function loadExeca(): Promise<typeof import('execa')> {
  loaded ??= import('execa');
  return loaded;
}

/** Load what runs commands, before an update of the program takes it away: only who has such a channel needs it. */
export function prepareToSend(channels: readonly NotifyChannel[]): void {
  if (!channels.some(({command}) => command !== undefined)) return;
  loadExeca().catch(() => undefined); // who sends is told
}

async function run(command: string, body: string, {cwd, env, clock}: SendOptions, cut: AbortSignal): Promise<Delivery> {
  const {execa} = await loadExeca();
  const subprocess = execa(SHELL, ['-c', command], {
    cwd,
    env: {...(env as Record<string, string>), PWD: cwd},
    extendEnv: false,
    input: body,
    stdout: 'ignore',
    buffer: false,
    detached: true,
    cleanup: false, // its whole group is ended
    reject: false,
  });
  const {pid} = subprocess;
  if (pid === undefined) return failed(describeSpawnFailure((await subprocess).cause, {file: SHELL, cwd}).message);
  let stderr = '';
  subprocess.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_KEPT);
  });
  const end = () => endGroup(pid);
  cut.addEventListener('abort', end);
  const exited = new Promise<Delivery>(resolve => {
    subprocess.once('exit', (code, signal) => resolve(code === 0 ? SENT : failed(describeExit({code, signal}))));
  });
  if (cut.aborted) end();
  const delivery = await exited;
  cut.removeEventListener('abort', end);
  if (delivery.ok) return delivery;
  await Promise.race([subprocess, clock.sleep(LAST_WORDS_MS, cut).catch(() => undefined)]);
  return stderr.trim() === '' ? delivery : failed(`${delivery.message}: ${firstLine(stderr)}`);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {} // it has just ended
}

async function post(url: string, body: string, cut: AbortSignal): Promise<Delivery> {
  if (!/^https?:\/\//.test(url)) return failed('is no http or https address');
  try {
    // A redirected POST would arrive as a GET without its message.
    const headers = {'content-type': 'application/json'};
    const response = await fetch(url, {method: 'POST', headers, body, signal: cut, redirect: 'manual'});
    await response.body?.cancel();
    return response.ok ? SENT : failed(`answered ${response.status} ${response.statusText}`.trimEnd());
  } catch (error) {
    const {message, cause} = error as Error;
    return failed(`failed: ${cause instanceof Error && cause.message !== '' ? cause.message : message}`);
  }
}

function failed(message: string): Delivery {
  return {ok: false, message};
}
