// The seam to whoever does the work of an attempt. A driver starts something, lives through it and says how it ended;
// it records nothing and decides nothing: a claim is checked by others.

import type {Claim, Denial} from '../events/details/attempt.ts';
import type {Usage} from '../events/details/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Budget, Task} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import type {Shell} from '../platform/processes/shell-call.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';

export interface Driver {
  readonly name: string;
  /** What a coding agent has besides; absent for the shell. */
  readonly agent?: AgentTraits;
  /**
   * Start an attempt. Resolves as soon as its first process runs, or cannot.
   * @throws {MilestoneError} when the machine fails (the attempt's log cannot be written).
   */
  start(input: AttemptInput): Promise<RunningAttempt | EndedAttempt>;
}

/** What the engine has to know of a coding agent before it starts one. */
export interface AgentTraits {
  /** Says what its work has cost in usd; else no budget in usd holds it. */
  readonly reportsCost: boolean;
  /** What a person runs to log in. */
  readonly login: string;
  /** Goes on with a conversation only in the folder in which it was begun, wherever it is started. */
  readonly isBoundToFolder?: boolean;
  /** An id for a new conversation, where the caller may choose it. */
  newConversation?(): string;
}

export interface AttemptInput {
  task: Task;
  /** Of its `run`; default `sh`. */
  shell?: Shell;
  attempt: number;
  cwd: string;
  /** The whole environment, the run token in it. */
  env: Record<string, string>;
  /** Takes everything that is printed. */
  logFile: string;
  /** On disk before the start; finds every process of the attempt. */
  token: string;
  limits: AttemptLimits;
  clock: Clock;
  /** Aborts when the attempt is to end before its time; its `reason` is a `StopReason`. */
  stop: StopSignal;
  /** Aborts when even the polite end takes too long for the user: straight to SIGKILL. */
  hurry?: AbortSignal | undefined;
  /**
   * Whether anything in the slot has changed since the last call, at first since the start. Asked only in silence;
   * who rejects cannot tell, which ends nothing.
   */
  hasChanged(): Promise<boolean>;
  /** Present when the driver is a coding agent. */
  agent?: AgentInput;
}

/** What a coding agent is told, and within which bounds it works. */
export interface AgentInput {
  prompt: string;
  /** What it is told in place of `prompt` when it does not know the conversation that it was to resume. */
  freshPrompt?(): Promise<string>;
  /** `resume`: an earlier attempt began it. Absent: the agent chooses an id and says it. */
  conversation?: ConversationChoice;
  model?: string;
  effort?: string;
  permissions: 'edit' | 'project' | 'full';
  /** More tools that it may use, in its own spelling. */
  allow: readonly string[];
  /** Whose settings besides the project's: `user` brings the user's hooks and servers. */
  inherit: 'project' | 'user';
  /** Commands that it may run under `project`: checks and setup. */
  commands: readonly string[];
  /** What it may spend at most; passed on as its own limit where it has one. */
  budget: Budget;
  /** JSON Schema of the structured result that it is to end with. */
  schema: object;
  /** Told of what it lets be seen while it works; the last `usage` counts when no end reports one. */
  observe(seen: Observation): void;
}

export interface ConversationChoice {
  id: string;
  resume: boolean;
  /** What earlier attempts have used in it, as far as it is known. */
  used?: Usage;
}

export type Observation =
  | {kind: 'conversation'; id: string}
  | {kind: 'usage'; usage: Usage}
  | {kind: 'denied'; denial: Denial};

/** Milliseconds; `Infinity` for no limit. */
interface AttemptLimits {
  timeoutMs: number;
  /** Without output and without a change in the slot. */
  silentMs: number;
}

export interface RunningAttempt {
  kind: 'running';
  pid: number;
  processStarted: string | null;
  /** Hand over the prompt: the process is on record now. Absent where there is nothing to hand over. */
  begin?(): void;
  /** Resolves when no process of the attempt is left. Rejects only when the machine fails. */
  ended: Promise<DriverResult>;
}

/** What an attempt has used, as far as its agent has let it be known. */
export interface Reckoning {
  usage?: Usage;
  /** It was cut off before it said how much it was in all: `usage` is what was seen. */
  isPartial?: boolean;
  /** What `usage` lacks, by the prices of its provider. */
  priced?: Usage;
}

export interface EndedAttempt extends Reckoning {
  kind: 'ended';
  outcome: Outcome;
}

/** `claimed`: says that its work is done. */
export type DriverResult = ({kind: 'claimed'; claim: Claim} & Reckoning) | EndedAttempt;

/** Why an attempt is ended from outside, and how it counts then. */
export class StopReason {
  /** @param immediate Without any grace: straight to SIGKILL. */
  constructor(
    readonly outcome: Outcome,
    readonly immediate = false,
  ) {}
}

/** How an attempt whose signal has aborted is to end. */
export function stoppedOutcome(signal: StopSignal): Outcome {
  return (signal.reason as StopReason).outcome;
}
