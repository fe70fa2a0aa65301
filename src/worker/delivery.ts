// One attempt at a worker:
//
//   base fetched ─> slot made ready ─> setup ─> driver ─> work written, pushed to a ref of its own ─> checks ─> handed in
//                                                 └─ every five minutes, and whenever it is stopped: pushed as it is
//
// V1. What is checked is what is pushed: checks run after the tree is written, what they write is discarded.
// V2. A ref is only made, never moved: what an attempt has pushed stays what it was, whoever pushes later.

import type {AttemptInput, DriverResult, RunningAttempt} from '../drivers/driver.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import {AttemptEnvironment} from '../drivers/environment.ts';
import {DriverSet} from '../drivers/registry.ts';
import {type Check, runChecks} from '../drivers/run-checks.ts';
import {withOutput} from '../drivers/with-output.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import {commitTree} from '../git/commit.ts';
import type {Repository} from '../git/git.ts';
import {withPatience} from '../git/git.ts';
import {workFolder} from '../git/repository.ts';
import {slotFolder, slotRoot} from '../git/slot-folders.ts';
import {showHiddenChanges} from '../git/trees/hidden-changes.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {Redactor} from '../platform/redact.ts';
import {attemptRefs, newWorkRef} from '../workers/names.ts';
import {type Handover, type Order, PROTOCOL, type RemoteCommit} from '../workers/port.ts';
import {createRemoteRef} from '../workers/transport.ts';
import {readWork} from '../workspace/freezer.ts';
import {layIn} from '../workspace/kept-work.ts';
import {noteLeft} from '../workspace/left-as.ts';
import {mendRegistrations} from '../workspace/mend-slots.ts';
import {saveCheckpoint} from '../workspace/rescue.ts';
import {ActivityWatch} from '../workspace/slot-activity.ts';
import {SlotSetup} from '../workspace/slot-setup.ts';
import {prepareSlot} from '../workspace/slots.ts';
import {type Clone, type Clones, SLOTS} from './clones.ts';
import type {Reporter} from './reporter.ts';

export interface DeliveryParts {
  order: Order;
  /** Counted from 0: how often the engine has given out this job before. */
  delivery: number;
  /** Number of the worker's slot. */
  slot: number;
  worker: {name: string; version: string};
  clones: Clones;
  /** Of the worker, without what only it may know. */
  env: NodeJS.ProcessEnv;
  /** Carried by all processes of the attempt. */
  token: string;
  logFile: string;
  reporter: Reporter;
  clock: Clock;
  redactor: Redactor;
  /** Ends the attempt; its reason is a `StopReason`. */
  stop: StopSignal;
  /** Skips the grace of a stop. */
  hurry: AbortSignal;
  warn(message: string): void;
}

const CHECKPOINT_MS = 300_000;
/** For one git that speaks to the remote. */
const REMOTE_MS = 600_000;
const PUSH_REST_MS = 5_000;
/** After which a remote that does not answer is given up; the work stays at a ref of the clone. */
const PUSH_PATIENCE_MS = 600_000;
/** The same for work that is not done. */
const HURRIED_PUSH_MS = 15_000;

/** An attempt at a worker, from the order to what is handed in. */
export class Delivery {
  constructor(private readonly parts: DeliveryParts) {}

  /** Work on it. @returns What is to be handed in; that the machine failed is the end of the attempt, not of the worker. */
  async run(): Promise<Handover> {
    const refused = this.#refuse();
    if (refused) return this.#ended(refused);
    try {
      return await this.#work();
    } catch (error) {
      if (this.parts.stop.aborted) return this.#ended(stoppedOutcome(this.parts.stop));
      return this.#ended(lostAt(this.parts.worker.name, (error as Error).message));
    }
  }

  #refuse(): Outcome | undefined {
    const {order, worker} = this.parts;
    if (order.protocol === PROTOCOL) return undefined;
    const older = order.protocol > PROTOCOL ? `the worker \`${worker.name}\`` : 'the coordinator';
    return {
      kind: 'driver_missing',
      message: `the worker \`${worker.name}\` (milestone ${worker.version}, protocol ${PROTOCOL}) cannot take what milestone ${order.version} sends (protocol ${order.protocol})`,
      hint: `update milestone of ${older}`,
    };
  }

  async #work(): Promise<Handover> {
    const {order, clones, worker, stop} = this.parts;
    const clone = await clones.of(order);
    for (const commit of [order.base, order.work])
      if (commit && !(await clone.fetch(commit)))
        return this.#ended(lostAt(worker.name, `the remote has not the commit ${commit.commit}`));
    const slot = await this.#prepare(clone);
    const setup = await this.#setUp(clone, slot);
    if (stop.aborted) return this.#ended(stoppedOutcome(stop));
    if (setup) return this.#ended(setup);
    const running = await this.#start(slot);
    if (running.kind === 'ended') return {worker: worker.name, result: running};
    const result = await this.#live(running, slot, clone);
    const handover = await this.#bringHome(result, slot, clone);
    // All that is in it is kept: whoever gets it next need not look.
    await noteLeft(slot);
    return handover;
  }

  async #prepare({repo, root}: Clone): Promise<Repository> {
    const {order, slot: number, clock, warn} = this.parts;
    const own = {...repo, prefix: order.prefix};
    const folder = slotFolder(own, root, SLOTS, number);
    await mendRegistrations(own, slotRoot(own, root));
    const made = await prepareSlot(own, {
      folder,
      commit: order.base.commit,
      // Who works there finds no plan of his own.
      home: `${root}/no-home`,
      fresh: order.workspace.fresh,
      keeper: {id: SLOTS, slot: number, clock, onKept: ref => warn(`what lay in slot ${number} is kept as ${ref}`)},
    });
    if (made.needsSetup) this.#needsSetup = true;
    if (order.work) {
      await layIn(made.slot, order.work.commit);
      await noteLeft(made.slot);
    }
    return made.slot;
  }

  #needsSetup = false;

  #setUp({repo}: Clone, slot: Repository): Promise<Outcome | undefined> {
    const {order, slot: number, stop, warn} = this.parts;
    const {setup, setup_when} = order.workspace;
    const slotSetup = new SlotSetup({
      repo,
      settings: () => ({...(setup !== undefined && {setup}), ...(setup_when && {setup_when: [...setup_when]})}),
      warn,
      runCheck: async (check, {cwd, signal}) => (await this.#run([check], {cwd, retries: 0, signal}))[0],
      runTeardown: async () => undefined,
    });
    return slotSetup.run(slot, number, {place: this.#place, isNew: this.#needsSetup, signal: stop});
  }

  get #place() {
    const {order, slot} = this.parts;
    return {taskId: order.task.id, attempt: order.attempt, slot};
  }

  get #environment(): Record<string, string> {
    const {order, env, slot, token} = this.parts;
    const {milestone: milestoneId, task, attempt} = order;
    const made = new AttemptEnvironment({callerEnv: env, env: order.env, envDeny: order.envDeny});
    return made.of({milestoneId, taskId: task.id, attempt, slot, token});
  }

  #start(slot: Repository): ReturnType<ReturnType<typeof driverOf>['start']> {
    const {order, token, logFile, clock, stop, hurry, reporter} = this.parts;
    const env = this.#environment;
    const driver = driverOf(order, env);
    const activity = new ActivityWatch();
    const input: AttemptInput = {
      task: order.task,
      shell: order.shell,
      attempt: order.attempt,
      cwd: workFolder(slot),
      env,
      logFile,
      token,
      limits: {timeoutMs: endless(order.limits.timeoutMs), silentMs: endless(order.limits.silentMs)},
      clock,
      stop,
      hurry,
      hasChanged: () => activity.hasChanged(this.#place, slot),
      ...(order.agent && {agent: {...order.agent, observe: seen => reporter.observed(seen)}}),
    };
    return driver.start(input);
  }

  /** Until it has ended; what it has done so far is pushed now and then. */
  async #live(running: RunningAttempt, slot: Repository, clone: Clone): Promise<DriverResult> {
    const {clock, reporter} = this.parts;
    reporter.working(running.pid, running.processStarted);
    running.begin?.();
    let isOver = false;
    let endAlarm = () => {};
    const next = () => {
      endAlarm = clock.alarm(CHECKPOINT_MS, async () => {
        await this.#checkpoint(slot, clone).catch(error => this.parts.warn((error as Error).message));
        if (!isOver) next();
      });
    };
    next();
    try {
      return await running.ended;
    } finally {
      isOver = true;
      endAlarm();
    }
  }

  async #bringHome(result: DriverResult, slot: Repository, clone: Clone): Promise<Handover> {
    const {order, worker, stop, logFile, redactor, clock} = this.parts;
    await redactor.redactFile(logFile);
    if (result.kind === 'ended') {
      await this.#checkpoint(slot, clone).catch(error => this.parts.warn((error as Error).message));
      const outcome = order.agent ? result.outcome : withOutput(result.outcome, logFile);
      return {worker: worker.name, result: {...result, outcome}};
    }
    await showHiddenChanges(slot);
    const work = await readWork(slot, order.base.commit, {isSlot: true});
    if (work.refused) return {worker: worker.name, result: {...result, kind: 'ended', outcome: work.refused}};
    const message = `work(milestone-${order.milestone}): ${order.task.id}, attempt ${order.attempt}\n`;
    const commit = await commitTree(clone.repo, {tree: work.tree, parents: [work.base], message});
    const pushed = {ref: this.#newRef(), commit};
    await this.#push(clone, pushed, clock.elapsed() + PUSH_PATIENCE_MS);
    const checks = await this.#run(order.checks, {cwd: workFolder(slot), retries: order.verify.retries, signal: stop});
    if (stop.aborted) return this.#ended(stoppedOutcome(stop));
    return {worker: worker.name, result, work: {...pushed, base: work.base, checks, asked: order.asked}};
  }

  /** Push what is there as it is; a file that is being written may be missing. */
  async #checkpoint(slot: Repository, clone: Clone): Promise<void> {
    const {order, clock} = this.parts;
    const name = {id: order.milestone, task: order.task.id, attempt: order.attempt};
    const saved = await saveCheckpoint(slot, {...name, base: order.base.commit});
    if (!saved) return;
    await this.#push(clone, {ref: this.#newRef(), commit: saved.commit}, clock.elapsed() + HURRIED_PUSH_MS);
  }

  #newRef(): string {
    const {order, delivery, clock} = this.parts;
    return newWorkRef(attemptRefs(order.execution, order.task.id, order.attempt), delivery, clock.now());
  }

  /** A remote that cannot be reached for a while is waited for: the work is done. */
  async #push({repo}: Clone, pushed: RemoteCommit, until: number): Promise<void> {
    const {order, clock, stop, hurry} = this.parts;
    for (;;) {
      try {
        const patient = withPatience(repo, {
          clock,
          timeoutMs: Math.max(1, Math.min(REMOTE_MS, until - clock.elapsed())),
          hurry,
        });
        return await createRemoteRef(patient, order.remote, pushed);
      } catch (error) {
        if (stop.aborted || hurry.aborted || clock.elapsed() + PUSH_REST_MS > until) throw error;
        await clock.sleep(PUSH_REST_MS, hurry).catch(() => undefined);
      }
    }
  }

  async #run(
    checks: readonly Check[],
    {cwd, retries, signal}: {cwd: string; retries: number; signal: StopSignal},
  ): Promise<CheckResult[]> {
    const {order, token, logFile, clock, hurry, redactor} = this.parts;
    if (checks.length === 0) return [];
    try {
      return await runChecks({
        checks,
        cwd,
        env: this.#environment,
        token,
        timeoutMs: order.verify.timeoutMs,
        retries,
        logFile,
        clock,
        signal,
        hurry,
        redactor,
      });
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  #ended(outcome: Outcome): Handover {
    return {worker: this.parts.worker.name, result: {kind: 'ended', outcome}};
  }
}

/** The worker cannot do its part; somebody else may. */
function lostAt(worker: string, why: string): Outcome {
  return {
    kind: 'interrupted',
    message: `was interrupted: the worker \`${worker}\` could not go on: ${why}`,
    executor_died: false,
    worker_lost: true,
  };
}

function driverOf({task, driver}: Order, env: Record<string, string>) {
  const drivers = new DriverSet({drivers: driver.entry && {[driver.name]: driver.entry}, env});
  const choice = task.run === undefined ? drivers.get(driver.name) : drivers.choose(task, {});
  if (choice.kind === 'driver') return choice.driver;
  const outcome: Outcome =
    choice.kind === 'missing' ? choice.outcome : {kind: 'driver_missing', message: 'a person is to do it'};
  return {start: async () => ({kind: 'ended' as const, outcome})};
}

function endless(ms: number | null): number {
  return ms ?? Number.POSITIVE_INFINITY;
}
