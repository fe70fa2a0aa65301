import type {Outcome} from '../events/details/outcome.ts';
import type {Settings, Task} from '../plan/plan.ts';
import {didYouMean} from '../plan/suggest.ts';
import {AgentDriver} from './agent-process.ts';
import {claudeProtocol} from './coding-agents/claude.ts';
import {codexProtocol} from './coding-agents/codex.ts';
import {opencodeProtocol} from './coding-agents/opencode.ts';
import {commandProtocol} from './command.ts';
import {defaultDriver, PREFERRED_AGENTS} from './default-driver.ts';
import type {AgentTraits, Driver} from './driver.ts';
import {driverName} from './driver-name.ts';
import type {RefusalKind} from './failures.ts';
import {type Detected, findAgent, locateAgent, notInstalled} from './find-agent.ts';
import {MANUAL_DRIVER} from './manual.ts';
import type {AgentProtocol} from './protocol.ts';
import {shellDriver} from './shell.ts';

/**
 * Who does a task: a driver, a person, or somebody that this program does not know. `name` is as the plan has it;
 * several names may be one `driver` with other settings.
 */
export type DriverChoice =
  /**
   * `model`, `effort`: of a driver that config.yaml names; the task's own win. `isStandIn`: the one that the plan means
   * rests.
   */
  | {kind: 'driver'; name: string; driver: Driver; model?: string; effort?: string; isStandIn?: boolean}
  | {kind: 'manual'; name: string}
  | {kind: 'missing'; name: string; outcome: Outcome};

export interface DriverSetOptions {
  /** `drivers` of config.yaml. */
  drivers?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** The environment that milestone itself was started with. */
  env: Readonly<Record<string, string | undefined>>;
}

const PROTOCOLS: Record<(typeof PREFERRED_AGENTS)[number], AgentProtocol> = {
  claude: claudeProtocol,
  codex: codexProtocol,
  opencode: opencodeProtocol,
};
const AGENTS = PREFERRED_AGENTS.map(name => PROTOCOLS[name]);
const DRIVERS = new Map(AGENTS.map(protocol => [protocol.name, new AgentDriver(protocol)]));
const COMMAND = 'command';

/** A name, as far as it could be understood. */
type Named = {protocol: AgentProtocol; driver: Driver; model?: string; effort?: string} | {message: string};

/** All drivers that can be named; what is found is remembered, so that asking costs nothing. */
export class DriverSet {
  readonly #named = new Map<string, Named>();
  readonly #env: Record<string, string>;
  readonly #entries: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly #choices = new Map<string, DriverChoice>();
  #defaultName: string | undefined;

  constructor({drivers = {}, env}: DriverSetOptions) {
    this.#env = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    this.#entries = drivers;
    for (const {name} of AGENTS) this.#named.set(name, readEntry(name, {}));
    for (const [name, entry] of Object.entries(drivers)) this.#named.set(name, readEntry(name, entry));
  }

  /** The names that a plan can use. */
  get names(): string[] {
    return [...this.#named.keys(), MANUAL_DRIVER];
  }

  /**
   * Who does a task: the shell if it has a `run`, else the driver it names, else the inherited one, else the first
   * agent that is found, else a person.
   */
  choose(task: Task, settings: Pick<Settings, 'driver'>): DriverChoice {
    if (task.run !== undefined) return SHELL;
    return this.get(driverName(task, settings.driver ?? this.defaultName));
  }

  /** The same for what is done on another machine: nobody looks here whether the program is there. */
  chooseElsewhere(task: Task, settings: Pick<Settings, 'driver'>): DriverChoice {
    if (task.run !== undefined) return SHELL;
    const name = driverName(task, settings.driver ?? this.defaultName);
    const named = this.#named.get(name);
    return named && 'driver' in named ? chosen(name, named) : this.get(name);
  }

  /** What config.yaml says of a driver. */
  entryOf(name: string): Readonly<Record<string, unknown>> | undefined {
    return this.#entries[name];
  }

  /** What is used where no driver is named. */
  get defaultName(): string {
    this.#defaultName ??= defaultDriver(this.#env.PATH);
    return this.#defaultName;
  }

  get(name: string): DriverChoice {
    const known = this.#choices.get(name) ?? this.#find(name);
    this.#choices.set(name, known);
    return known;
  }

  /** Whose login and quota a name stands for: all names of one driver share them. */
  providerOf(name: string): string {
    const named = this.#named.get(name);
    return named && 'driver' in named ? named.driver.name : name;
  }

  /** Look again: what was not found may have been installed meanwhile, and the other way round. */
  refresh(): void {
    this.#defaultName = undefined;
    this.#choices.clear();
  }

  /** Why no program can be meant by a name, and what to do about it; undefined where one is. Looks for none. */
  explain(name: string): {message: string; hint: string} | undefined {
    if (name === MANUAL_DRIVER) return undefined;
    const named = this.#named.get(name) ?? {message: explainUnknown(name, this.names)};
    return 'message' in named ? {message: named.message, hint: this.#hintFor(name)} : undefined;
  }

  /** How a coding agent is driven; undefined for a person, and for a name that cannot be used. */
  protocolOf(name: string): AgentProtocol | undefined {
    const named = this.#named.get(name);
    return named && 'protocol' in named ? named.protocol : undefined;
  }

  /** What a coding agent has besides; undefined for a person, and for a name that cannot be used. */
  traitsOf(name: string): AgentTraits | undefined {
    return this.protocolOf(name)?.traits;
  }

  /** Whether a coding agent can be used, and in which version; runs its `--version`, for at most 20 seconds. */
  async detect(name: string): Promise<Detected> {
    const named = this.#named.get(name) ?? {message: explainUnknown(name, this.names)};
    if ('message' in named) return {kind: 'missing', message: named.message, hint: this.#hintFor(name)};
    return findAgent(named.protocol, this.#env);
  }

  #find(name: string): DriverChoice {
    if (name === MANUAL_DRIVER) return {kind: 'manual', name};
    const named = this.#named.get(name) ?? {message: explainUnknown(name, this.names)};
    if ('message' in named) return missing(name, named.message, this.#hintFor(name));
    const {protocol} = named;
    if (locateAgent(protocol, this.#env.PATH) !== undefined) return chosen(name, named);
    const {message, hint} = notInstalled(protocol);
    return missing(name, message, hint);
  }

  #hintFor(name: string): string {
    if (this.#named.has(name)) return `correct \`drivers.${name}\` in .milestones/config.yaml`;
    return (
      didYouMean(name, this.names) ?? `name one of them, or describe it under \`drivers\` in .milestones/config.yaml`
    );
  }
}

function chosen(name: string, {protocol: _, ...choice}: Extract<Named, {driver: Driver}>): DriverChoice {
  return {kind: 'driver', name, ...choice};
}

const SHELL: DriverChoice = {kind: 'driver', name: shellDriver.name, driver: shellDriver};

/** An entry of `drivers`; one that has the name of an agent need not name it again. */
function readEntry(name: string, entry: Readonly<Record<string, unknown>>): Named {
  const kind = entry.driver ?? (DRIVERS.has(name) ? name : undefined);
  const {model, effort, command} = entry;
  const settings = {...(typeof model === 'string' && {model}), ...(typeof effort === 'string' && {effort})};
  if (name === shellDriver.name || name === MANUAL_DRIVER)
    return {message: `\`${name}\` is the name of a driver that needs no description`};
  if (kind === COMMAND || (kind === undefined && command !== undefined)) {
    if (typeof command !== 'string' || command.trim() === '')
      return {message: `the driver \`${name}\` needs a \`command\` that reads the prompt from stdin`};
    const patterns = readPatterns(entry);
    if ('message' in patterns) return {message: `the driver \`${name}\` ${patterns.message}`};
    const protocol = commandProtocol({name, command, patterns});
    return {protocol, driver: new AgentDriver(protocol), ...settings};
  }
  const protocol = AGENTS.find(agent => agent.name === kind);
  const driver = protocol && DRIVERS.get(protocol.name);
  if (protocol && driver) return {protocol, driver, ...settings};
  const kinds = [...DRIVERS.keys(), COMMAND].map(known => `\`${known}\``).join(', ');
  const found = kind === undefined ? 'does not say which `driver` it is' : `is the unknown \`driver: ${String(kind)}\``;
  return {message: `the driver \`${name}\` ${found}; known are ${kinds}`};
}

const REFUSALS = ['quota', 'overload', 'auth'] as const satisfies readonly RefusalKind[];

/** How what it prints tells that its provider refuses it. */
function readPatterns(
  entry: Readonly<Record<string, unknown>>,
): Partial<Record<RefusalKind, RegExp>> | {message: string} {
  const patterns: Partial<Record<RefusalKind, RegExp>> = {};
  for (const kind of REFUSALS) {
    const source = entry[kind];
    if (source === undefined || source === null) continue;
    try {
      if (typeof source !== 'string' || source === '') throw new Error('it is no text');
      patterns[kind] = new RegExp(source, 'i');
    } catch (error) {
      return {message: `has a \`${kind}\` that is no regular expression: ${(error as Error).message}`};
    }
  }
  return patterns;
}

function missing(name: string, message: string, hint: string): DriverChoice {
  return {kind: 'missing', name, outcome: {kind: 'driver_missing', message, hint}};
}

function explainUnknown(name: string, names: readonly string[]): string {
  if (name === shellDriver.name) return 'the driver `shell` needs a command: the task has no `run`';
  return `the driver \`${name}\` is not known; known are \`${shellDriver.name}\` (tasks with \`run\`) and ${names.map(known => `\`${known}\``).join(', ')}`;
}
