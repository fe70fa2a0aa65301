// `milestone worker`: takes attempts that its labels fit, one in each slot, until it is told to end.
//
//   a slot looks into one queue after the other ─> engine gives out a job ─> delivery ─> handed in, fenced by its number
//     ^                                                                                      │
//     └──────────────────────────────────────────────────────────────────────────────────────┘
//
// S1. The address of the database stays here: no attempt sees it.
// S2. A slot looks into one queue at a time, and into none while it works: what it cannot begin is left to others.

import path from 'node:path';
import type {JobWithMetadata, PgBoss} from 'pg-boss';
import {MilestoneError} from '../errors.ts';
import type {Clock} from '../platform/clock.ts';
import {every} from '../platform/every.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {createRedactor} from '../platform/redact.ts';
import {Engine, REFRESH_S} from '../workers/engine.ts';
import {askingOf, queueOf} from '../workers/names.ts';
import {type Order, PROTOCOL} from '../workers/port.ts';
import {writeWorkerName} from '../workers/worker-name.ts';
import {Clones} from './clones.ts';
import {Jobs} from './jobs.ts';
import {removeOldQueues} from './old-queues.ts';
import {type OwnFolder, takeOwnFolder} from './own-folder.ts';

export interface ServeOptions {
  /** Address of the database. */
  connect: string;
  labels: readonly string[];
  /** Pools whose jobs it takes; at least one. */
  pools: readonly string[];
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

const QUEUES_POLL_MS = 2_000;
/** For a slot to look into a queue, where there are others. */
const TURN_MS = 300;
const CONNECT_REST_MS = 2_000;
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
  readonly #engine: Engine;
  readonly #jobs: Jobs;
  /** Aborts when nothing new is to be taken. */
  readonly #draining = new AbortController();
  /** Of jobs that its labels fit. */
  #queues: readonly string[];

  constructor(
    private readonly options: ServeOptions,
    private readonly own: OwnFolder,
  ) {
    const {env, connect, labels, pools, slots, version, clock, once} = options;
    const {name, id} = own;
    const said = {name, id, version, protocol: PROTOCOL, labels: [...labels].sort(), queues: [...pools], slots};
    this.#queues = pools.map(pool => queueOf({pool, labels: []}));
    this.#engine = new Engine({connect: () => connect, name: writeWorkerName(said), connections: slots + 3});
    this.#jobs = new Jobs({
      ...options,
      own,
      clones: new Clones({
        folder: path.join(own.folder, 'clones'),
        env,
        now: () => clock.now(),
        isQuiet: () => this.#jobs.count <= 1,
      }),
      redactor: createRedactor({...env, MILESTONE_WORKERS_TOKEN: passwordOf(connect)}),
      // Who takes one alone is told to take no other, and not to break off that one.
      isEnding: () => this.#draining.signal.aborted && !once,
      draining: this.#draining.signal,
    });
  }

  async toTheEnd(): Promise<void> {
    const {signals, clock, slots, say} = this.options;
    const stopListening = signals.listen(this.#onSignal());
    try {
      const boss = await this.#connect();
      if (!boss) return;
      for (const queue of this.#queues) await boss.createQueue(queue, {notify: true});
      await removeOldQueues(boss, this.own.id).catch(() => undefined); // the next one does
      say(`worker ${this.own.name} waits for work`);
      const finding = every(QUEUES_POLL_MS, {clock, signal: this.#draining.signal}, () => this.#findQueues(boss));
      const serving = Array.from({length: slots}, (_, index) => this.#serve(boss, index));
      await Promise.all([finding, ...serving]);
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
        if (said !== error.message) warn(`${error.message}; it is tried again until it answers (${error.hint})`);
        said = error.message;
        await clock.sleep(CONNECT_REST_MS, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #findQueues(boss: PgBoss): Promise<void> {
    const all = await boss.getQueues().catch(() => undefined);
    if (all) this.#queues = all.map(({name}) => name).filter(name => this.#fits(name));
  }

  #fits(queue: string): boolean {
    const {labels, pools} = this.options;
    const asking = askingOf(queue);
    if (!asking) return false;
    if ('worker' in asking) return asking.worker === this.own.id;
    return pools.includes(asking.pool) && asking.labels.every(label => labels.includes(label));
  }

  /** Work on one job after the other. @param index Of those that do so beside each other: not all look into one queue. */
  async #serve(boss: PgBoss, index: number): Promise<void> {
    for (let turn = index; !this.#draining.signal.aborted; turn++)
      await this.#takeFrom(boss, this.#queues[turn % this.#queues.length] as string);
  }

  /** Take the next job of a queue and work on it, if there is one soon. */
  async #takeFrom(boss: PgBoss, queue: string): Promise<void> {
    const {clock, once} = this.options;
    const taken = new AbortController();
    const polling = {pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2, heartbeatRefreshSeconds: REFRESH_S};
    const id = await boss.work<Order>(queue, {...polling, includeMetadata: true}, async ([job]) => {
      taken.abort();
      if (once) this.#draining.abort();
      await this.#jobs.work(boss, job as JobWithMetadata<Order>);
    });
    const turnMs = this.#queues.length > 1 ? TURN_MS : QUEUES_POLL_MS;
    await clock.sleep(turnMs, AbortSignal.any([taken.signal, this.#draining.signal])).catch(() => undefined);
    // Resolves when what it has taken is done.
    await boss.offWork(queue, {id, wait: true});
  }

  #onSignal(): (name: string) => void {
    let firstAt: number | undefined;
    return () => {
      const now = this.options.clock.elapsed();
      const isAgain = firstAt !== undefined && now - firstAt <= IMPATIENCE_MS;
      firstAt = now;
      this.#draining.abort();
      this.#jobs.stopAll(isAgain);
    };
  }
}

function passwordOf(connect: string): string | undefined {
  try {
    return decodeURIComponent(new URL(connect).password);
  } catch {
    return undefined;
  }
}
