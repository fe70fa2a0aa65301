import type {Outcome} from '../events/event.ts';
import type {Settings, Task} from '../milestone/plan.ts';
import {didYouMean} from '../milestone/suggest.ts';
import {AgentDriver} from './agent-process.ts';
import {claudeProtocol} from './claude.ts';
import {codexProtocol} from './codex.ts';
import {commandProtocol} from './command.ts';
import type {Driver} from './driver.ts';
import {driverName} from './driver-name.ts';
import {type Detected, findAgent, locateAgent, notInstalled} from './find-agent.ts';
import {MANUAL_DRIVER} from './manual.ts';
import {opencodeProtocol} from './opencode.ts';
import type {AgentProtocol} from './protocol.ts';
import {shellDriver} from './shell.ts';

/**
 * Who does a task: a driver, a person, or somebody that this program does not know. `name` is as the plan has it;
 * several names may be one `driver` with other settings.
 */
export type DriverChoice =
  /** `model`, `effort`: of a driver that config.yaml names; the task's own win. */
  | {kind: 'driver'; name: string; driver: Driver; model?: string; effort?: string}
  | {kind: 'manual'; name: string}
  | {kind: 'missing'; name: string; outcome: Outcome};

export interface DriverSetOptions {
  /** `drivers` of config.yaml. */
  drivers?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** The environment that milestone itself was started with. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The first of these that is installed does what no driver is named for. */
const AGENTS: readonly AgentProtocol[] = [claudeProtocol, codexProtocol, opencodeProtocol];
const DRIVERS = new Map(AGENTS.map(protocol => [protocol.name, new AgentDriver(protocol)]));
const COMMAND = 'command';

/** A name, as far as it could be understood. */
type Named = {protocol: AgentProtocol; driver: Driver; model?: string; effort?: string} | {message: string};

/** All drivers that can be named; what is found is remembered, so that asking costs nothing. */
export class DriverSet {
  readonly #named = new Map<string, Named>();
  readonly #env: Record<string, string>;
  readonly #choices = new Map<string, DriverChoice>();
  #defaultName: string | undefined;

  constructor({drivers = {}, env}: DriverSetOptions) {
    this.#env = Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
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

  /** What is used where no driver is named. */
  get defaultName(): string {
    this.#defaultName ??= AGENTS.find(protocol => locateAgent(protocol, this.#env.PATH))?.name ?? MANUAL_DRIVER;
    return this.#defaultName;
  }

  get(name: string): DriverChoice {
    const known = this.#choices.get(name) ?? this.#find(name);
    this.#choices.set(name, known);
    return known;
  }

  /** Forget what was not found: it may have been installed meanwhile. */
  refresh(): void {
    this.#defaultName = undefined;
    for (const [name, {kind}] of this.#choices) if (kind === 'missing') this.#choices.delete(name);
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
    const {protocol, ...choice} = named;
    if (locateAgent(protocol, this.#env.PATH) !== undefined) return {kind: 'driver', name, ...choice};
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

const SHELL: DriverChoice = {kind: 'driver', name: shellDriver.name, driver: shellDriver};

/** Without a config.yaml, in the environment of this process. */
export function chooseDriver(task: Task, settings: Pick<Settings, 'driver'>): DriverChoice {
  own ??= new DriverSet({env: process.env});
  return own.choose(task, settings);
}

let own: DriverSet | undefined;

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
    const protocol = commandProtocol({name, command});
    return {protocol, driver: new AgentDriver(protocol), ...settings};
  }
  const protocol = AGENTS.find(agent => agent.name === kind);
  const driver = protocol && DRIVERS.get(protocol.name);
  if (protocol && driver) return {protocol, driver, ...settings};
  const kinds = [...DRIVERS.keys(), COMMAND].map(known => `\`${known}\``).join(', ');
  const found = kind === undefined ? 'does not say which `driver` it is' : `is the unknown \`driver: ${String(kind)}\``;
  return {message: `the driver \`${name}\` ${found}; known are ${kinds}`};
}

function missing(name: string, message: string, hint: string): DriverChoice {
  return {kind: 'missing', name, outcome: {kind: 'driver_missing', message, hint}};
}

function explainUnknown(name: string, names: readonly string[]): string {
  if (name === shellDriver.name) return 'the driver `shell` needs a command: the task has no `run`';
  return `the driver \`${name}\` is not known; known are \`${shellDriver.name}\` (tasks with \`run\`) and ${names.map(known => `\`${known}\``).join(', ')}`;
}
