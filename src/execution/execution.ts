// The execution of one milestone by this process: what the agents see and act through.
//
// E1. `record` folds an event into the state at once and queues it for the log. Memory may be ahead of the disk, the
//     world never: every effect waits for `durable`, so that one sync carries the end of one task and the start of the
//     next.
// E2. Once `ending` is set nothing new starts; the execution is over when no job is left.

import path from 'node:path';
import {documentsEnvironment} from '../documents/documents-place.ts';
import {AttemptEnvironment} from '../drivers/environment.ts';
import type {DriverChoice, DriverSet} from '../drivers/registry.ts';
import {type Check, runChecks} from '../drivers/run-checks.ts';
import {MilestoneError} from '../errors.ts';
import type {CheckResult, Denial, MilestoneEvent, NewEvent, Outcome} from '../events/event.ts';
import type {EventLog} from '../events/log.ts';
import type {Repository} from '../git/git.ts';
import type {Uses} from '../lock/named-locks.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {MilestoneId, Settings, Task, TaskId} from '../plan/plan.ts';
import {type ResolvedMilestoneSettings, type ResolvedTaskSettings, resolveMilestoneSettings} from '../plan/settings.ts';
import type {Clock} from '../platform/clock.ts';
import {asMachineFailure} from '../platform/machine-failure.ts';
import type {Redactor} from '../platform/redact.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import {afterAttempt} from '../scheduler/after-attempt.ts';
import {applyEvent} from '../state/apply-event.ts';
import {isTaskEvent} from '../state/fold-task.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';
import {SharedWatch} from '../workspace/shared-watch.ts';
import {type AttemptPlace, heldSlots, type Workspace} from '../workspace/workspace.ts';
import type {AgentLoop} from './agent-loop.ts';
import {Assignments} from './assignments.ts';
import type {CheckPlace, Ending, ExecutionContext, NewBlocker} from './context.ts';
import {Jobs} from './jobs.ts';
import {Attempts} from './live-attempts.ts';
import {ReadyTasks} from './ready-tasks.ts';
import {redactTexts} from './redacted.ts';
import {underWatch} from './shared-changes.ts';

export interface ExecutionParts {
  state: MilestoneState;
  log: EventLog;
  clock: Clock;
  paths: HomePaths;
  /** Of config.yaml. */
  projectSettings: Settings;
  /** Of the command line; they win over the plan's. */
  overrides: {maxParallel?: number; gates?: 'wait' | 'auto'};
  callerEnv: Readonly<Record<string, string | undefined>>;
  redactor: Redactor;
  uses: Uses;
  drivers: DriverSet;
  /** Undefined outside git. */
  repo: Repository | undefined;
  workspace: Workspace;
  selection: ReadonlySet<TaskId> | undefined;
  dependents(): Promise<MilestoneId[]>;
  /** Told of what a person should know and no event says. */
  warn(message: string): void;
  /** On the file system that holds the slots. */
  slotsFolder: string;
  /** Anything goes that an agent can do, as the command line says. */
  yolo: boolean;
  /** Sleep through a driver's rest. */
  wait: boolean;
}

export class Execution implements ExecutionContext {
  readonly state: MilestoneState;
  readonly clock: Clock;
  readonly uses: Uses;
  readonly sharedWatch: SharedWatch | undefined;
  readonly workspace: Workspace;
  readonly redactor: Redactor;
  readonly drivers: DriverSet;
  readonly jobs = new Jobs(error => this.fail(error));
  readonly attempts = new Attempts();
  readonly mergeQueue = new SerialQueue();
  readonly ready: ReadyTasks;
  settings: ResolvedMilestoneSettings;
  readonly mergeSlot: number;
  ending: Ending | undefined;
  /** Set once there are agents to wake. */
  agents: AgentLoop | undefined;
  /** Set once there is a plan file to watch. */
  planWatch: {look(): Promise<boolean>} | undefined;

  private readonly over = new AbortController();
  /** Each takes back one that `after` has set. */
  private readonly alarms = new Set<() => void>();
  /** One at a time: it looks for all that is busy. */
  private nextLook: {dueAt: number; takeBack(): void} | undefined;
  private markEnding: () => void = () => undefined;
  /** Resolves once `ending` is set. */
  readonly whenEnding = new Promise<void>(resolve => {
    this.markEnding = resolve;
  });
  private environment: AttemptEnvironment;
  private readonly assignments: Assignments;

  constructor(private readonly parts: ExecutionParts) {
    this.state = parts.state;
    this.clock = parts.clock;
    this.uses = parts.uses;
    this.workspace = parts.workspace;
    this.sharedWatch =
      parts.repo && parts.workspace.integration ? new SharedWatch(parts.repo, parts.state.id) : undefined;
    this.redactor = parts.redactor;
    this.drivers = parts.drivers;
    // Whether or not anyone waits for what could not be written.
    parts.log.onFailure(error => this.fail(error));
    this.uses.whenCleared(() => this.lookAgain(0));
    this.assignments = new Assignments(parts);
    this.settings = this.resolveSettings();
    this.environment = this.attemptEnvironment();
    this.mergeSlot = Math.max(this.settings.maxParallel, ...heldSlots(this.state).map(slot => slot + 1));
    this.ready = new ReadyTasks(this.state, {
      constraintOf: id => this.assignments.constraintOf(id),
      standingOf: id => this.assignments.standingOf(id, this.needsBaseline),
      maxAttemptsOf: id => this.settingsOf(id).maxAttempts,
      now: () => this.clock.now(),
      after: (ms, then) => this.after(ms, then),
      selection: parts.selection,
    });
  }

  get paths(): HomePaths {
    return this.parts.paths;
  }

  get repo(): Repository | undefined {
    return this.parts.repo;
  }

  get yolo(): boolean {
    return this.parts.yolo;
  }

  get wait(): boolean {
    return this.parts.wait;
  }

  get slotsFolder(): string {
    return this.parts.slotsFolder;
  }

  warn(message: string): void {
    this.parts.warn(message);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  taskOf(id: TaskId): Task {
    return this.assignments.taskOf(id);
  }

  settingsOf(id: TaskId): ResolvedTaskSettings {
    return this.assignments.settingsOf(id);
  }

  driverOf(id: TaskId): DriverChoice {
    return this.assignments.driverOf(id);
  }

  /** Whether tasks wait for the checks of the base. */
  get needsBaseline(): boolean {
    const {verify} = this.settings;
    return verify !== undefined && this.workspace.integration !== undefined && this.state.baseline?.ok !== true;
  }

  environmentOf({taskId, attempt, slot}: AttemptPlace, token: string): Record<string, string> {
    const attemptEnv = this.environment.of({milestoneId: this.state.id, taskId, attempt, slot, token});
    return this.state.kiroTasks.has(taskId) ? {...attemptEnv, ...documentsEnvironment(this, taskId, slot)} : attemptEnv;
  }

  logFileOf({taskId, attempt}: AttemptPlace): string {
    return this.parts.paths.attemptLog(this.state.id, taskId, attempt);
  }

  isCurrent({taskId, attempt}: AttemptPlace): boolean {
    const task = this.state.tasks.get(taskId);
    return task?.status === 'in_progress' && task.attempt === attempt;
  }

  async lookAtPlan(): Promise<boolean> {
    return (await this.planWatch?.look()) ?? true;
  }

  dependents(): Promise<MilestoneId[]> {
    return this.parts.dependents();
  }

  record(...events: NewEvent[]): void {
    for (const event of events) this.append(event);
  }

  recordSoon(event: NewEvent): void {
    this.append(event, {canWait: true});
  }

  durable(): Promise<void> {
    return this.parts.log.durable();
  }

  endAttempt(place: AttemptPlace, outcome: Outcome, denials?: Denial[]): void {
    const {taskId: task_id, attempt} = place;
    const denied = denials && denials.length > 0 && {denials};
    this.record({event: 'attempt_ended', details: {task_id, attempt, outcome: redactTexts(this, outcome), ...denied}});
    this.decideUndecided(task_id);
  }

  /** Record what follows from the end of an attempt, where the log does not say it yet. */
  decideUndecided(id: TaskId): void {
    const task = taskState(this.state, id);
    if (task.status !== 'pending' || !task.undecided) return;
    const {retries, maxAttempts, onInterrupt} = this.settingsOf(id);
    const {undecided, history} = task;
    const next = afterAttempt({
      milestoneId: this.state.id,
      taskId: id,
      ...undecided,
      counters: history.counters,
      retries,
      maxAttempts,
      onInterrupt,
      now: this.timestamp(),
      ...(history.last && {
        driver: driverStanding(this.state, this.drivers.providerOf(whoMet(undecided.outcome, history.last.driver))),
      }),
    });
    this.record(...next);
  }

  openBlocker({type, message, hint, driver, task_id}: NewBlocker): void {
    for (const open of blockersOf(this.state, task_id).values())
      if (open.type === type && open.driver === driver) return;
    const about = {...(driver !== undefined && {driver}), ...(task_id !== undefined && {task_id})};
    const id = `${[type, driver, task_id].filter(Boolean).join('-')}-${this.state.seq + 1}`;
    this.record({event: 'blocker_detected', details: {id, type, message, hint, ...about}});
  }

  runChecks(checks: readonly Check[], where: CheckPlace): Promise<CheckResult[]> {
    const run = () => this.runAll(checks, where, this.settings.verifyRetries);
    return underWatch(this, where, run);
  }

  /** Run a command of `workspace` in a slot; undefined when it was stopped. */
  async runSetup(check: Check, where: CheckPlace): Promise<CheckResult | undefined> {
    return (await this.runAll([check], where, 0))[0];
  }

  private async runAll(
    checks: readonly Check[],
    {place, slot, cwd, signal, keepsOutput = false}: CheckPlace,
    retries: number,
  ): Promise<CheckResult[]> {
    const task = place && taskState(this.state, place.taskId);
    const token = task?.status === 'in_progress' ? task.token : milestoneToken(this.state);
    try {
      return await runChecks({
        checks: checks.map(check => ({shell: this.settings.shell, ...check})),
        cwd,
        env: this.environmentOf({taskId: place?.taskId ?? '', attempt: place?.attempt ?? 0, slot}, token),
        token,
        timeoutMs: this.settings.verifyTimeoutMs,
        retries,
        keepsOutput,
        logFile: place ? this.logFileOf(place) : path.join(this.parts.paths.attemptLogs(this.state.id), 'checks.log'),
        clock: this.clock,
        signal,
        hurry: this.attempts.hurry,
        redactor: this.redactor,
      });
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    } finally {
      if (slot >= 0) await this.workspace.noteLeft?.(slot);
    }
  }

  lookAgain(ms: number): void {
    const dueAt = this.clock.elapsed() + ms;
    if (this.nextLook && this.nextLook.dueAt <= dueAt) return;
    this.nextLook?.takeBack();
    const takeBack = this.setAlarm(ms, () => {
      this.nextLook = undefined;
      this.uses.lookAgain();
    });
    this.nextLook = {dueAt, takeBack};
  }

  after(ms: number, then: () => void): void {
    this.setAlarm(ms, then);
  }

  private setAlarm(ms: number, then: () => void): () => void {
    if (this.signal.aborted) return () => undefined;
    const endAlarm = this.clock.alarm(ms, () => {
      this.alarms.delete(takeBack);
      then();
      this.agents?.wakeAll();
    });
    const takeBack = () => {
      endAlarm();
      this.alarms.delete(takeBack);
    };
    this.alarms.add(takeBack);
    return takeBack;
  }

  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.stop();
  }

  fail(failure: unknown): void {
    if (this.ending?.error !== undefined) return;
    const error = asMachineFailure(failure);
    // A failure outranks whatever the execution was ending for.
    const message = error instanceof Error ? error.message : String(error);
    this.ending = {exit: error instanceof MilestoneError ? error.exitCode : 1, reason: message, error};
    this.attempts.interruptAll(BROKEN_OFF, true);
    this.stop();
  }

  private stop(): void {
    this.over.abort();
    for (const takeBack of this.alarms) takeBack();
    this.markEnding();
  }

  private append(event: NewEvent, options: {canWait?: boolean} = {}): void {
    const {state, parts} = this;
    const {task_id} = event.details as {task_id?: TaskId};
    const wasRunning = task_id !== undefined && state.running.has(task_id);
    const recorded = parts.log.append(event, one => applyEvent(state, one), options);
    // Names are taken before the attempt is on record: only its end gives them back.
    if (wasRunning && !state.running.has(task_id)) this.uses.release(task_id);
    this.follow(recorded);
  }

  private follow(event: MilestoneEvent): void {
    if (event.event === 'plan_changed' || event.event === 'milestone_activated') {
      this.adoptSettings();
      this.ready.rebuild();
    } else if (CHANGES_STANDINGS.has(event.event)) {
      this.ready.rebuild();
    } else if (isTaskEvent(event)) {
      this.ready.refresh(event.details.task_id);
    }
    this.agents?.notify(event.event);
  }

  private adoptSettings(): void {
    this.settings = this.resolveSettings();
    this.environment = this.attemptEnvironment();
    this.assignments.adoptPlan();
  }

  private resolveSettings(): ResolvedMilestoneSettings {
    const {projectSettings, overrides} = this.parts;
    const settings = resolveMilestoneSettings(this.state.plan.settings, projectSettings);
    // One checkout, one attempt at a time.
    const maxParallel = this.workspace.isolation === 'shared' ? 1 : (overrides.maxParallel ?? settings.maxParallel);
    return {...settings, maxParallel, gates: overrides.gates ?? settings.gates};
  }

  private attemptEnvironment(): AttemptEnvironment {
    const {env, envDeny} = this.settings;
    return new AttemptEnvironment({callerEnv: this.parts.callerEnv, env, envDeny});
  }

  private timestamp(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** How attempts end with an execution that failed: this process ends in order. */
export const BROKEN_OFF: Outcome = {kind: 'interrupted', message: 'was interrupted', executor_died: false};

/** Events after which other drivers can work. */
const CHANGES_STANDINGS: ReadonlySet<MilestoneEvent['event']> = new Set([
  'driver_paused',
  'driver_resumed',
  'baseline_checked',
]);

/** What belongs to no attempt carries the execution's id: it is on disk, so that the next executor finds it. */
export function milestoneToken(state: MilestoneState): string {
  return state.activation?.executionId ?? state.id;
}

/** The name of the driver that an outcome tells something of. */
function whoMet(outcome: Outcome, driver: string): string {
  return ('driver' in outcome && outcome.driver) || driver;
}

/** What is known against a driver. */
function driverStanding({pausedDrivers, driverTroubles}: MilestoneState, name: string) {
  const {auth = 0, quota = 0} = driverTroubles[name] ?? {};
  return {name, authFailures: auth, quotaFailures: quota, isPaused: name in pausedDrivers};
}
