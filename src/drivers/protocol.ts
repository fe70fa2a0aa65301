// What differs from one coding agent to the next: how it is called, what it prints, and what that means.

import type {Denial} from '../events/details/attempt.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Exit} from '../platform/processes/start-group.ts';
import type {AgentInput, AgentTraits, DriverResult, Reckoning} from './driver.ts';

export interface AgentProtocol {
  readonly name: string;
  /** As it is found on the PATH, or an absolute path. */
  readonly program: string;
  readonly traits: AgentTraits;
  /** What a person runs to install or update the program. */
  readonly install: string;
  /** The oldest version that can be driven; absent: any, it is not asked. */
  readonly oldest?: string;
  launch(call: AgentCall): Launch;
  read(call: AgentCall, sink: ReaderSink): AgentReader;
}

/** One start of the program. */
export interface AgentCall {
  agent: AgentInput;
  cwd: string;
  /** Of the attempt. */
  env: Readonly<Record<string, string>>;
  /** A file that holds `agent.schema`. */
  schemaFile: string;
  isRoot: boolean;
}

export interface Launch {
  args: string[];
  /** Added to the environment of the attempt. */
  env?: Record<string, string>;
}

export interface ReaderSink {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** End the agent: what it will do is known already. The first call counts. */
  end(outcome: Outcome): void;
}

/** Understands what one process prints; tells `agent.observe` what is to be seen. */
export interface AgentReader {
  /** Whether a line that begins so is needed however long it is. */
  keepsLong(head: string): boolean;
  /** Never throws, whatever the line. */
  line(text: string): void;
  /** As far as it is known; asked once nothing follows. */
  reckon(): Reckoning;
  /** Look at what it writes elsewhere, a few times a second. */
  poll?(): void;
  /** What the provider has refused last, where it was still trying when it was ended for its silence or its time. */
  refusal?(stderr: string): Outcome | undefined;
  /** What it comes to, when it was not ended from outside. */
  finish(end: ProcessEnd): Ending;
}

export interface ProcessEnd {
  exit: Exit;
  /** The end of what it printed to stderr. */
  stderr: string;
}

/**
 * `no_conversation`: there is none to resume. `dead_conversation`: the provider does not take it any more, because it is
 * broken or too long, which says nothing about the work; `outcome` is what it comes to where a new one is no way out.
 */
export type Ending = DriverResult | {kind: 'no_conversation' | 'dead_conversation'; outcome: Outcome};

export const NO_CONVERSATION: Ending = {
  kind: 'no_conversation',
  outcome: {kind: 'failed', cause: 'agent', message: 'it speaks of a conversation that it was not given'},
};

/** Who tries more than this has been told often enough. */
const MOST_DENIALS = 100;

/** Denials, each told once. */
export class Denials {
  readonly #byId = new Map<string, Denial>();

  constructor(private readonly agent: AgentInput) {}

  /** @param id Of the call; undefined where it has none. */
  add(id: string | undefined, denial: Denial): void {
    const key = id ?? `${denial.tool} ${denial.input}`;
    if (this.#byId.has(key) || this.#byId.size >= MOST_DENIALS) return;
    this.#byId.set(key, denial);
    this.agent.observe({kind: 'denied', denial});
  }

  get all(): Denial[] {
    return [...this.#byId.values()];
  }
}

/** Whether `version` (any text with a number such as 1.2.3 in it) is at least `oldest`; one that says nothing is. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [have, need] = [numbersOf(version), numbersOf(oldest)];
  if (!have || !need) return true;
  const at = have.findIndex((number, index) => number !== need[index]);
  return at === -1 || have[at]! > need[at]!;
}

function numbersOf(version: string): number[] | undefined {
  return /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}
