// OpenCode: `opencode run --format json`, one event a line. A cost of 0 means that it knows no price.

import type {Usage} from '../../events/details/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import {describeEnd} from '../describe-end.ts';
import type {AgentInput, Reckoning} from '../driver.ts';
import {
  classifyFailure,
  classifySilence,
  isDeadConversation,
  kindOf,
  type ProviderFailure,
  type RefusalKind,
  refusalOf,
} from '../failures.ts';
import {type Json, numberOf, objectOf, parseObject, shorten, sumOf, textOf} from '../json-line.ts';
import {beginningOf, GIT_READING, isPlain, PROJECT_COMMANDS, partsOf} from '../permissions.ts';
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
import {OpencodeLog} from './opencode-log.ts';

const LOGIN = 'run `opencode auth login`';
const LONGEST_INPUT = 200;
/** How long it may try again without getting on: a limit for a minute, or a server that is restarted, passes by itself. */
const PATIENCE_MS: Record<RefusalKind, number> = {quota: 15_000, auth: 15_000, overload: 60_000};

export const opencodeProtocol: AgentProtocol = {
  name: 'opencode',
  program: 'opencode',
  traits: {reportsCost: true, login: LOGIN, isBoundToFolder: true},
  install: 'npm install -g opencode-ai',
  oldest: '1.0.0',
  launch,
  read: (call, sink) => new OpencodeReader(call, sink),
};

function launch({agent}: AgentCall): Launch {
  const {conversation, model, effort, inherit, permissions: preset} = agent;
  return {
    args: [
      ...['run', '--format', 'json'],
      ...(model === undefined ? [] : ['--model', model]),
      ...(effort === undefined ? [] : ['--variant', effort]),
      ...(conversation?.resume ? ['--session', conversation.id] : []),
      ...(inherit === 'project' ? ['--pure'] : []),
      ...(preset === 'full' ? ['--auto'] : []),
    ],
    env: {OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_PERMISSION: JSON.stringify(permissions(agent))},
  };
}

type Rule = 'allow' | 'deny' | Record<string, 'allow' | 'deny'>;

/** Its `permission` setting; of several patterns that fit, the last one decides. */
function permissions({permissions: preset, allow, commands}: AgentInput): Record<string, Rule> {
  if (preset === 'full') return {edit: 'allow', bash: 'allow', webfetch: 'allow', external_directory: 'allow'};
  const rules: Record<string, Rule> = {
    edit: 'allow',
    bash: {'*': 'deny'},
    webfetch: 'deny',
    websearch: 'deny',
    external_directory: 'deny',
  };
  const bash = rules.bash as Record<string, 'allow' | 'deny'>;
  if (preset === 'project') {
    for (const command of commands.flatMap(partsOf)) bash[command] = 'allow';
    for (const beginning of [...PROJECT_COMMANDS, ...GIT_READING])
      Object.assign(bash, {[beginning]: 'allow', [`${beginning} *`]: 'allow'});
  }
  for (const entry of allow) addRule(rules, entry);
  return rules;
}

/** `webfetch`, or `bash: npm test *`. What is spelled otherwise is meant for other agents. */
function addRule(rules: Record<string, Rule>, entry: string): void {
  const found = /^([a-z_]+)(?:: (.+))?$/.exec(entry);
  if (!found) return;
  const [, tool = '', pattern] = found;
  const before = rules[tool];
  if (pattern === undefined) rules[tool] = 'allow';
  else rules[tool] = {...(typeof before === 'string' ? {'*': before} : before), [pattern]: 'allow'};
}

class OpencodeReader implements AgentReader {
  readonly #denials: Denials;
  #text = '';
  #failure: ProviderFailure | undefined;
  #hasBegun = false;
  /** It has ended a step. */
  #hasFinished = false;
  /** It has begun a step, whose cost it tells at the end of it. */
  #isInStep = false;
  #usd = 0;
  #usage: Usage | undefined;

  readonly #log: OpencodeLog;
  #session: string | undefined;

  constructor(
    private readonly call: AgentCall,
    private readonly sink: ReaderSink,
  ) {
    this.#denials = new Denials(call.agent);
    this.#session = call.agent.conversation?.id;
    this.#log = new OpencodeLog({env: call.env, cwd: call.cwd, now: () => sink.now()});
  }

  private get agent(): AgentInput {
    return this.call.agent;
  }

  keepsLong(head: string): boolean {
    return /^\{"type":"(?:text|error|step_finish)"/.test(head);
  }

  line(text: string): void {
    const event = parseObject(text);
    const id = textOf(event?.sessionID);
    if (!event || id === undefined) return;
    if (!this.#hasBegun && id !== this.agent.conversation?.id) this.agent.observe({kind: 'conversation', id});
    this.#hasBegun = true;
    this.#session = id;
    this.#log.noteProgress(numberOf(event.timestamp));
    const part = objectOf(event.part) ?? {};
    if (event.type === 'step_start') this.#isInStep = true;
    if (event.type === 'text') this.#text = textOf(part.text) ?? '';
    if (event.type === 'tool_use') this.#tool(part);
    if (event.type === 'step_finish') this.#step(part);
    if (event.type === 'error') this.#failure = readError(objectOf(event.error) ?? {});
  }

  reckon(): Reckoning {
    return {...(this.#usage && {usage: this.#usage}), ...(this.#isInStep && {isPartial: true})};
  }

  finish({exit, stderr}: ProcessEnd): Ending {
    const context = {now: this.sink.now(), login: LOGIN};
    if (!this.#hasBegun && /session not found/i.test(stderr)) return NO_CONVERSATION;
    if (this.#failure) {
      const hasGoneOn = this.agent.conversation?.resume || this.#hasFinished;
      const isDead = hasGoneOn && isDeadConversation(this.#failure);
      return {kind: isDead ? 'dead_conversation' : 'ended', outcome: classifyFailure(this.#failure, context)};
    }
    // It ends in the middle of a step, without a word, where it would have to ask.
    const hasEnded = this.#hasFinished || this.#denials.all.length > 0;
    if (!hasEnded || exit.code !== 0)
      return {kind: 'ended', outcome: classifySilence(describeEnd(exit), stderr, context)};
    return judgeAnswer({text: this.#text}, this.agent.schema, this.#denials.all);
  }

  poll(): void {
    this.#log.poll(this.#session);
    const refusal = this.#refused();
    if (refusal && this.sink.now() - refusal.at >= PATIENCE_MS[refusal.outcome.kind]) this.sink.end(refusal.outcome);
  }

  refusal(): Outcome | undefined {
    this.#log.poll(this.#session, true);
    return this.#refused()?.outcome;
  }

  #refused() {
    const {complaint} = this.#log;
    const kind = complaint && kindOf(complaint);
    if (!complaint || kind === undefined) return undefined;
    return {outcome: refusalOf(kind, complaint, {now: this.sink.now(), login: LOGIN}), at: complaint.at};
  }

  #tool(part: Json): void {
    const state = objectOf(part.state) ?? {};
    const tool = textOf(part.tool) ?? 'a tool';
    const input = objectOf(state.input) ?? {};
    const command = textOf(input.command);
    const shown = shorten(command ?? textOf(input.filePath) ?? JSON.stringify(input), LONGEST_INPUT);
    const error = textOf(state.error);
    if (error === undefined || !/rejected permission|specified a rule which prevents/.test(error)) return;
    this.#denials.add(textOf(part.callID) ?? textOf(part.id), {
      tool,
      input: shown,
      allow: ruleFor(tool, command),
    });
  }

  /** What went wrong before has been overcome. */
  #step(part: Json): void {
    this.#hasFinished = true;
    this.#isInStep = false;
    this.#failure = undefined;
    const tokens = objectOf(part.tokens);
    this.#usd += numberOf(part.cost) ?? 0;
    const used = sumOf(tokens, 'input', 'output', 'reasoning') + sumOf(objectOf(tokens?.cache), 'read', 'write');
    this.#usage = {
      ...(this.#usd > 0 && {usd: this.#usd}),
      tokens: (this.#usage?.tokens ?? 0) + used,
      turns: (this.#usage?.turns ?? 0) + 1,
    };
    // After its last step there is nothing left to keep it from.
    if (part.reason !== 'stop') this.agent.observe({kind: 'usage', usage: this.#usage});
  }
}

function ruleFor(tool: string, command: string | undefined): string {
  if (command === undefined) return tool;
  return `${tool}: ${isPlain(command) ? `${beginningOf(command)} *` : command}`;
}

function readError(error: Json): ProviderFailure {
  const data = objectOf(error.data) ?? {};
  const name = textOf(error.name);
  return {
    text: textOf(data.message) ?? textOf(error.message) ?? name ?? 'an error that it does not name',
    status: numberOf(data.statusCode),
    error: name,
  };
}
