// The seam to whatever brings attempts to other machines. It sends, cancels, tells what it hears and says how things stand;
// it decides nothing: what a worker hands in is checked by others.
//
// W1. What is sent is on record first; the same job sent twice is one.
// W2. What is heard are hints. How a job stands is the truth, and is asked for.
// W3. A delivery is over once: of two workers that hold the same job, one after the other, only the last can hand in.

import type {AgentInput, ConversationChoice, DriverResult, Observation} from '../drivers/driver.ts';
import type {Check} from '../drivers/run-checks.ts';
import type {LivesAt} from '../events/details/attempt.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Task} from '../plan/plan.ts';
import type {Shell} from '../platform/processes/shell-call.ts';

/** Of what is said to workers and by them; another one is refused by both sides. */
export const PROTOCOL = 2;

/** A UUID, made of what the job is. */
export type JobId = string;

/** What it takes to find a job again. */
export interface JobRef {
  job: JobId;
  /** Where it was sent to. */
  queue: string;
}

/** A commit at a ref of the remote. */
export interface RemoteCommit {
  ref: string;
  commit: string;
}

/** What an agent is told; what it lets be seen comes back as reports. The shape of its result is the drivers'. */
export interface AgentOrder extends Omit<AgentInput, 'observe' | 'freshPrompt' | 'conversation' | 'schema'> {
  conversation?: ConversationChoice;
  /** What it is told in place of `prompt` where its conversation cannot go on. */
  freshPrompt?: string;
  /** Where its conversation was begun. */
  livesAt?: LivesAt;
}

/** What a worker has to know of whatever it is sent. It is data: it goes through the engine as JSON. */
export interface AnyOrder extends JobRef {
  protocol: number;
  /** Version of the coordinator. */
  version: string;
  /** Of the milestone. */
  execution: string;
  milestone: string;
  /** Where work travels. */
  remote: string;
  objectFormat: 'sha1' | 'sha256';
  /** Name of the repository's folder: tools take it for the project's. */
  repository: string;
  /** Folder of the home's parent below the top of the repository, as in `Repository`. */
  prefix: string;
  /** What is to be checked out. */
  base: RemoteCommit;
  env: Readonly<Record<string, string>>;
  envDeny: readonly string[];
  workspace: {setup?: string; setup_when?: readonly string[]; fresh: boolean};
  verify: {timeoutMs: number; retries: number};
}

/** An attempt: work on `base`, and checks of what comes of it. */
export interface AttemptOrder extends AnyOrder {
  kind: 'attempt';
  task: Task;
  attempt: number;
  /** Work of an earlier attempt, made on `base`, that it goes on from. */
  work?: RemoteCommit;
  /** Name of the driver, and what config.yaml says of it. */
  driver: {name: string; entry?: Readonly<Record<string, unknown>>};
  agent?: AgentOrder;
  shell: Shell;
  /** Milliseconds; null for no limit: JSON has no infinity. */
  limits: {timeoutMs: number | null; silentMs: number | null};
  checks: readonly Check[];
  /** Tells these checks from others. */
  asked: string;
}

/** Checks of `base` as it is. */
export interface ChecksOrder extends AnyOrder {
  kind: 'checks';
  groups: readonly OrderedChecks[];
}

/** Checks of one attempt; of none, without a task. */
export interface OrderedChecks {
  task: string;
  attempt: number;
  checks: readonly Check[];
}

export type Order = AttemptOrder | ChecksOrder;

/** What a worker hands in. */
export interface Handover {
  /** Name of the worker. */
  worker: string;
  /** `checked` answers an order of checks; how else such an order ends, says an outcome. */
  result: DriverResult | Checked;
  /** Of a claim: the work, the one commit that counts, whatever its ref says later. */
  work?: RemoteCommit & {
    /** Commit that the work was made on. */
    base: string;
    /** Run on exactly this work. */
    checks: CheckResult[];
    /** As in the order. */
    asked: string;
  };
  /** What the setup printed before checks, or what there is of it. */
  setup?: string;
}

/** Groups and checks in the order of the order. */
export interface Checked {
  kind: 'checked';
  groups: readonly (readonly PrintedCheck[])[];
}

/** A check with what it printed, of which the middle may be left out. */
export interface PrintedCheck {
  result: CheckResult;
  printed: string;
}

/** How a job stands. */
export type Standing =
  | {kind: 'waiting'}
  | {kind: 'active'}
  | {kind: 'over'; delivery: number; handover: Handover}
  /** Whoever worked on it is not heard of any more, or could not go on. */
  | {kind: 'lost'; why: string}
  | {kind: 'cancelled'}
  /** It never arrived, or was thrown away since. */
  | {kind: 'unknown'};

/**
 * What a worker lets be seen of a job that it works on. `printed`: what the attempt printed, from a byte of its log on.
 * `over`: nothing of it runs any more, and how the job stands may have changed. `livesAt`: where the conversation of a coding
 * agent will be found again.
 */
export type Report = {job: JobId; worker: string} & (
  | {kind: 'working'; pid: number; processStarted: string | null; livesAt?: LivesAt}
  | {kind: 'observed'; observation: Observation}
  | {kind: 'printed'; offset: number; text: string}
  | {kind: 'over'}
);

export interface WorkerInfo {
  name: string;
  /** Of what it keeps, unlike that of any other worker. */
  id: string;
  host: string;
  pid: number;
  /** Of milestone. */
  version: string;
  protocol: number;
  labels: string[];
  /** Pools whose jobs it takes. */
  queues: string[];
  slots: number;
  /** Attempts that it works on, as of its last sign of life. */
  busy: number;
  /** ISO 8601. */
  lastSeen: string;
  live: boolean;
}

/** Workers, as the coordinator of one execution has them. Every verb rejects while they cannot be reached. */
export interface WorkerPool {
  /** Send something to whichever worker takes it. */
  dispatch(order: Order): Promise<void>;
  /** Nobody works on it any more, a heartbeat from now at the latest; what is over stays as it is. */
  cancel(job: JobRef): Promise<void>;
  /** Have `listener` told what workers report; late, twice, or never. */
  events(listener: (report: Report) => void): void;
  /** How jobs stand. */
  reconcile(jobs: readonly JobRef[]): Promise<ReadonlyMap<JobId, Standing>>;
  /** Jobs of the execution that are not over. */
  open(): Promise<JobRef[]>;
  workers(): Promise<WorkerInfo[]>;
  /** @param how.isOver The milestone is: nobody will listen any more. */
  close(how: {isOver: boolean}): Promise<void>;
}
