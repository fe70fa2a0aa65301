// The connection to pg-boss, for coordinators and workers alike. Leases, heartbeats, their watch and the fence between two
// deliveries of a job are the engine's.

import type {PgBoss} from 'pg-boss';
import {MilestoneError} from '../errors.ts';
import {loadPgBoss} from './load-pg-boss.ts';

/** Seconds without a sign of life after which a job is lost; the least that leaves room for two missed ones. */
export const HEARTBEAT_S = 15;
/** Between two signs of life, and between two looks for those that are missing. */
export const REFRESH_S = 5;
const CONNECT_MS = 5_000;

/** The engine's tables. */
const SCHEMA = 'milestone';

export interface EngineOptions {
  /** Address of the database, asked for at the first use. @throws {MilestoneError} `NO_WORKERS` */
  connect(): string;
  /** What this process is called in the engine's list of processes. */
  name: string;
  /** Connections to the database at a time. */
  connections: number;
}

/** Connects at the first use, and again after a failure. */
export class Engine {
  #boss: Promise<PgBoss> | undefined;
  #isClosed = false;

  constructor(private readonly options: EngineOptions) {}

  /**
   * The engine, running.
   * @throws {MilestoneError} `WORKERS_UNREACHABLE`, `NO_WORKERS`
   */
  boss(): Promise<PgBoss> {
    if (this.#isClosed) return Promise.reject(unreachable('the connection is closed'));
    this.#boss ??= this.#start().catch(error => {
      this.#boss = undefined;
      throw error;
    });
    return this.#boss;
  }

  /** Ask something of the engine. @throws {MilestoneError} `WORKERS_UNREACHABLE`, `NO_WORKERS` */
  async ask<Answer>(question: (boss: PgBoss) => Promise<Answer>): Promise<Answer> {
    const boss = await this.boss();
    try {
      return await question(boss);
    } catch (error) {
      throw unreachable((error as Error).message, error);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const boss = await this.#boss?.catch(() => undefined);
    // What it works on was handed in, or is given up.
    await boss?.stop({graceful: false, close: true}).catch(() => undefined);
  }

  async #start(): Promise<PgBoss> {
    const {PgBoss: Boss} = await loadPgBoss();
    const {name, connections} = this.options;
    const boss = new Boss({
      connectionString: this.options.connect(),
      schema: SCHEMA,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: 'milestone',
      useListenNotify: true,
      schedule: false,
      superviseIntervalSeconds: REFRESH_S,
      monitorIntervalSeconds: REFRESH_S,
      instanceName: name,
      instanceHeartbeatSeconds: REFRESH_S,
      openTelemetry: {enabled: false},
    });
    // Without a listener an error would end the process. What matters is told to whoever asks.
    boss.on('error', () => undefined);
    try {
      await boss.start();
      return boss;
    } catch (error) {
      await boss.stop({graceful: false, close: true}).catch(() => undefined);
      throw unreachable((error as Error).message || String((error as {code?: string}).code), error);
    }
  }
}

function unreachable(why: string, cause?: unknown): MilestoneError {
  if (cause instanceof MilestoneError) return cause;
  return new MilestoneError('WORKERS_UNREACHABLE', `the workers' database cannot be reached: ${why}`, {
    hint: 'see that it runs and that its address (`workers.connect`) is right',
    cause,
  });
}
