import type {DriverChoice, DriverSet} from '../drivers/registry.ts';
import type {Check} from '../drivers/run-checks.ts';
import type {BlockerType, CheckResult, Denial, NewEvent, Outcome} from '../events/event.ts';
import type {Repository} from '../git/git.ts';
import type {Uses} from '../lock/named-locks.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {MilestoneId, Task, TaskId} from '../plan/plan.ts';
import type {ResolvedMilestoneSettings, ResolvedTaskSettings} from '../plan/settings.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {Redactor} from '../platform/redact.ts';
import type {SerialQueue} from '../platform/serial-queue.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {SharedWatch} from '../workspace/shared-watch.ts';
import type {AttemptPlace, Workspace} from '../workspace/workspace.ts';
import type {Jobs} from './jobs.ts';
import type {Attempts} from './live-attempts.ts';
import type {ReadyTasks} from './ready-tasks.ts';

/** How an execution is to end, once nothing runs any more. */
export interface Ending {
  exit: number;
  /** For people, and for `session_ended`. */
  reason: string;
  hint?: string;
  /** What went wrong, when something did. */
  error?: unknown;
}

/** What an agent sees of the execution and can do to it. */
export interface ExecutionContext {
  /** The state; only events change it. */
  readonly state: MilestoneState;
  readonly settings: ResolvedMilestoneSettings;
  readonly clock: Clock;
  /** Aborts when the execution ends. */
  readonly signal: AbortSignal;
  readonly jobs: Jobs;
  readonly attempts: Attempts;
  readonly mergeQueue: SerialQueue;
  /** Number of the merge queue's own slot. It stays when `max_parallel` changes: attempts keep theirs, too. */
  readonly mergeSlot: number;
  readonly ready: ReadyTasks;
  readonly uses: Uses;
  readonly workspace: Workspace;
  /** Sees what attempts and checks change in the repository beside their work. */
  readonly sharedWatch: SharedWatch | undefined;
  readonly redactor: Redactor;
  readonly drivers: DriverSet;
  readonly paths: HomePaths;
  /** Undefined outside git, and with `--no-git`. */
  readonly repo: Repository | undefined;
  /** Anything goes that an agent can do, as the command line says. */
  readonly yolo: boolean;
  /** Sleep through a driver's rest. */
  readonly wait: boolean;
  /** On the file system that holds the slots. */
  readonly slotsFolder: string;
  /** Whether tasks wait for the checks of the base. */
  readonly needsBaseline: boolean;
  /** Set once the execution is to end; nothing new starts then. */
  readonly ending: Ending | undefined;
  /** The task as it is worked on now: a kiro task in its phase. */
  taskOf(task: TaskId): Task;
  settingsOf(task: TaskId): ResolvedTaskSettings;
  /** Who would do the task now, a stand-in for a driver that rests included. */
  driverOf(task: TaskId): DriverChoice;
  environmentOf(place: AttemptPlace, token: string): Record<string, string>;
  /** File that takes everything that an attempt prints. */
  logFileOf(place: AttemptPlace): string;
  /** Whether an attempt is still the one that the state knows; the result of any other is dropped. */
  isCurrent(place: AttemptPlace): boolean;
  /** Take up what was edited in the plan file since the last look at it. Resolves to false when it could not be read. */
  lookAtPlan(): Promise<boolean>;
  /** Active milestones that wait for this one. */
  dependents(): Promise<MilestoneId[]>;
  /** Fold events into the state and queue them for the log; their effects must wait for `durable`. */
  record(...events: NewEvent[]): void;
  /** As `record`, of what has no effect: it may share the sync of what comes next. */
  recordSoon(event: NewEvent): void;
  /** Resolves when all that was recorded so far is on disk. */
  durable(): Promise<void>;
  /** End an attempt that did not complete its task, and record what follows from that. */
  endAttempt(place: AttemptPlace, outcome: Outcome, denials?: Denial[]): void;
  /** Open a blocker, unless it is open: one without task and driver keeps everything new from starting. */
  openBlocker(blocker: NewBlocker): void;
  /** Run checks in a folder; those of an attempt print to its log. */
  runChecks(checks: readonly Check[], where: CheckPlace): Promise<CheckResult[]>;
  /** Have the task-executor look again after `ms`. */
  lookAgain(ms: number): void;
  /** Do something after `ms`, then wake the agents; not after the end. */
  after(ms: number, then: () => void): void;
  /** Tell a person what he should know and no event says. */
  warn(message: string): void;
  /** Start nothing more; end when nothing runs. The first call decides. */
  end(ending: Ending): void;
  /** The machine or the program failed: end at once. */
  fail(error: unknown): void;
}

export interface NewBlocker {
  type: BlockerType;
  message: string;
  hint: string;
  driver?: string;
  task_id?: TaskId;
}

export interface CheckPlace {
  /** Undefined for the final check, which belongs to no attempt. */
  place: AttemptPlace | undefined;
  /** Number of the slot that `cwd` is in. */
  slot: number;
  cwd: string;
  signal: StopSignal;
  /** Keep the end of what green ones print, too. */
  keepsOutput?: boolean;
}
