import {AttemptEnvironment} from '../drivers/environment.ts';
import {type Check, type ChecksInput, runChecks} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Repository} from '../git/git.ts';
import {workFolder} from '../git/repository.ts';
import {slotFolder, slotRoot} from '../git/slot-folders.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {Redactor} from '../platform/redact.ts';
import type {AnyOrder} from '../workers/port.ts';
import {mendRegistrations} from '../workspace/slots/mend-slots.ts';
import {prepareSlot} from '../workspace/slots/prepare-slot.ts';
import {SlotSetup} from '../workspace/slots/slot-setup.ts';
import {type Clone, type Clones, SLOTS} from './clones.ts';

export interface BenchParts {
  /** Number of the worker's slot. */
  slot: number;
  clones: Clones;
  /** Of the worker, without what only it may know. */
  env: NodeJS.ProcessEnv;
  /** Carried by all processes of the delivery. */
  token: string;
  logFile: string;
  clock: Clock;
  redactor: Redactor;
  /** Ends the delivery; its reason is a `StopReason`. */
  stop: StopSignal;
  /** Skips the grace of a stop. */
  hurry: AbortSignal;
  warn(message: string): void;
}

/** Whom something is run for; checks may belong to no task. */
export interface BenchTask {
  task: string;
  attempt: number;
}

/** The slot of a worker, made ready for what an order says, and what is run there. */
export class Workbench {
  private constructor(
    readonly clone: Clone,
    readonly slot: Repository,
    private readonly needsSetup: boolean,
    private readonly order: AnyOrder,
    private readonly parts: BenchParts,
  ) {}

  /** A slot in which the base of an order lies. @throws {MilestoneError} what keeps it from being made */
  static async prepare(order: AnyOrder, clone: Clone, parts: BenchParts): Promise<Workbench> {
    const {repo, root} = clone;
    const {slot: number, clock, warn} = parts;
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
    return new Workbench(clone, made.slot, made.needsSetup, order, parts);
  }

  get folder(): string {
    return workFolder(this.slot);
  }

  /** @returns Why nothing can be done there. */
  setUp(of: BenchTask): Promise<Outcome | undefined> {
    const {slot: number, stop, warn} = this.parts;
    const {setup, setup_when} = this.order.workspace;
    const slotSetup = new SlotSetup({
      repo: this.clone.repo,
      settings: () => ({...(setup !== undefined && {setup}), ...(setup_when && {setup_when: [...setup_when]})}),
      warn,
      runCheck: async (check, {cwd, signal}) => (await this.runChecks([check], of, {cwd, retries: 0, signal}))[0],
      runTeardown: async () => undefined,
    });
    const place = {taskId: of.task, attempt: of.attempt, slot: number};
    return slotSetup.run(this.slot, number, {place, isNew: this.needsSetup, signal: stop});
  }

  environmentOf({task: taskId, attempt}: BenchTask): Record<string, string> {
    const {env, slot, token} = this.parts;
    const {env: added, envDeny, milestone: milestoneId} = this.order;
    return new AttemptEnvironment({callerEnv: env, env: added, envDeny}).of({
      milestoneId,
      taskId,
      attempt,
      slot,
      token,
    });
  }

  /** @returns None when they were stopped. */
  async runChecks(checks: readonly Check[], of: BenchTask, more: Partial<ChecksInput> = {}): Promise<CheckResult[]> {
    const {token, logFile, clock, stop, hurry, redactor} = this.parts;
    const {timeoutMs, retries} = this.order.verify;
    const signal = more.signal ?? stop;
    if (checks.length === 0) return [];
    try {
      return await runChecks({
        checks,
        cwd: this.folder,
        env: this.environmentOf(of),
        token,
        timeoutMs,
        retries,
        logFile,
        clock,
        hurry,
        redactor,
        ...more,
        signal,
      });
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }
}
