// Joins the parts and runs them until nothing is left to do:
//
//   milestone YAML ──> plan ─┐
//                            ├─> state ──> scheduler ──> jobs (attempts, checks, merges) ──> outcomes ─┐
//   event log ───────────────┘    ▲ fold     decide                                                   │
//         ▲                       │                                                                    ▼
//         └────────── Execution.record: event -> state and log ────────── agents, inbox, plan watch ───┘
//                                 │
//                                 └─> projections: YAML, cache, session, terminal
//
// One direction, one writer: only this process appends to the log, and only events change state.

import os from 'node:os';
import {blockerDetector} from '../agents/blocker-detector.ts';
import {dependencyValidator} from '../agents/dependency-validator.ts';
import {gitIntegration} from '../agents/git-integration.ts';
import {kiroCoordinator} from '../agents/kiro-coordinator.ts';
import {progressMonitor} from '../agents/progress-monitor.ts';
import {liftBlockers} from '../agents/recheck-blocker.ts';
import {sessionManager} from '../agents/session-manager.ts';
import {taskExecutor} from '../agents/task-executor.ts';
import type {MilestoneEvent} from '../events/event.ts';
import {AgentLoop} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import type {Ending} from '../execution/lifetime.ts';
import type {RecordedCommit} from '../git/task-commits.ts';
import {dependentsOf} from '../milestone/activate.ts';
import type {HeldMilestone, HoldOptions} from '../milestone/hold.ts';
import type {StartOptions} from '../milestone/plan-start.ts';
import type {MilestoneId} from '../plan/plan.ts';
import type {Selection} from '../plan/selection.ts';
import {every} from '../platform/every.ts';
import {folderNumber} from '../platform/files.ts';
import {KeepAwake} from '../platform/processes/keep-awake.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {collectGarbage} from '../platform/v8-tuning.ts';
import {AgentSessions} from '../projections/agent-sessions.ts';
import {LiveProjections} from '../projections/live-projections.ts';
import {answerLeftovers, answerRequests, type Inbox} from '../requests/answer-requests.ts';
import {isOver, type MilestoneState} from '../state/milestone.ts';
import {assertReady} from './make-workspace.ts';
import {mendRepository, unseenOf} from './mend-repository.ts';
import {moveToCompleted} from './move-completed.ts';
import {PlanWatch} from './plan-watch.ts';
import {leaveGround, prepareExecution} from './prepare-execution.ts';
import {endRunning, recover, takeUp, takeUpDispatched} from './recover.ts';
import {RunSession} from './run-session.ts';
import {stopOnSignal} from './stop-on-signal.ts';
import {usesWorkers, watchWorkers} from './watch-workers.ts';
import {whereRefusals} from './workers-usable.ts';

export interface ExecuteOptions extends HoldOptions, StartOptions {
  maxParallel?: number;
  /** Wins over the plan's. */
  gates?: 'wait' | 'auto';
  /** Sleep through a driver's rest. */
  wait?: boolean;
  /** Agents may do anything. */
  yolo?: boolean;
  selection: Selection;
  callerEnv: Readonly<Record<string, string | undefined>>;
  signals: Signals;
  /** Told of every batch of events once it is on disk, with the state after it. */
  onEvents(events: readonly MilestoneEvent[], state: MilestoneState): void;
}

export interface ExecutionReport extends Ending {
  milestoneId: MilestoneId;
  sessionId: string;
  state: MilestoneState;
}

/** From this many tasks on, what reading the plan left is worth collecting. */
const LARGE_PLAN = 2_000;
const INBOX_POLL_MS = 250;
const PLAN_POLL_MS = 1_000;
const WORKERS_POLL_MS = 5_000;

/** One run of one process over a milestone. */
export class Run {
  private readonly state: MilestoneState;
  private readonly projections: LiveProjections;
  private readonly execution: Execution;
  private readonly watch: PlanWatch;
  private readonly agents: AgentLoop;
  private readonly starting = new AbortController();
  private readonly session: RunSession;

  constructor(
    private readonly held: HeldMilestone,
    private readonly options: ExecuteOptions,
    private readonly start: {selection: ReadonlySet<string> | undefined; unrecorded: readonly RecordedCommit[]},
  ) {
    this.state = held.state;
    const execution = prepareExecution(held, {
      ...options,
      selection: start.selection,
      signal: this.starting.signal,
    });
    this.execution = execution;
    this.projections = held.projections;
    this.session = new RunSession(held, options.command);
    this.watch = new PlanWatch(execution, this.projections, {
      file: held.planFile,
      read: () => this.readPlan(),
      refusals: whereRefusals(held, execution.inForce, options.callerEnv),
    });
    const world = {
      pollPlan: () => this.watch.poll(),
      dependents: () => dependentsOf(held, options.readPlan),
    };
    this.agents = new AgentLoop(
      [
        // What keeps tasks from starting is known before any does.
        dependencyValidator(execution),
        blockerDetector(execution),
        taskExecutor(execution),
        gitIntegration(execution),
        kiroCoordinator(execution),
        sessionManager(execution, () => this.session.save()),
        progressMonitor(execution, world),
      ],
      execution,
    );
  }

  async toTheEnd(): Promise<ExecutionReport> {
    const stopListening = this.options.signals.listen(stopOnSignal(this.execution));
    const keepAwake = new KeepAwake({clock: this.held.clock, env: this.options.callerEnv});
    this.held
      .openLog()
      .onDurable(() =>
        keepAwake.update(this.execution.inForce.settings.keepAwake === 'auto' && this.state.running.size > 0),
      );
    try {
      await this.begin();
      await this.execution.lifetime.whenEnding;
      await this.execution.jobs.allEnded();
      return await this.finish();
    } finally {
      stopListening();
      keepAwake.stop();
    }
  }

  private async begin(): Promise<void> {
    const {execution, state, held, options} = this;
    const {ledger, lifetime} = execution;
    const previous = state.session?.id;
    const agentSessions = new AgentSessions(held.paths);
    if (previous !== undefined) this.session.settle(previous, agentSessions);
    this.held.openLog().onDurable(events => this.guard(() => agentSessions.events(events)));
    const unseen = unseenOf(held, options.warn);
    // The first merge does not wait for it; who fails here is asked again there.
    held.repo?.signers().catch(() => undefined);
    await mendRepository(held, options.warn);
    await execution.workspace.begin?.();
    await takeUp(execution, this.start.unrecorded);
    await recover(execution);
    // Only now: a checkout of the branch follows a move that a crash cut off.
    await assertReady(held);
    ledger.record({
      event: 'session_started',
      details: {
        pid: process.pid,
        host: os.hostname(),
        command: options.command,
        home: folderNumber(held.paths.home),
        ...(options.yolo && {yolo: true}),
        ...(options.gates && {gates: options.gates}),
        ...(await unseen),
      },
    });
    if (previous !== undefined) ledger.record({event: 'session_resumed', details: {previous_session_id: previous}});
    await ledger.durable();
    // What a signal has stopped during the recovery stays so.
    if (lifetime.ending) return;
    if (options.command === 'resume') await liftBlockers(execution);
    if (lifetime.ending) return;
    if (state.status !== 'in_progress') ledger.record({event: 'milestone_resumed', details: {}});
    await this.watch.adopt(held.read);
    await answerLeftovers(execution, this.inbox);
    if (execution.remote && usesWorkers(execution)) await takeUpDispatched(execution);
    this.runBeside();
    if (state.tasks.size >= LARGE_PLAN) collectGarbage();
    if (!lifetime.ending) this.agents.start();
  }

  /** A file that cannot be written ends the run as a log does that cannot be. */
  private guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.execution.lifetime.fail(error);
    }
  }

  /** What goes on beside the agents, on the same clock. */
  private runBeside(): void {
    const {execution, projections, inbox, watch} = this;
    const {lifetime, clock} = execution;
    const beside = (ms: number, work: () => Promise<void>) =>
      void every(ms, {clock, signal: lifetime.signal}, work).catch(error => lifetime.fail(error));
    beside(INBOX_POLL_MS, () => answerRequests(execution, inbox));
    beside(PLAN_POLL_MS, async () => void (await watch.poll()));
    beside(LiveProjections.everyMs, () => projections.follow());
    if (execution.remote) beside(WORKERS_POLL_MS, () => watchWorkers(execution));
    execution.remoteChecks?.onServed(() => watchWorkers(execution));
  }

  private get inbox(): Inbox {
    const {paths, id, sessionId} = this.held;
    const {attempts, ready, jobs, timers, lifetime} = this.execution;
    const wayTo = {kind: 'live' as const, attempts, ready, jobs, timers, lifetime};
    return {folder: paths.inbox(id), logFile: paths.log(id), sessionId, wayTo};
  }

  private async finish(): Promise<ExecutionReport> {
    const {execution, state, held} = this;
    this.starting.abort();
    await this.agents.stop();
    await execution.ledger.durable().catch(() => undefined); // then it is what the execution ends for
    // Only now: a failure meanwhile outranks what it was ending for, and nothing is taken away in its hurry.
    const ending = execution.lifetime.ending as Ending;
    if (ending.error !== undefined) await endRunning(execution);
    execution.uses.releaseAll();
    if (ending.error === undefined) await this.close(ending).catch(error => execution.lifetime.fail(error));
    else await this.closeFailed(ending).catch(() => undefined); // the failure itself is what counts
    await leaveGround(execution);
    return {...(execution.lifetime.ending as Ending), milestoneId: state.id, sessionId: held.sessionId, state};
  }

  private async close(ending: Ending): Promise<void> {
    const {execution, state, held} = this;
    // What is kept of the slots is on record before the end is.
    if (isOver(state.status)) await execution.workspace.remove();
    await this.recordEnd(ending);
    if (state.status === 'completed') moveToCompleted(held);
  }

  /** After a failure the log may still be well; then it says what happened. */
  private async closeFailed(ending: Ending): Promise<void> {
    if (this.state.status === 'in_progress')
      this.execution.ledger.record({event: 'milestone_paused', details: {code: 'machine', reason: ending.reason}});
    await this.recordEnd(ending);
  }

  private async recordEnd({exit, reason}: Ending): Promise<void> {
    const {ledger} = this.execution;
    ledger.record({event: 'session_ended', details: {exit, reason}});
    await ledger.durable();
    this.session.save({exit, reason});
    await this.held.flush();
  }

  private readPlan() {
    const {options, held} = this;
    return options.readPlan(held.planFile, held.paths.config);
  }
}
