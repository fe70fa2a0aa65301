// What a worker works on: each job in a slot of its own, from the delivery to what is handed in.
//
// J1. Whatever this process does or does not do, only the holder of the last delivery can hand in: the engine sees to it.

import fs from 'node:fs';
import path from 'node:path';
import type {JobWithMetadata, PgBoss} from 'pg-boss';
import {StopReason} from '../drivers/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {makeFolder} from '../platform/files.ts';
import {StopSource} from '../platform/processes/stop-signal.ts';
import {newToken} from '../platform/processes/tokens.ts';
import {queueOf, reportsQueue} from '../workers/names.ts';
import type {Handover, Order} from '../workers/port.ts';
import {deliver} from './delivery.ts';
import {gistOf, subjectOf} from './job-words.ts';
import type {OwnFolder} from './own-folder.ts';
import {Reporter} from './reporter.ts';
import {Slots} from './slots.ts';
import type {BenchParts} from './workbench.ts';

export interface JobsParts extends Pick<BenchParts, 'clones' | 'env' | 'clock' | 'redactor' | 'warn'> {
  own: Pick<OwnFolder, 'name' | 'id' | 'folder'>;
  slots: number;
  version: string;
  /** Whether what comes now is to end at once. */
  isEnding(): boolean;
  /** Aborts when nothing new is to be taken. */
  draining: AbortSignal;
  /** Tell a person what goes on. */
  say(message: string): void;
}

/** After the remote or the machine failed: others are to have the next attempt. */
const REST_MS = 15_000;
const HAND_IN_REST_MS = 1_000;

/** A job that was given out, and what ends it before its time. */
interface Taken {
  boss: PgBoss;
  job: JobWithMetadata<Order>;
  logFile: string;
  stop: StopSource;
}

export class Jobs {
  readonly #running = new Map<string, StopSource>();
  readonly #hurrying = new AbortController();
  readonly #slots: Slots;

  constructor(private readonly parts: JobsParts) {
    this.#slots = new Slots(parts.slots);
  }

  /** How many jobs are worked on, from when each is taken. */
  get count(): number {
    return this.#running.size;
  }

  /** End all that runs. @param immediate Without any grace, also what is being ended already. */
  stopAll(immediate: boolean): void {
    if (immediate) this.#hurrying.abort();
    for (const stop of this.#running.values()) stop.abort(new StopReason(this.#ending, immediate));
  }

  /** Work on a job that the engine has given out, until what comes of it is handed in. */
  async work(boss: PgBoss, job: JobWithMetadata<Order>): Promise<void> {
    const key = `${job.id}.${job.retryCount}`;
    const stop = new StopSource();
    const slot = this.#slots.take(wantedSlot(job.data));
    this.#running.set(key, stop);
    const loseClaim = () => stop.abort(new StopReason(interrupted('the coordinator took it back')));
    if (job.signal.aborted) loseClaim();
    else job.signal.addEventListener('abort', loseClaim, {once: true});
    if (this.parts.isEnding()) stop.abort(new StopReason(this.#ending));
    const logFile = path.join(this.parts.own.folder, 'logs', `${key}.log`);
    try {
      await this.#workIn(slot, {boss, job, logFile, stop});
    } finally {
      job.signal.removeEventListener('abort', loseClaim);
      this.#running.delete(key);
      this.#slots.give(slot);
      fs.rmSync(logFile, {force: true});
    }
  }

  async #workIn(slot: number, {boss, job, logFile, stop}: Taken): Promise<void> {
    const {own, clock, version, warn, say, env, clones, redactor, draining} = this.parts;
    const order = job.data;
    say(subjectOf(order));
    makeFolder(path.dirname(logFile));
    const reporter = new Reporter({
      send: async report => void (await boss.send(reportsQueue(order.execution), report)),
      job: order.job,
      worker: own.name,
      logFile,
      redactor,
      clock,
    });
    // What checks print is handed in with them.
    const isFollowed = order.kind === 'attempt';
    if (isFollowed) reporter.follow();
    const handover = await deliver({
      order,
      delivery: job.retryCount,
      ownQueue: queueOf({worker: own.id}),
      slot,
      worker: {name: own.name, version},
      clones,
      env,
      token: newToken(),
      logFile,
      reporter,
      clock,
      redactor,
      stop,
      hurry: this.#hurrying.signal,
      warn,
    });
    if (isFollowed) await reporter.finish();
    const isTaken = await this.#handIn(boss, job, handover);
    await reporter.over();
    say(`${subjectOf(order)}: ${gistOf(handover, isTaken)}`);
    if (isLost(handover) && !stop.aborted) await clock.sleep(REST_MS, draining).catch(() => undefined);
  }

  /**
   * The engine takes it only from who holds the job now. A database that is away is waited for, as long as the claim lasts.
   * @returns Whether it was taken.
   */
  async #handIn(boss: PgBoss, job: JobWithMetadata<Order>, handover: Handover): Promise<boolean> {
    const {clock, warn} = this.parts;
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
    return interrupted(`the worker \`${this.parts.own.name}\` ended`);
  }
}

function interrupted(why: string): Outcome {
  return {kind: 'interrupted', message: `was interrupted: ${why}`, executor_died: false};
}

/** In which a conversation goes on that was begun there. */
function wantedSlot(order: Order): number | undefined {
  return order.kind === 'attempt' ? order.agent?.livesAt?.slot : undefined;
}

function isLost({result}: Handover): boolean {
  return result.kind === 'ended' && result.outcome.kind === 'interrupted' && result.outcome.worker_lost === true;
}
