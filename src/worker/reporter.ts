// What a worker lets be seen of an attempt while it works on it: hints, and what the attempt prints.
//
// R1. What is printed goes through the engine: its connection is there already and costs neither a process nor an object in
//     git. It is bounded: so many bytes a second, and so many in all; the end is always sent.
// R2. Pieces are numbered by the byte that they begin at, so that a late or a second one does no harm.

import type {Observation} from '../drivers/driver.ts';
import {readBytes, sizeOf} from '../platform/attempt-log.ts';
import type {Clock} from '../platform/clock.ts';
import {every} from '../platform/every.ts';
import type {Redactor} from '../platform/redact.ts';
import type {Report} from '../workers/port.ts';

/** Bytes of one piece, and so in one second while the attempt works. */
const PIECE_BYTES = 64 * 1024;
const EVERY_MS = 1_000;
/** Bytes of an attempt's output that are sent; of what is beyond that only the last piece. */
const MOST_BYTES = 8 * 1024 * 1024;

type Said = Report extends infer One ? (One extends Report ? Omit<One, 'job' | 'worker'> : never) : never;

export interface ReporterParts {
  /** Rejects when it could not be said. */
  send(report: Report): Promise<void>;
  job: string;
  worker: string;
  logFile: string;
  redactor: Redactor;
  clock: Clock;
}

export class Reporter {
  readonly #over = new AbortController();
  #following: Promise<void> | undefined;
  /** Bytes of the log that are read, and bytes that were sent for them. */
  #read = 0;
  #sent = 0;

  constructor(private readonly parts: ReporterParts) {}

  /** Send what is printed from now on. */
  follow(): void {
    const {clock} = this.parts;
    this.#following = every(EVERY_MS, {clock, signal: this.#over.signal}, async () => {
      await this.#sendPiece(false).catch(() => undefined); // tried again
    });
  }

  working(said: Omit<Extract<Said, {kind: 'working'}>, 'kind'>): void {
    this.#hint({kind: 'working', ...said});
  }

  observed(observation: Observation): void {
    this.#hint({kind: 'observed', observation});
  }

  /** Send what is left of the output. */
  async finish(): Promise<void> {
    this.#over.abort();
    await this.#following;
    const {logFile} = this.parts;
    try {
      while (this.#read < Math.min(sizeOf(logFile), MOST_BYTES)) await this.#sendPiece(true);
      await this.#sendEnd();
    } catch {
      // Nobody hears it: the log here has it.
    }
  }

  over(): Promise<void> {
    return this.#say({kind: 'over'}).catch(() => undefined);
  }

  async #sendPiece(isLast: boolean): Promise<void> {
    const {logFile} = this.parts;
    if (this.#read >= Math.min(sizeOf(logFile), MOST_BYTES)) return;
    const bytes = readBytes(logFile, this.#read, PIECE_BYTES);
    // Whole lines, so that no secret and no character is cut in two; of a line that is longer, what is there.
    const end = bytes.lastIndexOf('\n') + 1;
    const piece = isLast || (end === 0 && bytes.length === PIECE_BYTES) ? bytes : bytes.subarray(0, end);
    if (piece.length === 0) return;
    await this.#print(piece.toString());
    this.#read += piece.length;
  }

  async #sendEnd(): Promise<void> {
    const {logFile} = this.parts;
    const size = sizeOf(logFile);
    if (size <= this.#read) return;
    const from = Math.max(this.#read, size - PIECE_BYTES);
    if (from > this.#read) await this.#print(`\nmilestone: ${from - this.#read} bytes of output are left out here\n`);
    await this.#print(readBytes(logFile, from, PIECE_BYTES).toString());
    this.#read = size;
  }

  /** The engine's tables take no NUL. */
  async #print(text: string): Promise<void> {
    const safe = this.parts.redactor.redactText(text).replaceAll('\0', '\ufffd');
    await this.#say({kind: 'printed', offset: this.#sent, text: safe});
    this.#sent += Buffer.byteLength(safe);
  }

  #hint(said: Said): void {
    void this.#say(said).catch(() => undefined);
  }

  #say(said: Said): Promise<void> {
    const {job, worker, send} = this.parts;
    return send({job, worker, ...said} as Report);
  }
}
