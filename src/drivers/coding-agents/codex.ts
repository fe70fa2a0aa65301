// Codex: `codex exec --json`, one event a line. It says nothing of money, and counts tokens over the whole thread.

import fs from 'node:fs';
import path from 'node:path';
import type {Outcome} from '../../events/details/outcome.ts';
import {describeEnd} from '../describe-end.ts';
import type {AgentInput, Reckoning} from '../driver.ts';
import {
  classifyFailure,
  classifySilence,
  type FailureContext,
  isDeadConversation,
  type ProviderFailure,
} from '../failures.ts';
import {type Json, objectOf, parseObject, shorten, textOf} from '../json-line.ts';
import {
  type AgentCall,
  type AgentProtocol,
  type AgentReader,
  Denials,
  type Ending,
  type Launch,
  NO_CONVERSATION,
  type ProcessEnd,
  type ReaderSink,
} from '../protocol.ts';
import {judgeAnswer} from '../result.ts';
import {codexHome, readThreadTokens, tokensOf} from './codex-threads.ts';

const LOGIN = 'run `codex login`';
/** It tries for ever; so many failures in a row are enough. */
const MOST_RECONNECTS = 10;
const NETWORK = 'sandbox_workspace_write.network_access=true';

export const codexProtocol: AgentProtocol = {
  name: 'codex',
  program: 'codex',
  traits: {reportsCost: false, login: LOGIN},
  install: 'npm install -g @openai/codex',
  oldest: '0.60.0',
  launch,
  read: (call, sink) => new CodexReader(call, sink),
};

/** Options stand before `resume`, which knows fewer of them. */
function launch(call: AgentCall): Launch {
  const {conversation, model, effort, inherit} = call.agent;
  return {
    args: [
      ...['exec', '--json', '--skip-git-repo-check', '--output-schema', call.schemaFile],
      ...(model === undefined ? [] : ['--model', model]),
      ...settings(permissions(call.agent)),
      ...(effort === undefined ? [] : settings([`model_reasoning_effort=${JSON.stringify(effort)}`])),
      ...(inherit === 'project' ? withoutUser(call.env) : []),
      ...(conversation?.resume ? ['resume', conversation.id] : []),
      '-',
    ],
  };
}

function settings(values: readonly string[]): string[] {
  return values.flatMap(value => ['-c', value]);
}

/** Codex bounds what commands may touch, not which may run; `allow` can widen that, but not take it away. */
function permissions({permissions: preset, allow}: AgentInput): string[] {
  const never = 'approval_policy="never"';
  if (preset === 'full') return [never, 'sandbox_mode="danger-full-access"'];
  const widened = allow.filter(entry => entry.startsWith('sandbox_workspace_write.'));
  return [never, 'sandbox_mode="workspace-write"', ...(preset === 'project' ? [NETWORK] : []), ...widened];
}

/** The user's provider and login stay; his servers, hooks and notifier do not. */
function withoutUser(env: AgentCall['env']): string[] {
  const config = readUserConfig(env);
  if (config === undefined) return [];
  const headers = /^\s*\[mcp_servers\.([A-Za-z0-9_-]+)[^\n]*$/gm;
  const names = new Set([...config.matchAll(headers)].map(([, name]) => name as string));
  // Written in another way than usual: then nothing of the file.
  if (/^\s*[^#\n]*\bmcp_servers\b/m.test(config.replace(headers, ''))) return ['--ignore-user-config'];
  return settings(
    [...names].map(name => `mcp_servers.${name}.enabled=false`).concat('features.hooks=false', 'notify=[]'),
  );
}

function readUserConfig(env: AgentCall['env']): string | undefined {
  try {
    return fs.readFileSync(path.join(codexHome(env), 'config.toml'), 'utf8');
  } catch {
    return undefined; // codex itself says what is wrong with it
  }
}

class CodexReader implements AgentReader {
  readonly #denials: Denials;
  #message = '';
  /** How the last turn ended. */
  #turn: 'completed' | {failure: string} | undefined;
  #thread: string | undefined;
  /** Of the whole thread, as last said. */
  #tokens: number | undefined;
  #authFailures = 0;
  #reconnects = 0;
  /** The last error that did not end the turn. */
  #complaint: string | undefined;
  #hasBegun = false;
  /** The model has answered something. */
  #hasAnswered = false;

  constructor(
    private readonly call: AgentCall,
    private readonly sink: ReaderSink,
  ) {
    this.#denials = new Denials(call.agent);
    this.#thread = call.agent.conversation?.id;
  }

  private get agent(): AgentInput {
    return this.call.agent;
  }

  keepsLong(head: string): boolean {
    return head.includes('"type":"turn.') || head.includes('"agent_message"');
  }

  line(text: string): void {
    const event = parseObject(text);
    switch (event?.type) {
      case 'thread.started':
        this.#begin(textOf(event.thread_id));
        break;
      case 'item.started':
      case 'item.completed':
        this.#item(objectOf(event.item) ?? {});
        break;
      case 'turn.completed':
        this.#turn = 'completed';
        this.#tokens = tokensOf(objectOf(event.usage));
        break;
      case 'turn.failed':
        this.#turn = {failure: textOf(objectOf(event.error)?.message) ?? 'the turn failed'};
        break;
      case 'error':
        this.#complain(textOf(event.message) ?? 'an error');
    }
  }

  /** Before its turn is over it says nothing of it here, but in its own record of the thread. */
  reckon(): Reckoning {
    const isPartial = this.#turn !== 'completed';
    const {conversation} = this.agent;
    const before = conversation?.resume ? conversation.used?.tokens : 0;
    const recorded =
      isPartial && this.#thread !== undefined ? readThreadTokens(codexHome(this.call.env), this.#thread) : undefined;
    const inAll = recorded ?? this.#tokens;
    if (before === undefined || inAll === undefined) return {};
    return {usage: {tokens: Math.max(0, inAll - before)}, ...(isPartial && {isPartial})};
  }

  finish({exit, stderr}: ProcessEnd): Ending {
    const context = {now: this.sink.now(), login: LOGIN};
    if (!this.#hasBegun && /no rollout found|(?:thread|session|conversation) not found/i.test(stderr))
      return NO_CONVERSATION;
    if (this.#turn === 'completed') return judgeAnswer({text: this.#message}, this.agent.schema, this.#denials.all);
    const failure = this.#turn?.failure ?? this.#complaint;
    if (failure === undefined) return {kind: 'ended', outcome: classifySilence(describeEnd(exit), stderr, context)};
    const hasGoneOn = this.agent.conversation?.resume || this.#hasAnswered;
    const isDead = hasGoneOn && isDeadConversation(failureOf(failure));
    return {kind: isDead ? 'dead_conversation' : 'ended', outcome: judge(failure, context)};
  }

  /** It tells when it tries again. */
  refusal(): Outcome | undefined {
    return this.#complaint === undefined ? undefined : judge(this.#complaint, {now: this.sink.now(), login: LOGIN});
  }

  #begin(id: string | undefined): void {
    this.#hasBegun = true;
    this.#thread = id;
    if (id !== undefined && id !== this.agent.conversation?.id) this.agent.observe({kind: 'conversation', id});
  }

  #item(item: Json): void {
    this.#reconnects = 0;
    if (item.type !== 'error') {
      this.#complaint = undefined;
      this.#hasAnswered = true;
    }
    if (item.type === 'agent_message') this.#message = textOf(item.text) ?? '';
    const command = textOf(item.command);
    if (command !== undefined && item.status === 'declined')
      this.#denials.add(textOf(item.id), {tool: 'shell', input: shorten(command, 200), allow: NETWORK});
  }

  #complain(message: string): void {
    this.#complaint = message;
    const outcome = judge(message, {now: this.sink.now(), login: LOGIN});
    this.#authFailures = outcome.kind === 'auth' ? this.#authFailures + 1 : 0;
    if (message.startsWith('Reconnecting')) this.#reconnects++;
    if (this.#authFailures === 2 || this.#reconnects === MOST_RECONNECTS) this.sink.end(outcome);
  }
}

/** `Reconnecting... 2/5 (unexpected status 401 Unauthorized: …)`: its words are those of the last answer. */
function failureOf(message: string): ProviderFailure {
  const text = /^Reconnecting(?:\.{3}|…) \d+\/\d+ \((.*)\)$/s.exec(message)?.[1] ?? message;
  const status = /\bstatus:? (\d{3})\b/.exec(text)?.[1];
  // Of a request that it does not send again it hands on the answer as it came.
  const answer = objectOf(parseObject(text)?.error);
  if (answer)
    return {text: textOf(answer.message) ?? text, ...(answer.type === 'invalid_request_error' && {status: 400})};
  return {text, ...(status !== undefined && {status: Number(status)})};
}

/** Its words are those of HTTP: what they mean stands before them. */
const TITLES: Partial<Record<Outcome['kind'], string>> = {
  auth: 'the provider does not accept the login',
  quota: "the provider's quota is used up",
  overload: 'the provider is busy',
};

function judge(message: string, context: FailureContext): Outcome {
  const failure = failureOf(message);
  const outcome = classifyFailure(failure, context);
  const title = failure.status === undefined ? undefined : TITLES[outcome.kind];
  return title === undefined ? outcome : {...outcome, message: `${title}: ${outcome.message}`};
}
