// Runs a coding agent, whichever: prompt in, lines out, an outcome at the end.
//
//   start ─> process waits for its prompt ─ begin() ─> works ─ exit, or cut ─> nothing of it is left ─> outcome
//              ^                                                                  │
//              └────────────── no conversation to resume: once more, fresh ───────┘
//
// Its stdout goes straight into the attempt's log, which is followed from there: what it prints survives the death of
// this process, and takes no memory here.

import type {Outcome} from '../events/details/outcome.ts';
import {appendNote, readTail, sizeOf, withAttemptLog} from '../platform/attempt-log.ts';
import {every} from '../platform/every.ts';
import {replaceFile} from '../platform/files.ts';
import {LineFollower} from '../platform/follow-lines.ts';
import {type SpawnFailure, type StartedGroup, startGroup} from '../platform/processes/start-group.ts';
import {describeLeftovers, onAbort, type Supervised, superviseGroup} from '../platform/processes/supervise.ts';
import {addUsage} from '../state/usage.ts';
import {closeAgentLog, errorFileOf, keepAgentPrompt, schemaFileOf} from './agent-log.ts';
import type {
  AgentInput,
  AgentTraits,
  AttemptInput,
  Driver,
  DriverResult,
  EndedAttempt,
  Reckoning,
  RunningAttempt,
  StopReason,
} from './driver.ts';
import {findAgent} from './find-agent.ts';
import {watchLimits} from './limits.ts';
import type {AgentCall, AgentProtocol, AgentReader, Ending} from './protocol.ts';

/** Between two reads of what it has printed. */
const POLL_MS = 200;
/** Bytes of stderr that an outcome may quote. */
const STDERR_BYTES = 4096;

/** A driver for the agent that a protocol describes. */
export class AgentDriver implements Driver {
  readonly name: string;
  readonly agent: AgentTraits;

  constructor(private readonly protocol: AgentProtocol) {
    this.name = protocol.name;
    this.agent = protocol.traits;
  }

  async start(input: AttemptInput): Promise<RunningAttempt | EndedAttempt> {
    if (!input.agent) throw new Error(`the agent ${this.name} was started without a prompt`);
    const found = await findAgent(this.protocol, input.env);
    if (found.kind === 'missing') return ended({kind: 'driver_missing', message: found.message, hint: found.hint});
    const run = await AgentProcess.start(this.protocol, {...input, agent: input.agent}, found.program);
    if (run.kind === 'ended') return run;
    const {pid, processStarted} = run.group;
    const end = this.#live(run, found.program);
    end.catch(() => {}); // told to whoever awaits it, who has other things to do first
    return {kind: 'running', pid, processStarted, begin: () => run.begin(), ended: end};
  }

  /** One process, and a second one if its conversation cannot go on. */
  async #live(run: AgentProcess, file: string): Promise<DriverResult> {
    const first = await run.ended;
    if (!needsNewConversation(first)) return first;
    const why = first.kind === 'no_conversation' ? 'there is no such conversation any more' : first.outcome.message;
    appendNote(run.input.logFile, `milestone: begins a new conversation: ${why}`);
    const fresh = await freshInput(run.input, this.agent);
    if (fresh.agent.conversation) fresh.agent.observe({kind: 'conversation', id: fresh.agent.conversation.id});
    const second = await AgentProcess.start(this.protocol, fresh, file);
    if (second.kind === 'ended') return second;
    second.begin();
    const last = await second.ended;
    const used = last.usage && addUsage(first.usage, last.usage);
    const ending: DriverResult = needsNewConversation(last) ? {...last, kind: 'ended'} : last;
    return used ? {...ending, usage: used} : ending;
  }
}

function needsNewConversation(end: Concluded): end is Concluded & {kind: 'no_conversation' | 'dead_conversation'} {
  return end.kind === 'no_conversation' || end.kind === 'dead_conversation';
}

type Input = AttemptInput & {agent: AgentInput};

/** A new conversation knows nothing of what the old one was told. */
async function freshInput(input: Input, traits: AgentTraits): Promise<Input> {
  const {conversation: _, ...agent} = input.agent;
  const id = traits.newConversation?.();
  const prompt = (await agent.freshPrompt?.()) ?? agent.prompt;
  return {...input, agent: {...agent, prompt, ...(id !== undefined && {conversation: {id, resume: false}})}};
}

type Cut = Pick<StopReason, 'outcome' | 'immediate'>;

/** How a process ended, with what it has used. */
type Concluded = Ending & Reckoning;

/** One process of an agent, from its start to the end of everything that it has started. */
class AgentProcess {
  readonly kind = 'running';
  readonly ended: Promise<Concluded>;
  readonly #reader: AgentReader;
  readonly #lines: LineFollower;
  #end: (cut: Cut) => void = () => {};

  private constructor(
    readonly group: StartedGroup,
    readonly input: Input,
    call: AgentCall,
    protocol: AgentProtocol,
    offset: number,
  ) {
    this.#reader = protocol.read(call, {
      now: () => input.clock.now(),
      end: outcome => this.#end({outcome, immediate: false}),
    });
    this.#lines = new LineFollower(input.logFile, {
      offset,
      keepsLong: head => this.#reader.keepsLong(head),
      onLine: line => this.#reader.line(line),
    });
    group.stdin?.on('error', () => {}); // it may end without reading: how it ends tells why
    this.ended = this.#live();
  }

  /** @throws {MilestoneError} when the log cannot be written. */
  static async start(protocol: AgentProtocol, input: Input, file: string): Promise<AgentProcess | EndedAttempt> {
    const {agent, cwd, env, logFile} = input;
    const call: AgentCall = {
      agent,
      cwd,
      env,
      schemaFile: schemaFileOf(input.logFile),
      isRoot: process.getuid?.() === 0,
    };
    replaceFile(call.schemaFile, JSON.stringify(agent.schema), {durable: false, mode: 0o600});
    keepAgentPrompt(logFile, agent.prompt);
    const {args, env: added = {}} = protocol.launch(call);
    const offset = sizeOf(logFile);
    const group = await startInto(logFile, {file, args, cwd, env: {...env, ...added}});
    if (group.kind === 'started') return new AgentProcess(group, input, call, protocol, offset);
    closeAgentLog(input.logFile);
    return ended({kind: 'failed', cause: 'setup', message: `could not be started: ${group.message}`});
  }

  /** Hand over the prompt. */
  begin(): void {
    this.group.stdin?.end(this.input.agent.prompt);
  }

  async #live(): Promise<Concluded> {
    const {token, clock, hurry} = this.input;
    const over = new AbortController();
    const settling = superviseGroup<Cut>(this.group, {
      token,
      clock,
      hurry,
      arm: end => this.#armCuts(end),
      isImmediate: cut => cut.immediate,
    });
    const following = every(POLL_MS, {clock, signal: over.signal}, () => this.#poll());
    following.catch(() => this.#end({outcome: UNREADABLE, immediate: true}));
    try {
      const supervised = await settling;
      over.abort();
      await following;
      await this.#lines.finish();
      return this.#conclude(supervised);
    } finally {
      over.abort();
      this.group.stdin?.destroy();
      closeAgentLog(this.input.logFile);
    }
  }

  async #poll(): Promise<void> {
    await this.#lines.poll();
    this.#reader.poll?.();
  }

  #armCuts(end: (cut: Cut) => void): () => void {
    this.#end = end;
    const endWatch = watchLimits(this.input, outcome => end({outcome, immediate: false}));
    const disarm = onAbort(this.input.stop, reason => end(reason as StopReason));
    return () => {
      endWatch();
      disarm();
    };
  }

  #conclude(supervised: Supervised<Cut>): Concluded {
    const note = describeLeftovers(supervised);
    const ending = this.#endingOf(supervised);
    if (note) appendNote(this.input.logFile, note);
    return {...ending, ...this.#reader.reckon()};
  }

  #endingOf({cut, exit}: Supervised<Cut>): Ending {
    if (cut) return ended(this.#explain(cut.reason.outcome));
    const ending = this.#reader.finish({exit, stderr: this.#stderr});
    const isResumed = this.input.agent.conversation?.resume;
    if (ending.kind !== 'no_conversation' || isResumed) return ending;
    return ended(ending.outcome);
  }

  get #stderr(): string {
    return readTail(errorFileOf(this.input.logFile), STDERR_BYTES);
  }

  /** Who waits in silence for a provider that refuses him has not failed. */
  #explain(outcome: Outcome): Outcome {
    if (outcome.kind !== 'failed' || (outcome.cause !== 'timeout' && outcome.cause !== 'stalled')) return outcome;
    const refusal = this.#reader.refusal?.(this.#stderr);
    return refusal && refusal.kind !== 'failed' ? refusal : outcome;
  }
}

/** Thrown away: the failure itself is thrown as soon as nothing runs any more. */
const UNREADABLE: Outcome = {kind: 'failed', cause: 'agent', message: 'its log could not be read'};

function startInto(
  logFile: string,
  command: {file: string; args: string[]; cwd: string; env: Record<string, string>},
): Promise<StartedGroup | SpawnFailure> {
  return withAttemptLog(logFile, outputFd =>
    withAttemptLog(errorFileOf(logFile), errorFd => startGroup({...command, outputFd, errorFd, stdin: 'pipe'}), {
      fresh: true,
    }),
  );
}

function ended(outcome: Outcome): EndedAttempt {
  return {kind: 'ended', outcome};
}
