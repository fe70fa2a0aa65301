// Any other agent: a shell command that reads the prompt from stdin. Exit code 0 is its claim. What its provider refuses
// stands in what it prints: `quota`, `overload` and `auth` of its entry say how, else common words do.

import type {Outcome} from '../events/details/outcome.ts';
import {describeExit} from '../platform/processes/start-group.ts';
import type {Reckoning} from './driver.ts';
import {classifyFailure, isComplaint, type RefusalKind, refusalOf} from './failures.ts';
import type {AgentProtocol, AgentReader, Ending, ProcessEnd, ReaderSink} from './protocol.ts';
import {findObject, judgeAnswer, RESULT_SCHEMA, readResult} from './result.ts';

/** Lines that may hold its last words. */
const LINES_KEPT = 500;
const CHARACTERS_KEPT = 256 * 1024;
/** Common words are looked for in so many of its last lines: further up it may speak of anything. */
const LAST_LINES = 5;

export interface CommandOptions {
  name: string;
  /** For `/bin/sh`. */
  command: string;
  /** What a line says in which its provider refuses it, whatever the exit code. */
  patterns?: Partial<Record<RefusalKind, RegExp>>;
}

export function commandProtocol({name, command, patterns = {}}: CommandOptions): AgentProtocol {
  const login = `log in as \`${command}\` wants it`;
  return {
    name,
    program: '/bin/sh',
    traits: {reportsCost: false, login},
    install: 'see `drivers` in .milestones/config.yaml',
    launch: () => ({args: ['-c', command]}),
    read: (call, sink) => new CommandReader(call.agent.schema, {sink, login, patterns}),
  };
}

interface Reading {
  sink: ReaderSink;
  login: string;
  patterns: Partial<Record<RefusalKind, RegExp>>;
}

class CommandReader implements AgentReader {
  #lines: string[] = [];
  #length = 0;

  constructor(
    private readonly schema: object,
    private readonly reading: Reading,
  ) {}

  keepsLong(): boolean {
    return false;
  }

  line(text: string): void {
    this.#lines.push(text);
    this.#length += text.length;
    while (this.#lines.length > LINES_KEPT || (this.#length > CHARACTERS_KEPT && this.#lines.length > 1))
      this.#length -= this.#lines.shift()!.length;
  }

  reckon(): Reckoning {
    return {};
  }

  refusal(stderr: string): Outcome | undefined {
    return this.#byPattern(stderr) ?? this.#byWords(stderr);
  }

  finish({exit, stderr}: ProcessEnd): Ending {
    const text = this.#lines.join('\n');
    const result = this.schema === RESULT_SCHEMA ? readResult(findObject(text)) : undefined;
    if (exit.code === 0 && result) return judgeAnswer({text}, this.schema, []);
    const refused = this.#byPattern(stderr) ?? (exit.code === 0 ? undefined : this.#byWords(stderr));
    if (refused) return {kind: 'ended', outcome: refused};
    if (exit.code !== 0 && result?.status !== 'blocked') return {kind: 'ended', outcome: failed({exit})};
    // It was not told of the schema by an option: an end without a result is nothing unusual.
    if (this.schema === RESULT_SCHEMA && !result) return {kind: 'claimed', claim: {}};
    return judgeAnswer({text}, this.schema, []);
  }

  /** What a person has said that it means. */
  #byPattern(stderr: string): Outcome | undefined {
    const patterns = Object.entries(this.reading.patterns) as Array<[RefusalKind, RegExp]>;
    for (const line of [...stderr.split('\n'), ...this.#lines].reverse()) {
      const kind = patterns.find(([, pattern]) => pattern.test(line))?.[0];
      if (kind !== undefined) return refusalOf(kind, {text: line}, this.#context);
    }
    return undefined;
  }

  #byWords(stderr: string): Outcome | undefined {
    const lines = [...lastLines(this.#lines), ...lastLines(stderr.split('\n'))].reverse();
    const outcomes = lines.filter(isComplaint).map(text => classifyFailure({text}, this.#context));
    const refused = outcomes.find(({kind}) => kind !== 'failed');
    return refused?.kind === 'quota' ? {...refused, guessed: true} : refused;
  }

  get #context() {
    return {now: this.reading.sink.now(), login: this.reading.login};
  }
}

function lastLines(lines: readonly string[]): string[] {
  return lines.filter(line => line.trim() !== '').slice(-LAST_LINES);
}

function failed({exit}: Pick<ProcessEnd, 'exit'>): Outcome {
  return {
    kind: 'failed',
    cause: 'exit',
    message: describeExit(exit),
    ...(exit.code !== null && {exit_code: exit.code}),
    ...(exit.signal !== null && {signal: exit.signal}),
  };
}
