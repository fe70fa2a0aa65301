// Workers behind pg-boss, as a coordinator has them. One job is one attempt, or one run of checks: the engine delivers it
// once, and what becomes of a lost one is the coordinator's matter.

import type {JobWithMetadata, PgBoss} from 'pg-boss';
import type {Clock} from '../platform/clock.ts';
import {every} from '../platform/every.ts';
import {Engine, HEARTBEAT_S} from './engine.ts';
import {askingOf, executionOfQueue, reportsQueue} from './names.ts';
import type {Handover, JobRef, Order, Report, Standing, WorkerInfo, WorkerPool} from './port.ts';
import {readWorkerName} from './worker-name.ts';

/** The longest that the engine lets one delivery last. */
const LONGEST_S = 24 * 3600;
/** For making the slot ready, the checks' retries, and bringing the work home. */
const ROOM_S = 3_600;
/** After which the engine forgets a job that is over. */
const FORGET_S = 24 * 3600;
const REPORTS_POLL_S = 1;
const PEEK_MS = 250;
const MOST_PEEKED = 200;

/** Given out once, and lost without a sign of life. Said of each job: workers make queues, too. */
const ONCE = {retryLimit: 0, heartbeatSeconds: HEARTBEAT_S, deleteAfterSeconds: FORGET_S};

export interface PoolOptions {
  /** As `EngineOptions.connect`. */
  connect(): string;
  /** Of the milestone. */
  execution: string;
  /** For who does not execute it: what is reported is looked at and stays, for the next executor to take. */
  peeks?: {clock: Clock};
}

export class BossPool implements WorkerPool {
  readonly #engine: Engine;
  readonly #execution: string;
  /** Queues that are known to be there. */
  readonly #queues = new Set<string>();
  #listener: ((report: Report) => void) | undefined;
  #listens: Promise<void> | undefined;
  readonly #peeks: PoolOptions['peeks'];
  readonly #closing = new AbortController();

  constructor({connect, execution, peeks}: PoolOptions) {
    this.#execution = execution;
    this.#peeks = peeks;
    this.#engine = new Engine({connect, name: `milestone coordinator ${execution}`, connections: 4});
  }

  dispatch(order: Order): Promise<void> {
    const {queue} = order;
    return this.#ask(async boss => {
      await this.#need(boss, queue);
      try {
        // Finished work waits for checks, and others for that.
        const priority = order.kind === 'checks' ? 1 : 0;
        await boss.send(queue, order, {...ONCE, id: order.job, priority, expireInSeconds: lifeOf(order)});
      } catch (error) {
        // Somebody may have removed it.
        this.#queues.delete(queue);
        throw error;
      }
    });
  }

  async cancel({job, queue}: JobRef): Promise<void> {
    await this.#ask(async boss => {
      if (await this.#has(boss, queue)) await boss.cancel(queue, job);
    });
  }

  events(listener: (report: Report) => void): void {
    this.#listener = listener;
  }

  reconcile(refs: readonly JobRef[]): Promise<ReadonlyMap<string, Standing>> {
    return this.#ask(async boss => {
      const found = await Promise.all(
        refs.map(async ({job, queue}) => {
          const [row] = (await this.#has(boss, queue)) ? await boss.findJobs<Order>(queue, {id: job}) : [];
          return [job, standingOf(row)] as const;
        }),
      );
      return new Map(found);
    });
  }

  open(): Promise<JobRef[]> {
    return this.#ask(async boss => {
      const queues = (await boss.getQueues()).map(({name}) => name).filter(name => askingOf(name));
      const jobs = await Promise.all(
        queues.map(async queue => {
          const found = await boss.findJobs<Order>(queue, {data: {execution: this.#execution}, limit: 100_000});
          return found.filter(({state}) => isOpen(state)).map(({id: job}) => ({job, queue}));
        }),
      );
      return jobs.flat();
    });
  }

  workers(): Promise<WorkerInfo[]> {
    return this.#ask(boss => listWorkers(boss));
  }

  async close({isOver}: {isOver: boolean}): Promise<void> {
    if (isOver) await this.#ask(boss => boss.deleteQueue(reportsQueue(this.#execution))).catch(() => undefined);
    this.#closing.abort();
    await this.#engine.close();
  }

  #ask<Answer>(question: (boss: PgBoss) => Promise<Answer>): Promise<Answer> {
    return this.#engine.ask(async boss => {
      this.#listens ??= this.#listen(boss).catch(error => {
        this.#listens = undefined;
        throw error;
      });
      await this.#listens;
      return question(boss);
    });
  }

  async #listen(boss: PgBoss): Promise<void> {
    const queue = reportsQueue(this.#execution);
    if (this.#peeks) return this.#peek(boss, queue, this.#peeks);
    await boss.createQueue(queue, {notify: true, retryLimit: 0, deleteAfterSeconds: 60});
    const options = {batchSize: 200, burstWhenBatchFull: true, pollingIntervalSeconds: REPORTS_POLL_S};
    await boss.work<Report>(queue, {...options, notifyPollingIntervalSeconds: REPORTS_POLL_S}, async jobs => {
      for (const {data} of jobs) this.#listener?.(data);
    });
  }

  async #peek(boss: PgBoss, queue: string, {clock}: {clock: Clock}): Promise<void> {
    let seen: {after?: string} = {};
    const look = async () => {
      if (!(await this.#has(boss, queue))) return;
      const found = await boss.findJobs<Report>(queue, {...seen, queued: true, limit: MOST_PEEKED});
      for (const {id, data} of found) {
        this.#listener?.(data);
        seen = {after: id};
      }
    };
    // What cannot be looked at now is looked at next time.
    void every(PEEK_MS, {clock, signal: this.#closing.signal}, () => look().catch(() => undefined));
  }

  async #need(boss: PgBoss, queue: string): Promise<void> {
    if (this.#queues.has(queue)) return;
    await boss.createQueue(queue, {notify: true});
    this.#queues.add(queue);
  }

  async #has(boss: PgBoss, queue: string): Promise<boolean> {
    if (!this.#queues.has(queue) && (await boss.getQueue(queue))) this.#queues.add(queue);
    return this.#queues.has(queue);
  }
}

/** All workers that the engine has heard of lately. */
export async function listWorkers(boss: PgBoss): Promise<WorkerInfo[]> {
  const instances = await boss.getInstances();
  return instances.flatMap(({name, host, pid, workers, heartbeatOn, live}) => {
    const said = readWorkerName(name);
    if (!said) return [];
    const busy = workers.reduce((sum, {active}) => sum + active, 0);
    return [{...said, host, pid, busy, lastSeen: heartbeatOn.toISOString(), live}];
  });
}

/** Executions to which somebody still may report. */
export async function listReported(boss: PgBoss): Promise<string[]> {
  return (await boss.getQueues()).flatMap(({name}) => executionOfQueue(name) ?? []);
}

/** How long a delivery may last, in seconds. */
function lifeOf(order: Order): number {
  const {timeoutMs, retries} = order.verify;
  const hasChecks = order.kind === 'checks' || order.checks.length > 0;
  const workMs = order.kind === 'checks' ? 0 : (order.limits.timeoutMs ?? Number.POSITIVE_INFINITY);
  const checkMs = hasChecks ? timeoutMs * (retries + 1) : 0;
  return Math.min(LONGEST_S, Math.ceil((workMs + checkMs) / 1_000) + ROOM_S);
}

function isOpen(state: JobWithMetadata['state']): boolean {
  return state === 'created' || state === 'retry' || state === 'active';
}

function standingOf(row: JobWithMetadata<Order> | undefined): Standing {
  switch (row?.state) {
    case undefined:
      return {kind: 'unknown'};
    case 'created':
    case 'retry':
      return {kind: 'waiting'};
    case 'active':
      return {kind: 'active'};
    case 'completed':
      return {kind: 'over', delivery: row.retryCount, handover: row.output as Handover};
    case 'cancelled':
      return {kind: 'cancelled'};
    case 'failed':
      return {kind: 'lost', why: whyOf(row.output)};
  }
}

function whyOf(output: object | null): string {
  const {message, value} = (output ?? {}) as {message?: string; value?: {message?: string} | string};
  return message ?? (typeof value === 'string' ? value : value?.message) ?? 'nobody says why';
}
