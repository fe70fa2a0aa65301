// The connection to pg-boss, for coordinators and workers alike. Leases, heartbeats, their watch and the fence between two
// deliveries of a job are the engine's.

import net from 'node:net';
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
  /** One that the server has refused is left open, and would keep the program from ending. */
  readonly #sockets = new Set<net.Socket>();

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
    this.#dropSockets();
  }

  #dropSockets(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #newSocket(): net.Socket {
    const socket = new net.Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  async #start(): Promise<PgBoss> {
    const {PgBoss: Boss} = await loadPgBoss();
    const {name, connections} = this.options;
    const sockets = {stream: () => this.#newSocket()};
    const boss = new Boss({
      ...sockets,
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
      this.#dropSockets();
      throw unreachable(whyOf(error as Error & {code?: string}), error);
    }
  }
}

function whyOf({message, code}: Error & {code?: string}): string {
  if (NO_PASSWORD.test(message)) return 'it wants a password, and the address has none';
  return message || String(code);
}

/** As the client says it. */
const NO_PASSWORD = /client password must be a (?:non-empty )?string/;

function unreachable(why: string, cause?: unknown): MilestoneError {
  if (cause instanceof MilestoneError) return cause;
  return new MilestoneError('WORKERS_UNREACHABLE', `the workers' database cannot be reached: ${why}`, {
    hint: 'see that it runs and that its address (`workers.connect`) is right',
    cause,
  });
}
