// `milestone worker`: takes attempts that its labels fit, one in each slot, until it is told to end.
//
//   a slot looks into one queue after the other ─> engine gives out a job ─> delivery ─> handed in, fenced by its number
//     ^                                                                                      │
//     └──────────────────────────────────────────────────────────────────────────────────────┘
//
// S1. Whatever this process does or does not do, only the holder of the last delivery can hand in: the engine sees to it.
// S2. The address of the database stays here: no attempt sees it.
// S3. A slot looks into one queue at a time, and into none while it works: what it cannot begin is left to others.

import fs from 'node:fs';
import path from 'node:path';
import type {JobWithMetadata, PgBoss} from 'pg-boss';
import {StopReason} from '../drivers/driver.ts';
import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import type {Clock} from '../platform/clock.ts';
import {every} from '../platform/every.ts';
import {makeFolder} from '../platform/files.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {StopSource} from '../platform/processes/stop-signal.ts';
import {newToken} from '../platform/processes/tokens.ts';
import {createRedactor} from '../platform/redact.ts';
import {Engine, REFRESH_S} from '../workers/engine.ts';
import {labelsOfQueue, queueOf, reportsQueue} from '../workers/names.ts';
import {type Handover, type Order, PROTOCOL} from '../workers/port.ts';
import {writeWorkerName} from '../workers/worker-name.ts';
import {Clones} from './clones.ts';
import {deliver} from './delivery.ts';
import {gistOf, subjectOf} from './job-words.ts';
import {type OwnFolder, takeOwnFolder} from './own-folder.ts';
import {Reporter} from './reporter.ts';

export interface ServeOptions {
  /** Address of the database. */
  connect: string;
  labels: readonly string[];
  slots: number;
  /** End after one attempt. */
  once: boolean;
  /** Folder that holds the folders of all workers of this user. */
  stateFolder: string;
  version: string;
  /** Of the worker, without the address of the database. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  signals: Signals;
  /** Tell a person what goes on. */
  say(message: string): void;
  warn(message: string): void;
}

const LOOK_FOR_QUEUES_MS = 2_000;
/** For a slot to look into a queue, where there are others. */
const TURN_MS = 300;
const CONNECT_REST_MS = 2_000;
/** After the remote or the machine failed: others are to have the next attempt. */
const REST_MS = 15_000;
const HAND_IN_REST_MS = 1_000;
/** A second signal within this time ends the attempts without any grace. */
const IMPATIENCE_MS = 5_000;

/**
 * Serve until a signal comes or, with `once`, one attempt is done.
 * @throws {MilestoneError} `NO_WORKERS` when the engine is not there
 */
export async function serve(options: ServeOptions): Promise<void> {
  const own = await takeOwnFolder(options.stateFolder, options.clock);
  try {
    await new Worker(options, own).toTheEnd();
  } finally {
    own.release();
  }
}

class Worker {
  readonly #clones: Clones;
  readonly #engine: Engine;
  readonly #redactor;
  /** Aborts when nothing new is to be taken. */
  readonly #draining = new AbortController();
  readonly #hurrying = new AbortController();
  readonly #running = new Map<string, StopSource>();
  /** Of jobs that its labels fit. */
  #queues: readonly string[] = [queueOf([])];

  constructor(
    private readonly options: ServeOptions,
    private readonly own: OwnFolder,
  ) {
    const {env, connect, labels, slots, version} = options;
    this.#clones = new Clones(path.join(own.folder, 'clones'), env, () => this.options.clock.now());
    const name = writeWorkerName({name: own.name, version, protocol: PROTOCOL, labels: [...labels].sort(), slots});
    this.#engine = new Engine({connect: () => connect, name, connections: slots + 3});
    this.#redactor = createRedactor({...env, MILESTONE_WORKERS_TOKEN: passwordOf(connect)});
  }

  async toTheEnd(): Promise<void> {
    const {signals, clock, slots, say} = this.options;
    const stopListening = signals.listen(this.#onSignal());
    try {
      const boss = await this.#connect();
      if (!boss) return;
      await boss.createQueue(queueOf([]), {notify: true});
      say(`worker ${this.own.name} waits for work`);
      const looking = every(LOOK_FOR_QUEUES_MS, {clock, signal: this.#draining.signal}, () =>
        this.#lookForQueues(boss),
      );
      const serving = Array.from({length: slots}, (_, slot) => this.#serve(boss, slot));
      await Promise.all([looking, ...serving]);
    } finally {
      stopListening();
      await this.#engine.close();
    }
  }

  /** A database that is not there yet is waited for. */
  async #connect(): Promise<PgBoss | undefined> {
    const {clock, warn} = this.options;
    const {signal} = this.#draining;
    for (let said = ''; !signal.aborted; ) {
      try {
        return await this.#engine.boss();
      } catch (error) {
        if (!(error instanceof MilestoneError) || error.code !== 'WORKERS_UNREACHABLE') throw error;
        if (said !== error.message) warn(error.message);
        said = error.message;
        await clock.sleep(CONNECT_REST_MS, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #lookForQueues(boss: PgBoss): Promise<void> {
    const {labels} = this.options;
    const all = await boss.getQueues().catch(() => undefined);
    const fitting = all
      ?.map(({name}) => name)
      .filter(name => labelsOfQueue(name)?.every(label => labels.includes(label)));
    if (fitting) this.#queues = fitting;
  }

  /** Have a slot work on one job after the other. */
  async #serve(boss: PgBoss, slot: number): Promise<void> {
    // Not all look into the same one.
    for (let turn = slot; !this.#draining.signal.aborted; turn++)
      await this.#lookInto(boss, this.#queues[turn % this.#queues.length] as string, slot);
  }

  /** Take the next job of a queue and work on it, if there is one soon. */
  async #lookInto(boss: PgBoss, queue: string, slot: number): Promise<void> {
    const {clock, once} = this.options;
    const taken = new AbortController();
    const polling = {pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2, heartbeatRefreshSeconds: REFRESH_S};
    const id = await boss.work<Order>(queue, {...polling, includeMetadata: true}, async ([job]) => {
      taken.abort();
      if (once) this.#draining.abort();
      await this.#handle(boss, job as JobWithMetadata<Order>, slot);
    });
    const turnMs = this.#queues.length > 1 ? TURN_MS : LOOK_FOR_QUEUES_MS;
    await clock.sleep(turnMs, AbortSignal.any([taken.signal, this.#draining.signal])).catch(() => undefined);
    // Resolves when what it has taken is done.
    await boss.offWork(queue, {id, wait: true});
  }

  async #handle(boss: PgBoss, job: JobWithMetadata<Order>, slot: number): Promise<void> {
    const {clock, version, warn, say} = this.options;
    const order = job.data;
    const key = `${job.id}.${job.retryCount}`;
    const stop = new StopSource();
    this.#running.set(key, stop);
    const loseClaim = () => stop.abort(new StopReason(interrupted('the coordinator took it back')));
    if (job.signal.aborted) loseClaim();
    else job.signal.addEventListener('abort', loseClaim, {once: true});
    if (this.#draining.signal.aborted && !this.options.once) stop.abort(new StopReason(this.#ending));
    const logFile = path.join(this.own.folder, 'logs', `${key}.log`);
    const reporter = new Reporter({
      send: async report => void (await boss.send(reportsQueue(order.execution), report)),
      job: order.job,
      worker: this.own.name,
      logFile,
      redactor: this.#redactor,
      clock,
    });
    try {
      say(subjectOf(order));
      makeFolder(path.dirname(logFile));
      // What checks print is handed in with them.
      const isFollowed = order.kind === 'attempt';
      if (isFollowed) reporter.follow();
      const handover = await deliver({
        order,
        delivery: job.retryCount,
        slot,
        worker: {name: this.own.name, version},
        clones: this.#clones,
        env: this.options.env,
        token: newToken(),
        logFile,
        reporter,
        clock,
        redactor: this.#redactor,
        stop,
        hurry: this.#hurrying.signal,
        warn,
      });
      if (isFollowed) await reporter.finish();
      const isTaken = await this.#handIn(boss, job, handover);
      await reporter.over();
      say(`${subjectOf(order)}: ${gistOf(handover, isTaken)}`);
      if (isLost(handover) && !stop.aborted) await clock.sleep(REST_MS, this.#draining.signal).catch(() => undefined);
    } finally {
      job.signal.removeEventListener('abort', loseClaim);
      this.#running.delete(key);
      fs.rmSync(logFile, {force: true});
    }
  }

  /**
   * The engine takes it only from who holds the job now. A database that is away is waited for, as long as the claim lasts.
   * @returns Whether it was taken.
   */
  async #handIn(boss: PgBoss, job: JobWithMetadata<Order>, handover: Handover): Promise<boolean> {
    const {clock, warn} = this.options;
    const {id, name, retryCount} = job;
    for (let said = false; ; said = true) {
      if (job.signal.aborted) return false;
      try {
        const {affected} = (await boss.complete(name, {id, retryCount}, handover)) as {affected?: number};
        return affected === 1;
      } catch (error) {
        if (!said) warn(`${subjectOf(job.data)}: cannot be handed in yet: ${(error as Error).message}`);
        if (this.#hurrying.signal.aborted) return false;
        await clock.sleep(HAND_IN_REST_MS, this.#hurrying.signal).catch(() => undefined);
      }
    }
  }

  get #ending(): Outcome {
    return interrupted(`the worker \`${this.own.name}\` ended`);
  }

  #onSignal(): (name: string) => void {
    let firstAt: number | undefined;
    return () => {
      const now = this.options.clock.elapsed();
      const isAgain = firstAt !== undefined && now - firstAt <= IMPATIENCE_MS;
      firstAt = now;
      if (isAgain) this.#hurrying.abort();
      this.#draining.abort();
      for (const stop of this.#running.values()) stop.abort(new StopReason(this.#ending, isAgain));
    };
  }
}

function interrupted(why: string): Outcome {
  return {kind: 'interrupted', message: `was interrupted: ${why}`, executor_died: false};
}

function isLost({result}: Handover): boolean {
  return result.kind === 'ended' && result.outcome.kind === 'interrupted' && result.outcome.worker_lost === true;
}

function passwordOf(connect: string): string | undefined {
  try {
    return decodeURIComponent(new URL(connect).password);
  } catch {
    return undefined;
  }
}
