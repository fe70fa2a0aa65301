// Claude Code: `claude -p`, one JSON event a line.
//
// Its exit code and `subtype` are wrong in both directions: an answer of the provider that is an error comes as
// `success`, a budget that is used up as exit 1. The last `result` decides; there can be several, because a command in
// the background that ends after the first one starts another turn.

import {randomUUID} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type {Denial} from '../../events/details/attempt.ts';
import type {Usage} from '../../events/details/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import {addUsage} from '../../state/usage.ts';
import {describeEnd} from '../describe-end.ts';
import type {AgentInput, Reckoning} from '../driver.ts';
import {
  classifyFailure,
  classifySilence,
  type FailureContext,
  isDeadConversation,
  type ProviderFailure,
} from '../failures.ts';
import {type Json, numberOf, objectOf, objectsOf, parseObject, shorten, textOf} from '../json-line.ts';
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
import {claudeDenial, claudePermissions} from './claude-permissions.ts';
import {addResult, priceOf, tokensOf} from './claude-usage.ts';

const LOGIN = 'run `claude`, then `/login`';
const LONGEST_ERROR = 100;
/** Calls of tools that may yet turn out to be denied, and answers that may yet go on. */
const REMEMBERED = 200;

export const claudeProtocol: AgentProtocol = {
  name: 'claude',
  program: 'claude',
  traits: {reportsCost: true, login: LOGIN, newConversation: () => randomUUID()},
  install: 'npm install -g @anthropic-ai/claude-code',
  oldest: '2.1.0',
  launch,
  read: (call, sink) => new ClaudeReader(call.agent, sink),
};

function launch(call: AgentCall): Launch {
  const {conversation, model, effort, budget, inherit, schema} = call.agent;
  return {
    args: [
      ...['-p', '--output-format', 'stream-json', '--verbose'],
      ...(conversation ? [conversation.resume ? '--resume' : '--session-id', conversation.id] : []),
      ...(model === undefined ? [] : ['--model', model]),
      ...(effort === undefined ? [] : ['--effort', effort]),
      ...(budget.turns === undefined ? [] : ['--max-turns', String(Math.max(1, Math.floor(budget.turns)))]),
      ...(budget.usd === undefined ? [] : ['--max-budget-usd', String(budget.usd)]),
      ...(inherit === 'project'
        ? ['--setting-sources', 'project', '--strict-mcp-config', ...projectServers(call)]
        : []),
      ...['--json-schema', JSON.stringify(schema)],
      ...claudePermissions(call),
    ],
    env: {DISABLE_AUTOUPDATER: '1'},
  };
}

/** With `--strict-mcp-config` even the project's own have to be named. */
function projectServers({cwd, agent}: AgentCall): string[] {
  const file = path.join(cwd, '.mcp.json');
  return agent.permissions !== 'edit' && fs.existsSync(file) ? ['--mcp-config', file] : [];
}

class ClaudeReader implements AgentReader {
  readonly #denials: Denials;
  /** By id of the call, the latest last. */
  readonly #calls = new Map<string, Denial>();
  #authFailures = 0;
  /** What the provider has answered to the request that it tries again. */
  #waitsFor: ProviderFailure | undefined;
  #last: Json | undefined;
  /** `error` of the last answer that was one. */
  #error: string | undefined;
  /** Seconds since the Unix epoch at which a used up limit ends, if that is said. */
  #resetsAt: number | undefined;
  /** Answers of the model, by id: each comes in several events. */
  readonly #answers = new Set<string>();
  /** Of the answers so far. */
  #tokens = 0;
  /** What results have reported. */
  #usage: Usage | undefined;
  /** What answers since the last result have used; what each has put out is not known in full before the next. */
  #unreported = {tokens: 0, turns: 0, usd: 0};

  constructor(
    private readonly agent: AgentInput,
    private readonly sink: ReaderSink,
  ) {
    this.#denials = new Denials(agent);
  }

  keepsLong(head: string): boolean {
    return head.includes('"type":"result"');
  }

  line(text: string): void {
    const event = parseObject(text);
    if (event?.type === 'system') this.#system(event);
    if (event?.type === 'rate_limit_event') this.#limit(objectOf(event.rate_limit_info) ?? {});
    if (event?.type === 'assistant') this.#assistant(event);
    if (event?.type === 'result') this.#result(event);
  }

  reckon(): Reckoning {
    const {usd, ...seen} = this.#unreported;
    if (seen.turns === 0) return this.#usage ? {usage: this.#usage} : {};
    // Money is left out: it would be less than what it was.
    const {usd: reported = 0, ...before} = this.#usage ?? {};
    return {usage: addUsage(before, seen), isPartial: true, priced: {usd: reported + usd}};
  }

  finish({exit, stderr}: ProcessEnd): Ending {
    const last = this.#last;
    if (!last) {
      if (isUnknown(stderr)) return NO_CONVERSATION;
      return {kind: 'ended', outcome: classifySilence(describeEnd(exit), stderr, this.#context)};
    }
    const text = textOf(last.result) ?? '';
    const errors = Array.isArray(last.errors) ? last.errors.flatMap(error => textOf(error) ?? []) : [];
    if (errors.some(isUnknown)) return NO_CONVERSATION;
    const limit = ownLimit(last.subtype);
    if (limit) return {kind: 'ended', outcome: limit};
    if (last.is_error === true || last.subtype !== 'success') {
      const told = text || errors[0] || `it ended with \`${textOf(last.subtype) ?? 'an unknown result'}\``;
      return this.#refusal({text: told, status: numberOf(last.api_error_status), error: this.#error});
    }
    // Older versions end in success with nothing but these words.
    if (last.structured_output === undefined && /^Claude (?:AI )?usage limit reached/.test(text))
      return this.#refusal({text});
    return judgeAnswer({structured: last.structured_output, text}, this.agent.schema, this.#denials.all);
  }

  get #context(): FailureContext {
    return {now: this.sink.now(), login: LOGIN, resetsAt: this.#resetsAt};
  }

  /** It tells when it waits for the provider; a result of it would have come after minutes. */
  refusal(): Outcome | undefined {
    return this.#waitsFor === undefined ? undefined : classifyFailure(this.#waitsFor, this.#context);
  }

  #refusal(failure: ProviderFailure): Ending {
    const outcome = classifyFailure(failure, this.#context);
    const hasGoneOn = this.agent.conversation?.resume || this.#answers.size > 0;
    return {kind: hasGoneOn && isDeadConversation(failure) ? 'dead_conversation' : 'ended', outcome};
  }

  #system(event: Json): void {
    const {agent} = this;
    if (event.subtype === 'init') {
      const id = textOf(event.session_id);
      if (id !== undefined && id !== agent.conversation?.id) agent.observe({kind: 'conversation', id});
    }
    if (event.subtype === 'api_retry') this.#retry(event);
    if (event.subtype === 'permission_denied') this.#denied(textOf(event.tool_use_id), event);
  }

  /** Newer versions leave the input out: it is that of the call. */
  #denied(id: string | undefined, {tool_name, tool_input}: Json): void {
    const tool = textOf(tool_name);
    const told = tool !== undefined && tool_input !== undefined ? claudeDenial(tool, tool_input) : undefined;
    const denial = told ?? this.#calls.get(id ?? '');
    if (denial) this.#denials.add(id, denial);
  }

  /** It would go on for minutes; who is not logged in will not be by the next try. */
  #retry(event: Json): void {
    const error = textOf(event.error) ?? 'unknown';
    this.#waitsFor = {text: `the provider refuses it: ${shorten(error, LONGEST_ERROR)}`, error};
    this.#authFailures = error === 'authentication_failed' ? this.#authFailures + 1 : 0;
    if (this.#authFailures === 2)
      this.sink.end({kind: 'auth', message: 'the provider does not accept the login', hint: LOGIN});
  }

  #limit(limit: Json): void {
    this.#resetsAt = limit.status === 'rejected' ? numberOf(limit.resetsAt) : undefined;
  }

  #assistant(event: Json): void {
    this.#error = textOf(event.error);
    if (this.#error === undefined) this.#authFailures = 0;
    this.#waitsFor = undefined;
    const message = objectOf(event.message);
    if (this.#error === undefined) this.#count(message ?? {});
    for (const block of objectsOf(message?.content)) if (block.type === 'tool_use') this.#call(block);
  }

  #count(message: Json): void {
    const usage = objectOf(message.usage);
    const id = textOf(message.id);
    if (id === undefined) return;
    const isNew = !this.#answers.has(id);
    this.#unreported.usd += priceOf(message, isNew ? usage : undefined);
    if (!isNew) return;
    this.#answers.add(id);
    forgetOldest(this.#answers);
    const tokens = tokensOf(usage);
    this.#unreported.tokens += tokens;
    this.#unreported.turns++;
    this.#tokens += tokens;
    this.agent.observe({kind: 'usage', usage: {tokens: this.#tokens}});
  }

  #call(block: Json): void {
    this.#calls.set(textOf(block.id) ?? '', claudeDenial(textOf(block.name) ?? 'a tool', block.input));
    forgetOldest(this.#calls);
  }

  #result(event: Json): void {
    this.#last = event;
    for (const denied of objectsOf(event.permission_denials)) this.#denied(textOf(denied.tool_use_id), denied);
    this.#usage = addResult(this.#usage, event);
    this.#unreported = {tokens: 0, turns: 0, usd: 0};
  }
}

function forgetOldest(ids: Pick<Map<string, unknown>, 'size' | 'delete' | 'keys'>): void {
  const [oldest] = ids.keys();
  if (ids.size > REMEMBERED && oldest !== undefined) ids.delete(oldest);
}

function ownLimit(subtype: unknown): Outcome | undefined {
  if (subtype === 'error_max_turns') return {kind: 'budget', message: 'used up the turns that it was given'};
  if (subtype === 'error_max_budget_usd') return {kind: 'budget', message: 'used up the money that it was given'};
  return undefined;
}

function isUnknown(text: string): boolean {
  return text.includes('No conversation found');
}
