// The one writer of a log.
//
//   append ──> batch ──(end of turn)──> lock check ──> write ──> fdatasync ──> durable ──> listeners
//                                           │            │           │
//                                           └────────────┴───────────┴──> dead: nothing is accepted any more
//
// What is appended while a sync is under way makes one batch, which goes to disk when that has ended.
//
// L1. Memory may be ahead of the disk, the world never: whoever acts on an event waits for `durable()`.
// L2. A log that has failed once stays dead. After a failed sync the kernel may drop pages and then report success, so
//     only a new process, which reads the log afresh, knows what is on disk.
// L3. Timestamps never go backwards, whatever the clock does.
// L4. An event that nothing waits for may share a later sync; it is not held back for long.

import type {Clock} from '../platform/clock.ts';
import {atEndOfTurn} from '../platform/turn.ts';
import type {MilestoneEvent, NewEvent} from './event.ts';
import {LogFile} from './log-file.ts';
import type {LogPosition} from './log-position.ts';
import {openForWriting} from './open-log.ts';
import {encodeRecord} from './record.ts';
import type {Timestamp} from './timestamp.ts';

export interface EventLogOptions {
  milestoneId: string;
  sessionId: string;
  clock: Clock;
  /** Where the caller's own reading of the log ended, while it held the lock; without it the log is read to the end. */
  after?: LogPosition;
  /** Called before bytes reach the file; throws when the lock is no longer ours. */
  beforeSync?: () => void;
}

export type DurableListener = (events: readonly MilestoneEvent[]) => void;

/** What was appended since the last sync. */
interface Batch {
  lines: string[];
  events: MilestoneEvent[];
  synced: Deferred<void>;
  /** It goes to disk at the end of this turn. */
  isDue: boolean;
  /** Ends the wait for others to share the sync. */
  endWait?: () => void;
}

/** L4: milliseconds. Readers see the log through it, a person among them. */
const HELD_BACK_MS = 20;

export class EventLog {
  private batch: Batch | undefined;
  /** It is written, and its sync is under way. */
  private syncing: Batch | undefined;
  /** Number of the last event that is on disk. */
  private syncedSeq: number;
  private failure: unknown;
  private isClosed = false;
  private lastTimestamp: Timestamp;
  private readonly listeners = new Set<DurableListener>();
  private readonly failureListeners = new Set<(failure: unknown) => void>();

  private constructor(
    readonly file: string,
    private readonly out: LogFile,
    private readonly options: EventLogOptions,
    private lastSeq: number,
    private lastAt: number,
  ) {
    this.syncedSeq = lastSeq;
    this.lastTimestamp = new Date(lastAt).toISOString();
  }

  /**
   * Open a log for the holder of its lock; makes it if there is none. A torn tail is cut, and kept in
   * `<log>.torn-<timestamp>`.
   * @throws {MilestoneError} `LOG_CORRUPT`, `LOCK_LOST` when it has grown past `after`, `DISK_FULL`, `READ_ONLY`,
   * `LOG_UNWRITABLE`.
   */
  static open(file: string, options: EventLogOptions): EventLog {
    const {fd, length, seq, lastAt} = openForWriting(file, options.clock, options.after);
    return new EventLog(file, new LogFile(file, fd, length, options.beforeSync), options, seq, lastAt);
  }

  /**
   * Give an event its number and time and queue it for the next sync, which all appends of this turn share.
   * @param accept Whoever folds the events; what it throws keeps the event out of the log.
   * @param options.canWait No effect follows from it: it may share the sync of what is appended next.
   * @throws {MilestoneError} what the log died of, if it did.
   */
  append(
    event: NewEvent,
    accept?: (recorded: MilestoneEvent) => void,
    {canWait = false}: {canWait?: boolean} = {},
  ): MilestoneEvent {
    if (this.failure) throw this.failure;
    if (this.isClosed) throw new Error('the event log is closed');
    const recorded = {
      seq: this.lastSeq + 1,
      timestamp: this.nextTimestamp(),
      event: event.event,
      milestone_id: this.options.milestoneId,
      session_id: this.options.sessionId,
      details: event.details,
    } as MilestoneEvent;
    const line = encodeRecord(recorded);
    accept?.(recorded);
    this.lastSeq = recorded.seq;
    this.batch ??= this.openBatch();
    this.batch.lines.push(line);
    this.batch.events.push(recorded);
    if (canWait) this.holdBack(this.batch);
    else this.makeDue(this.batch);
    return recorded;
  }

  /**
   * Resolves once everything appended so far is on disk (synced), not merely written.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `LOG_UNWRITABLE`, or what `beforeSync` threw; from then on always.
   */
  durable(): Promise<void> {
    if (this.batch) {
      this.makeDue(this.batch);
      return this.batch.synced.promise;
    }
    if (this.syncing) return this.syncing.synced.promise;
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }

  /** Where the synced part ends. */
  get position(): LogPosition {
    return {offset: this.out.syncedLength, seq: this.syncedSeq};
  }

  /**
   * Be told of every batch after its sync, in order, before anyone who waits for it goes on.
   * @returns Ends it.
   */
  onDurable(listener: DurableListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told once what the log died of. */
  onFailure(listener: (failure: unknown) => void): void {
    this.failureListeners.add(listener);
  }

  /**
   * Sync what is queued and close the file; a second call does nothing.
   * @throws {MilestoneError} when that last sync fails.
   */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const isAlive = !this.failure;
    while (this.syncing || this.batch) await this.durable().catch(() => {}); // a listener may append
    this.isClosed = true;
    this.out.close();
    if (isAlive && this.failure) throw this.failure;
  }

  /** L3. A busy turn asks many times in one millisecond, and printing a date is a fifth of the cost of an append. */
  private nextTimestamp(): Timestamp {
    const now = this.options.clock.now();
    if (now > this.lastAt) {
      this.lastAt = now;
      this.lastTimestamp = new Date(now).toISOString();
    }
    return this.lastTimestamp;
  }

  private openBatch(): Batch {
    const batch: Batch = {lines: [], events: [], synced: deferred(), isDue: false};
    batch.synced.promise.catch(() => {}); // nobody may be waiting; the next append or `durable()` says it again
    return batch;
  }

  private holdBack(batch: Batch): void {
    if (!batch.isDue) batch.endWait ??= this.options.clock.alarm(HELD_BACK_MS, () => this.flush(batch));
  }

  private makeDue(batch: Batch): void {
    if (batch.isDue) return;
    batch.isDue = true;
    this.flushAtEndOfTurn(batch);
  }

  private flushAtEndOfTurn(batch: Batch): void {
    atEndOfTurn(() => this.flush(batch));
  }

  private flush(batch: Batch): void {
    if (this.batch !== batch) return;
    batch.isDue = true;
    if (this.syncing) return; // after that
    batch.endWait?.();
    try {
      this.out.append(Buffer.from(batch.lines.join('')));
    } catch (error) {
      this.die(error);
      return;
    }
    this.batch = undefined;
    this.syncing = batch;
    this.out.sync(error => {
      if (error) this.die(error);
      else this.settle(batch);
      if (this.batch?.isDue) this.flushAtEndOfTurn(this.batch); // who has waited may add to it
    });
  }

  private settle(batch: Batch): void {
    this.syncing = undefined;
    this.syncedSeq = batch.events.at(-1)!.seq;
    batch.synced.resolve();
    for (const listener of this.listeners) listener(batch.events);
  }

  private die(failure: unknown): void {
    this.failure = failure;
    const lost = [this.syncing, this.batch];
    this.syncing = undefined;
    this.batch = undefined;
    for (const batch of lost) {
      batch?.endWait?.();
      batch?.synced.reject(failure);
    }
    for (const listener of this.failureListeners) listener(failure);
  }
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

/** What `Promise.withResolvers` gives from Node 22 on. */
function deferred(): Deferred<void> {
  let resolve = () => {};
  let reject = (_: unknown) => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return {promise, resolve, reject};
}
