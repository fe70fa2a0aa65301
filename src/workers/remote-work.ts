// Work on other machines, as the coordinator of one execution has it: what it offers at the remote, what it hears of its
// jobs, and whether there is anybody to do them.

import {MilestoneError} from '../errors.ts';
import {type Repository, withPatience} from '../git/git.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {onAbort} from '../platform/processes/supervise.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import type {AttemptId} from '../state/task.ts';
import {attemptRefs, baseRef, DEFAULT_POOL, originRef, originRefs, tipRef, workRefs} from './names.ts';
import type {JobRef, RemoteCommit, Report, Standing, WorkerPool} from './port.ts';
import {Roster} from './roster.ts';
import {fetchCommit, listRemoteRefs, remoteAddress, removeRemoteRefs, setRemoteRef} from './transport.ts';

export interface RemoteWorkParts {
  pool: WorkerPool;
  repo: Repository;
  /** Name of the remote. */
  remote: string;
  execution: string;
  /** As `Roster` has them. */
  pools?: readonly string[] | undefined;
  clock: Clock;
}

/** Between two looks at how a job stands, where nothing is heard of it. */
const LOOK_MS = 5_000;
/** For one git that speaks to the remote. */
const REMOTE_MS = 600_000;

export class RemoteWork {
  readonly #parts: RemoteWorkParts;
  readonly #repo: Repository;
  /** Git that speaks to the remote, one after the other. */
  readonly #queue = new SerialQueue();
  readonly #listeners = new Map<string, Set<(report: Report) => void>>();
  #offered: string | undefined;
  #isForgotten = false;
  /** Who is there. */
  readonly roster: Roster;

  constructor(parts: RemoteWorkParts) {
    this.#parts = parts;
    this.roster = new Roster(parts.pool, parts.pools ?? [DEFAULT_POOL]);
    this.#repo = withPatience(parts.repo, {clock: parts.clock, timeoutMs: REMOTE_MS});
    parts.pool.events(report => {
      for (const listener of this.#listeners.get(report.job) ?? []) listener(report);
    });
  }

  get pool(): WorkerPool {
    return this.#parts.pool;
  }

  /** Have `listener` told of what is reported of a job. @returns Ends it. */
  listen(job: string, listener: (report: Report) => void): () => void {
    const listeners = this.#listeners.get(job) ?? new Set();
    this.#listeners.set(job, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(job);
    };
  }

  /**
   * How a job ends. While the workers cannot be reached it is asked again and again.
   * @param signal Ends the wait.
   * @returns How it stands; undefined when the wait was ended before.
   */
  async whenOver(ref: JobRef, signal: AbortSignal): Promise<Standing | undefined> {
    while (!signal.aborted) {
      const waiting = new AbortController();
      const heard = this.#nextWord(ref.job, AbortSignal.any([waiting.signal, signal]));
      try {
        let standing = await this.standingOf(ref);
        if (standing?.kind === 'waiting' && this.roster.isStranded(ref.queue)) standing = await this.#takeOut(ref);
        if (standing && standing.kind !== 'waiting' && standing.kind !== 'active') return standing;
        await heard;
      } finally {
        waiting.abort(); // a wait that nobody needs any more would keep the program from ending
      }
    }
    return undefined;
  }

  /** Nobody is there any more for whom a job waits. */
  async #takeOut(ref: JobRef): Promise<Standing | undefined> {
    try {
      await this.pool.cancel(ref);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    const standing = await this.standingOf(ref);
    return standing?.kind === 'cancelled' ? {kind: 'lost', why: 'nobody is there any more who takes it'} : standing;
  }

  /** How a job stands; undefined when nobody can say. */
  async standingOf(ref: JobRef): Promise<Standing | undefined> {
    try {
      return (await this.pool.reconcile([ref])).get(ref.job);
    } catch (error) {
      if (isUnreachable(error)) return undefined;
      throw error;
    }
  }

  /** Resolves when a job is said to be over, or it is time to look again. */
  async #nextWord(job: string, signal: AbortSignal): Promise<void> {
    const heard = new AbortController();
    const stopListening = this.listen(job, ({kind}) => kind === 'over' && heard.abort());
    const either = AbortSignal.any([heard.signal, signal]);
    await this.#parts.clock.sleep(LOOK_MS, either).catch(() => undefined);
    stopListening();
  }

  /** As `remoteAddress`. @throws {MilestoneError} `NO_WORKERS` */
  address(): Promise<string> {
    return remoteAddress(this.#repo, this.#parts.remote);
  }

  /** Let workers have a commit of the branch. @throws {MilestoneError} `GIT_FAILED` */
  offerBase(commit: string): Promise<RemoteCommit> {
    const ref = baseRef(this.#parts.execution);
    return this.#queue.run(async () => {
      if (this.#offered !== commit) await setRemoteRef(this.#repo, this.#parts.remote, {ref, commit});
      this.#offered = commit;
      return {ref, commit};
    });
  }

  /** Let workers have work that an attempt goes on from. @throws {MilestoneError} `GIT_FAILED` */
  offerOrigin({taskId, attempt}: AttemptId, commit: string): Promise<RemoteCommit> {
    const offered = {ref: originRef(this.#parts.execution, taskId, attempt), commit};
    return this.#queue.run(async () => {
      await setRemoteRef(this.#repo, this.#parts.remote, offered);
      return offered;
    });
  }

  /** Let workers have a commit that is to be checked. @throws {MilestoneError} `GIT_FAILED` */
  offerTip(commit: string): Promise<RemoteCommit> {
    const offered = {ref: tipRef(this.#parts.execution), commit};
    return this.#queue.run(async () => {
      await setRemoteRef(this.#repo, this.#parts.remote, offered);
      return offered;
    });
  }

  /** Have a commit of a worker here. @returns Whether the remote has it. @throws {MilestoneError} `GIT_FAILED` */
  fetch(work: RemoteCommit, into: string): Promise<boolean> {
    return this.#queue.run(() => fetchCommit(this.#repo, this.#parts.remote, work, into));
  }

  /**
   * The same, as long as it takes: a remote that is away comes back.
   * @throws The reason of `signal` when it aborts before.
   */
  async fetchPatiently(work: RemoteCommit, into: string, signal: StopSignal): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.fetch(work, into);
      } catch (error) {
        if (!isRemoteAway(error)) throw error;
      }
      await pause(this.#parts.clock, LOOK_MS, signal);
    }
  }

  /** What an attempt has pushed last, of whichever delivery. @throws {MilestoneError} `GIT_FAILED` */
  async lastWork({taskId, attempt}: AttemptId): Promise<RemoteCommit | undefined> {
    const prefix = attemptRefs(this.#parts.execution, taskId, attempt);
    return (await listRemoteRefs(this.#repo, this.#parts.remote, prefix)).at(-1);
  }

  /** It is over: workers end all that they have of it, and nothing stays at the remote. @throws {MilestoneError} `GIT_FAILED` */
  async forget(): Promise<void> {
    this.#isForgotten = true;
    await this.tell(async () => {
      for (const ref of await this.pool.open()) await this.pool.cancel(ref);
    });
    await this.#removeRefs();
  }

  /** Let go of workers. */
  close(): Promise<void> {
    return this.pool.close({isOver: this.#isForgotten});
  }

  /** Tell workers something; that they cannot be told is kept for a person. @returns Whether they could. */
  async tell(how: () => Promise<unknown>): Promise<boolean> {
    try {
      await how();
      return true;
    } catch (error) {
      if (!(error instanceof MilestoneError)) throw error;
      this.untold = error.message;
      return false;
    }
  }

  /** Why workers could not be told something. */
  untold: string | undefined;

  async #removeRefs(): Promise<void> {
    const {execution, remote} = this.#parts;
    const prefixes = [baseRef(execution), tipRef(execution), originRefs(execution), workRefs(execution)];
    await this.#queue.run(async () => {
      const found = await Promise.all(prefixes.map(prefix => listRemoteRefs(this.#repo, remote, prefix)));
      await removeRemoteRefs(
        this.#repo,
        remote,
        found.flat().map(({ref}) => ref),
      );
    });
  }
}

/** Let `ms` milliseconds pass, or fewer where an attempt is to end. */
export async function pause(clock: Clock, ms: number, stop: StopSignal): Promise<void> {
  const stopped = new AbortController();
  const disarm = onAbort(stop, () => stopped.abort());
  await clock.sleep(ms, stopped.signal).catch(() => undefined);
  disarm();
}

/** Whether the database did not answer. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof MilestoneError && error.code === 'WORKERS_UNREACHABLE';
}

/** Whether git could not speak to the remote. */
export function isRemoteAway(error: unknown): boolean {
  return error instanceof MilestoneError && error.code === 'GIT_FAILED';
}
