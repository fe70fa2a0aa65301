// Reads the lines of a file that another process still writes, without ever holding much of it.

import fs from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {fileError} from './files.ts';

export interface FollowOptions {
  /** Byte to begin at. */
  offset: number;
  /** Whether a line longer than 1 MiB, which begins so, is handed on nevertheless (up to 16 MiB). */
  keepsLong(head: string): boolean;
  /** Called with each line, without its end. */
  onLine(line: string): void;
}

const CHUNK_BYTES = 256 * 1024;
/** Chunks between two turns of the event loop. */
const CHUNKS_PER_TURN = 8;
const LONG_BYTES = 1024 * 1024;
const LONGEST_BYTES = 16 * LONG_BYTES;
/** Bytes that `keepsLong` sees. */
const HEAD_BYTES = 512;
const NEWLINE = 0x0a;
/** All read through the same one, chunk by chunk. */
let scratch: Buffer | undefined;

/** Follows one file; `poll` reads what is new. */
export class LineFollower {
  #offset: number;
  /** The line that has begun, in the pieces that it came in. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** The line that has begun is too long: nothing of it is kept. */
  #isSkipping = false;
  /** It is long, and asked for. */
  #isWanted = false;
  #polling: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly options: FollowOptions,
  ) {
    this.#offset = options.offset;
  }

  /**
   * Hand on the lines that are whole by now. Calls never overlap.
   * @throws {MilestoneError} `IO_FAILED` when the file cannot be read.
   */
  poll(): Promise<void> {
    this.#polling = this.#polling.then(() => this.#readNew());
    return this.#polling;
  }

  /** As `poll`, and the last line also without its end: nothing will follow. */
  async finish(): Promise<void> {
    await this.poll();
    this.#endLine();
  }

  async #readNew(): Promise<void> {
    let fd: number | undefined;
    try {
      fd = fs.openSync(this.file, 'r');
      for (let chunk = 1; this.#readChunk(fd); chunk++) if (chunk % CHUNKS_PER_TURN === 0) await nextTurn();
    } catch (error) {
      throw fileError(error, `read \`${this.file}\``);
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
  }

  /** @returns False at the end of the file. */
  #readChunk(fd: number): boolean {
    const rest = fs.fstatSync(fd).size - this.#offset;
    if (rest <= 0) return false;
    scratch ??= Buffer.allocUnsafe(CHUNK_BYTES);
    const count = fs.readSync(fd, scratch, 0, Math.min(CHUNK_BYTES, rest), this.#offset);
    this.#offset += count;
    this.#take(scratch.subarray(0, count));
    return count > 0;
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    if (this.#isSkipping) return;
    this.#pieces.push(Buffer.from(piece)); // a copy: the chunk is overwritten by the next
    this.#length += piece.length;
    if (this.#length <= LONG_BYTES) return;
    this.#isWanted ||= this.options.keepsLong(Buffer.concat(this.#pieces).toString('utf8', 0, HEAD_BYTES));
    if (this.#isWanted && this.#length <= LONGEST_BYTES) return;
    this.#isSkipping = true;
    this.#pieces = [];
  }

  #endLine(): void {
    const line = Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '');
    this.#pieces = [];
    this.#length = 0;
    this.#isSkipping = false;
    this.#isWanted = false;
    if (line !== '') this.options.onLine(line);
  }
}
