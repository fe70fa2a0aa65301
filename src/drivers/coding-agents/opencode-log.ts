// OpenCode's own log. While the provider refuses it, it waits and tries again, for hours if need be, and says so nowhere
// else: `level=ERROR run=9f2badb5 message="stream error" session.id=ses_1 small=false error.error="AI_APICallError: …"`,
// in older versions `ERROR … service=llm … sessionID=ses_1 error={"error":{"statusCode":429,…}}`.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {readFrom} from '../../platform/attempt-log.ts';
import type {ProviderFailure} from '../failures.ts';

/** How the provider refuses it. */
export interface Complaint extends ProviderFailure {
  /** When the first one since it last got on was read; here and below in milliseconds since the Unix epoch. */
  at: number;
  /** When the last one was written. */
  loggedAt: number;
}

export interface OpencodeLogOptions {
  env: Readonly<Record<string, string>>;
  /** Of the attempt: runs in other folders are others'. */
  cwd: string;
  now(): number;
}

/** Between two polls. */
const POLL_MS = 1_000;
/** Read of one file at one poll; more is a log that somebody else floods. */
const MOST_BYTES = 1024 * 1024;

/** Follows what is added to the log since this was made, by whichever run of it may be ours. */
export class OpencodeLog {
  #complaint: Complaint | undefined;
  readonly #startedAt: number;
  /** When it last got on, in its own words. */
  #progressAt = 0;
  readonly #folder: string;
  readonly #offsets = new Map<string, number>();
  /** The run of ours, once it has named its folder. */
  #run: string | undefined;
  #polledAt = 0;

  constructor(private readonly options: OpencodeLogOptions) {
    const {env} = options;
    this.#startedAt = options.now();
    const data = env.XDG_DATA_HOME || path.join(env.HOME ?? os.homedir(), '.local', 'share');
    this.#folder = path.join(data, 'opencode', 'log');
    for (const [file, size] of this.#files()) this.#offsets.set(file, size);
  }

  /** What the provider answered last, unless the program has got on since. */
  get complaint(): Complaint | undefined {
    return this.#complaint;
  }

  /** It has got on. @param at As it says, in milliseconds since the Unix epoch. */
  noteProgress(at: number | undefined): void {
    this.#progressAt = this.#timeOf(at);
    if (this.#complaint && this.#complaint.loggedAt <= this.#progressAt) this.#complaint = undefined;
  }

  /** A time before the start is none of this run's. */
  #timeOf(at: number | undefined): number {
    return at !== undefined && at >= this.#startedAt ? at : this.options.now();
  }

  /** Read what is new, at most once a second unless `hurry`. @param session Ours, as soon as it is known. */
  poll(session: string | undefined, hurry = false): void {
    const now = this.options.now();
    if (!hurry && now - this.#polledAt < POLL_MS) return;
    this.#polledAt = now;
    for (const [file, size] of this.#files()) {
      const offset = this.#offsets.get(file) ?? 0;
      if (size <= offset) continue;
      const text = readFrom(file, offset, MOST_BYTES);
      const whole = text.lastIndexOf('\n') + 1;
      this.#offsets.set(file, whole === 0 ? size : offset + Buffer.byteLength(text.slice(0, whole)));
      for (const line of text.slice(0, whole || undefined).split('\n')) this.#line(line, session);
    }
  }

  #line(line: string, session: string | undefined): void {
    const run = /\brun=(\S+)/.exec(line)?.[1];
    if (line.includes(`directory=${this.options.cwd} `) || line.endsWith(`directory=${this.options.cwd}`))
      this.#run = run;
    if (!/\blevel=ERROR\b|^ERROR\b/.test(line) || !/stream error|service=llm|APICallError/.test(line)) return;
    // A title is made up by another model, whose limits are its own.
    if (/\bsmall=true\b/.test(line)) return;
    if (this.#run !== undefined && run !== undefined && run !== this.#run) return;
    const named = /\bsession(?:\.id|ID)=(\S+)/.exec(line)?.[1];
    if (session !== undefined && named !== undefined && named !== session) return;
    const loggedAt = this.#timeOf(timeIn(line));
    if (loggedAt < this.#progressAt) return;
    const status = /"?status(?:Code)?"?[=:]\s*(\d{3})\b/.exec(line)?.[1];
    const text =
      /error(?:\.error)?="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? /"message":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    this.#complaint = {
      text: (text ?? line).replace(/^(?:AI_)?APICallError:\s*/, '').replaceAll('\\"', '"'),
      ...(status !== undefined && {status: Number(status)}),
      at: this.#complaint?.at ?? this.options.now(),
      loggedAt,
    };
  }

  #files(): Array<[file: string, size: number]> {
    try {
      const names = fs.readdirSync(this.#folder).filter(name => name.endsWith('.log'));
      return names.map(name => path.join(this.#folder, name)).map(file => [file, fs.statSync(file).size]);
    } catch {
      return []; // none yet, or one that is just tidied away
    }
  }
}

function timeIn(line: string): number | undefined {
  const found = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?/.exec(line)?.[0];
  return found === undefined ? undefined : Date.parse(`${found}Z`);
}
