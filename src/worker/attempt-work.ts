// One attempt at a worker:
//
//   base fetched ─> slot made ready ─> setup ─> driver ─> work written, pushed to a ref of its own ─> checks ─> handed in
//                                                 └─ every five minutes, and whenever it is stopped: pushed as it is
//
// V1. What is checked is what is pushed: checks run after the tree is written, what they write is discarded.
// V2. A ref is only made, never moved: what an attempt has pushed stays what it was, whoever pushes later.

import {
  type AttemptInput,
  type Driver,
  type DriverResult,
  type RunningAttempt,
  stoppedOutcome,
} from '../drivers/driver.ts';
import {DriverSet} from '../drivers/registry.ts';
import {withOutput} from '../drivers/with-output.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {commitTree} from '../git/commit.ts';
import {withPatience} from '../git/git.ts';
import {showHiddenChanges} from '../git/trees/hidden-changes.ts';
import {attemptRefs, newWorkRef} from '../workers/names.ts';
import type {AttemptOrder, Handover, RemoteCommit} from '../workers/port.ts';
import {createRemoteRef} from '../workers/transport.ts';
import {readWork} from '../workspace/freezer.ts';
import {layIn} from '../workspace/kept-work.ts';
import {saveCheckpoint} from '../workspace/rescue.ts';
import {noteLeft} from '../workspace/slots/left-as.ts';
import {ActivityWatch} from '../workspace/slots/slot-activity.ts';
import {agentOf} from './agent-of.ts';
import type {Reporter} from './reporter.ts';
import type {BenchParts, Workbench} from './workbench.ts';

export interface AttemptParts extends BenchParts {
  order: AttemptOrder;
  bench: Workbench;
  /** Counted from 0: how often the engine has given out this job before. */
  delivery: number;
  /** Of this worker alone. */
  ownQueue: string;
  reporter: Reporter;
}

const CHECKPOINT_MS = 300_000;
/** For one git that speaks to the remote. */
const REMOTE_MS = 600_000;
const PUSH_REST_MS = 5_000;
/** After which a remote that does not answer is given up; the work stays at a ref of the clone. */
const PUSH_PATIENCE_MS = 600_000;
/** The same for work that is not done. */
const HURRIED_PUSH_MS = 15_000;

type Delivered = Omit<Handover, 'worker'>;

/** An attempt at a worker, in a slot in which its base lies. */
export class AttemptWork {
  constructor(private readonly parts: AttemptParts) {}

  async run(): Promise<Delivered> {
    const {order, bench, stop} = this.parts;
    if (order.work) {
      await layIn(bench.slot, order.work.commit);
      await noteLeft(bench.slot);
    }
    const setup = await bench.setUp(this.#of);
    if (stop.aborted) return ended(stoppedOutcome(stop));
    if (setup) return ended(setup);
    const running = await this.#start();
    if (running.kind === 'ended') return {result: running};
    const delivered = await this.#bringHome(await this.#live(running));
    // All that is in it is kept: whoever gets it next need not look.
    await noteLeft(bench.slot);
    return delivered;
  }

  get #of() {
    const {order} = this.parts;
    return {task: order.task.id, attempt: order.attempt};
  }

  #start(): ReturnType<Driver['start']> {
    const {order, bench, slot, token, logFile, clock, stop, hurry, reporter} = this.parts;
    const env = bench.environmentOf(this.#of);
    const place = {taskId: order.task.id, attempt: order.attempt, slot};
    const driver = driverOf(order, env);
    const activity = new ActivityWatch();
    const input: AttemptInput = {
      task: order.task,
      shell: order.shell,
      attempt: order.attempt,
      cwd: bench.folder,
      env,
      logFile,
      token,
      limits: {timeoutMs: endless(order.limits.timeoutMs), silentMs: endless(order.limits.silentMs)},
      clock,
      stop,
      hurry,
      hasChanged: () => activity.hasChanged(place, bench.slot),
      ...(order.agent && {
        agent: agentOf(order.agent, {
          folder: bench.folder,
          traits: driver.agent,
          observe: seen => reporter.observed(seen),
        }),
      }),
    };
    return driver.start(input);
  }

  /** Until it has ended; what it has done so far is pushed now and then. */
  async #live(running: RunningAttempt): Promise<DriverResult> {
    const {order, bench, slot, ownQueue, clock, reporter} = this.parts;
    const {pid, processStarted} = running;
    const livesAt = order.agent && {queue: ownQueue, slot, folder: bench.folder};
    reporter.working({pid, processStarted, ...(livesAt && {livesAt})});
    running.begin?.();
    let isOver = false;
    let endAlarm = () => {};
    const next = () => {
      endAlarm = clock.alarm(CHECKPOINT_MS, async () => {
        await this.#checkpoint().catch(error => this.parts.warn((error as Error).message));
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

  async #bringHome(result: DriverResult): Promise<Delivered> {
    const {order, bench, stop, logFile, redactor, clock} = this.parts;
    await redactor.redactFile(logFile);
    if (result.kind === 'ended') {
      await this.#checkpoint().catch(error => this.parts.warn((error as Error).message));
      const outcome = order.agent ? result.outcome : withOutput(result.outcome, logFile);
      return {result: {...result, outcome}};
    }
    await showHiddenChanges(bench.slot);
    const work = await readWork(bench.slot, order.base.commit, {isSlot: true});
    if (work.refused) return {result: {...result, kind: 'ended', outcome: work.refused}};
    const message = `work(milestone-${order.milestone}): ${order.task.id}, attempt ${order.attempt}\n`;
    const commit = await commitTree(bench.clone.repo, {tree: work.tree, parents: [work.base], message});
    const pushed = {ref: this.#newRef(), commit};
    await this.#push(pushed, clock.elapsed() + PUSH_PATIENCE_MS);
    const checks = await bench.runChecks(order.checks, this.#of);
    if (stop.aborted) return ended(stoppedOutcome(stop));
    return {result, work: {...pushed, base: work.base, checks, asked: order.asked}};
  }

  /** Push what is there as it is; a file that is being written may be missing. */
  async #checkpoint(): Promise<void> {
    const {order, bench, clock} = this.parts;
    const name = {id: order.milestone, task: order.task.id, attempt: order.attempt};
    const saved = await saveCheckpoint(bench.slot, {...name, base: order.base.commit});
    if (!saved) return;
    await this.#push({ref: this.#newRef(), commit: saved.commit}, clock.elapsed() + HURRIED_PUSH_MS);
  }

  #newRef(): string {
    const {order, delivery, clock} = this.parts;
    return newWorkRef(attemptRefs(order.execution, order.task.id, order.attempt), delivery, clock.now());
  }

  /** A remote that cannot be reached for a while is waited for: the work is done. */
  async #push(pushed: RemoteCommit, until: number): Promise<void> {
    const {order, bench, clock, stop, hurry} = this.parts;
    for (;;) {
      try {
        const patient = withPatience(bench.clone.repo, {
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
}

function ended(outcome: Outcome): Delivered {
  return {result: {kind: 'ended', outcome}};
}

function driverOf({task, driver}: AttemptOrder, env: Record<string, string>): Driver {
  const drivers = new DriverSet({drivers: driver.entry && {[driver.name]: driver.entry}, env});
  const choice = task.run === undefined ? drivers.get(driver.name) : drivers.choose(task, {});
  if (choice.kind === 'driver') return choice.driver;
  const outcome: Outcome =
    choice.kind === 'missing' ? choice.outcome : {kind: 'driver_missing', message: 'a person is to do it'};
  return {name: driver.name, start: async () => ({kind: 'ended', outcome})};
}

function endless(ms: number | null): number {
  return ms ?? Number.POSITIVE_INFINITY;
}
