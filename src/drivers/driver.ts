// The seam to whoever does the work of an attempt. A driver starts something, lives through it and says how it ended;
// it records nothing and decides nothing: a claim is checked by others.

import type {Claim, Outcome} from '../events/event.ts';
import type {Task} from '../milestone/plan.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/stop-signal.ts';

export interface Driver {
  readonly name: string;
  /**
   * Start an attempt. Resolves as soon as its first process runs, or cannot.
   * @throws {MilestoneError} when the machine fails (the attempt's log cannot be written).
   */
  start(input: AttemptInput): Promise<RunningAttempt | EndedAttempt>;
}

export interface AttemptInput {
  task: Task;
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
}

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
  /** Resolves when no process of the attempt is left. Rejects only when the machine fails. */
  ended: Promise<DriverResult>;
}

export interface EndedAttempt {
  kind: 'ended';
  outcome: Outcome;
}

/** `claimed`: says that its work is done. */
export type DriverResult = {kind: 'claimed'; claim: Claim} | EndedAttempt;

/** Why an attempt is ended from outside, and how it counts then. */
export class StopReason {
  /** @param immediate Without any grace: straight to SIGKILL. */
  constructor(
    readonly outcome: Outcome,
    readonly immediate = false,
  ) {}
}
