// The execution of one milestone by this process: what the agents see and act through.
//
// E1. `record` folds an event into the state at once and queues it for the log. Memory may be ahead of the disk, the
//     world never: every effect waits for `durable`, so that one sync carries the end of one task and the start of the
//     next.
// E2. Once `ending` is set nothing new starts; the execution is over when no job is left.

import path from 'node:path';
import type {AgentLoop} from '../agents/agent.ts';
import {AttemptEnvironment} from '../drivers/environment.ts';
import {MilestoneError} from '../errors.ts';
import type {BlockerType, CheckResult, MilestoneEvent, NewEvent, Outcome} from '../events/event.ts';
import type {EventLog} from '../events/log.ts';
import type {HomePaths} from '../milestone/home.ts';
import type {MilestoneId, Settings, Task, TaskId} from '../milestone/plan.ts';
import {
  hasOwnSettings,
  type ResolvedMilestoneSettings,
  type ResolvedTaskSettings,
  resolveMilestoneSettings,
  resolveTaskSettings,
} from '../milestone/settings.ts';
import type {Clock} from '../platform/clock.ts';
import type {Redactor} from '../platform/redact.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import {afterAttempt} from '../scheduler/after-attempt.ts';
import {applyEvent, type MilestoneState, taskState} from '../state/milestone.ts';
import {isTaskEvent} from '../state/task.ts';
import {Attempts} from './attempts.ts';
import {type Check, runChecks} from './checks.ts';
import type {CheckPlace, Ending, ExecutionContext} from './context.ts';
import {Jobs} from './jobs.ts';
import {ReadyTasks} from './ready-tasks.ts';
import type {Uses} from './uses.ts';
import type {AttemptPlace, Workspace} from './workspace.ts';

export interface ExecutionParts {
  state: MilestoneState;
  log: EventLog;
  clock: Clock;
  paths: HomePaths;
  /** Of config.yaml. */
  projectSettings: Settings;
  /** Of the command line; they win over the plan's. */
  overrides: {maxParallel?: number};
  callerEnv: Readonly<Record<string, string | undefined>>;
  redactor: Redactor;
  uses: Uses;
  workspace: Workspace;
  selection: ReadonlySet<TaskId> | undefined;
  dependents(): Promise<MilestoneId[]>;
}

export class Execution implements ExecutionContext {
  readonly state: MilestoneState;
  readonly clock: Clock;
  readonly uses: Uses;
  readonly workspace: Workspace;
  readonly redactor: Redactor;
  readonly jobs = new Jobs(error => this.fail(error));
  readonly attempts = new Attempts();
  readonly mergeQueue = new SerialQueue();
  readonly ready: ReadyTasks;
  settings!: ResolvedMilestoneSettings;
  ending: Ending | undefined;
  /** Set once there are agents to wake. */
  agents: AgentLoop | undefined;

  private readonly over = new AbortController();
  private markEnding: () => void = () => undefined;
  /** Resolves once `ending` is set. */
  readonly whenEnding = new Promise<void>(resolve => {
    this.markEnding = resolve;
  });
  private environment!: AttemptEnvironment;
  /** Of all tasks that set nothing themselves. */
  private sharedSettings!: ResolvedTaskSettings;
  private ownSettings = new Map<TaskId, ResolvedTaskSettings>();
  private isWatchingLog = false;

  constructor(private readonly parts: ExecutionParts) {
    this.state = parts.state;
    this.clock = parts.clock;
    this.uses = parts.uses;
    this.workspace = parts.workspace;
    this.redactor = parts.redactor;
    this.adoptSettings();
    this.ready = new ReadyTasks(this.state, id => this.settingsOf(id), parts.selection);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  settingsOf(id: TaskId): ResolvedTaskSettings {
    const task = this.state.taskById.get(id) as Task;
    if (!hasOwnSettings(task)) return this.sharedSettings;
    let settings = this.ownSettings.get(id);
    if (!settings) {
      settings = resolveTaskSettings(task, this.state.plan.settings, this.parts.projectSettings);
      this.ownSettings.set(id, settings);
    }
    return settings;
  }

  environmentOf({taskId, attempt, slot}: AttemptPlace, token: string): Record<string, string> {
    return this.environment.of({milestoneId: this.state.id, taskId, attempt, slot, token});
  }

  logFileOf({taskId, attempt}: AttemptPlace): string {
    return this.parts.paths.attemptLog(this.state.id, taskId, attempt);
  }

  isCurrent({taskId, attempt}: AttemptPlace): boolean {
    const task = this.state.tasks.get(taskId);
    return task?.status === 'in_progress' && task.attempt === attempt;
  }

  dependents(): Promise<MilestoneId[]> {
    return this.parts.dependents();
  }

  record(...events: NewEvent[]): void {
    for (const event of events) {
      const recorded = this.parts.log.append(event);
      applyEvent(this.state, recorded);
      this.follow(recorded);
    }
    this.watchLog();
  }

  durable(): Promise<void> {
    return this.parts.log.durable();
  }

  endAttempt(place: AttemptPlace, outcome: Outcome): void {
    const {taskId: task_id, attempt} = place;
    this.record({event: 'attempt_ended', details: {task_id, attempt, outcome}});
    this.decideUndecided(task_id);
  }

  /** Record what follows from the end of an attempt, where the log does not say it yet. */
  decideUndecided(id: TaskId): void {
    const task = taskState(this.state, id);
    if (task.status !== 'pending' || !task.undecided) return;
    const {retries, maxAttempts, onInterrupt} = this.settingsOf(id);
    const next = afterAttempt({
      taskId: id,
      ...task.undecided,
      counters: task.history.counters,
      retries,
      maxAttempts,
      onInterrupt,
      now: this.timestamp(),
    });
    if (next) this.record(next);
  }

  openBlocker({type, message, hint}: {type: BlockerType; message: string; hint: string}): void {
    const isOpen = [...this.state.blockers.values()].some(blocker => blocker.type === type);
    if (isOpen) return;
    this.record({event: 'blocker_detected', details: {id: `${type}-${this.state.seq + 1}`, type, message, hint}});
  }

  runChecks(checks: readonly Check[], where: CheckPlace): Promise<CheckResult[]> {
    return this.runAll(checks, where, this.settings.verifyRetries);
  }

  /** Run a command of `workspace` in a slot; undefined when it was stopped. */
  async runSetup(check: Check, where: CheckPlace): Promise<CheckResult | undefined> {
    return (await this.runAll([check], where, 0))[0];
  }

  private async runAll(
    checks: readonly Check[],
    {place, slot, cwd, signal}: CheckPlace,
    retries: number,
  ): Promise<CheckResult[]> {
    const task = place && taskState(this.state, place.taskId);
    const token = task?.status === 'in_progress' ? task.token : milestoneToken(this.state);
    try {
      return await runChecks({
        checks,
        cwd,
        env: this.environmentOf({taskId: place?.taskId ?? '', attempt: place?.attempt ?? 0, slot}, token),
        token,
        timeoutMs: this.settings.verifyTimeoutMs,
        retries,
        logFile: place ? this.logFileOf(place) : path.join(this.parts.paths.attemptLogs(this.state.id), 'checks.log'),
        clock: this.clock,
        signal,
        hurry: this.attempts.hurry,
        redactor: this.redactor,
      });
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  lookAgain(ms: number): void {
    void this.clock.sleep(ms, this.signal).then(
      () => {
        this.uses.lookAgain();
        this.agents?.wakeAll();
      },
      () => undefined,
    );
  }

  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.over.abort();
    this.markEnding();
  }

  fail(error: unknown): void {
    if (this.ending?.error !== undefined) return;
    // A failure outranks whatever the execution was ending for.
    const message = error instanceof Error ? error.message : String(error);
    this.ending = {exit: error instanceof MilestoneError ? error.exitCode : 1, reason: message, error};
    this.attempts.interruptAll({kind: 'interrupted', message: 'was interrupted', executor_died: false}, true);
    this.over.abort();
    this.markEnding();
  }

  private follow(event: MilestoneEvent): void {
    if (event.event === 'plan_changed' || event.event === 'milestone_activated') {
      this.adoptSettings();
      this.ready.rebuild();
    } else if (isTaskEvent(event)) {
      const {task_id} = event.details;
      this.ready.refresh(task_id);
      if (!this.state.running.has(task_id)) this.uses.release(task_id);
    }
    this.agents?.notify(event.event);
  }

  /** A log that died ends the execution, whether or not anyone waits for it. */
  private watchLog(): void {
    if (this.isWatchingLog) return;
    this.isWatchingLog = true;
    this.durable().then(
      () => {
        this.isWatchingLog = false;
      },
      error => this.fail(error),
    );
  }

  private adoptSettings(): void {
    const {projectSettings, overrides, callerEnv} = this.parts;
    const settings = resolveMilestoneSettings(this.state.plan.settings, projectSettings);
    // One checkout, one attempt at a time.
    const maxParallel = this.workspace.isolation === 'shared' ? 1 : (overrides.maxParallel ?? settings.maxParallel);
    this.settings = {...settings, maxParallel};
    this.environment = new AttemptEnvironment({callerEnv, env: settings.env, envDeny: settings.envDeny});
    this.sharedSettings = resolveTaskSettings({id: '', title: ''}, this.state.plan.settings, projectSettings);
    this.ownSettings = new Map();
  }

  private timestamp(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** What belongs to no attempt carries the execution's id: it is on disk, so that the next executor finds it. */
export function milestoneToken(state: MilestoneState): string {
  return state.activation?.executionId ?? state.id;
}
