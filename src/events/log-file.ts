import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {fileError, writeAll} from '../platform/files.ts';
import {areForeignLines} from './foreign-lines.ts';

/** The open file of a log that nobody else may write. */
export class LogFile {
  #length: number;
  #syncedLength: number;

  /** @param beforeSync Called before bytes reach the file; throws when the lock is no longer ours. */
  constructor(
    private readonly file: string,
    private readonly fd: number,
    length: number,
    private readonly beforeSync: (() => void) | undefined,
  ) {
    this.#length = length;
    this.#syncedLength = length;
  }

  /** Bytes that are written and synced. */
  get syncedLength(): number {
    return this.#syncedLength;
  }

  /**
   * Put bytes at the end; they count when they are synced.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `LOG_UNWRITABLE`, `LOCK_LOST`, or what `beforeSync` threw.
   */
  append(bytes: Buffer): void {
    const {fd} = this;
    this.beforeSync?.();
    this.checkFile(fd);
    try {
      writeAll(fd, bytes);
    } catch (error) {
      this.cutBack(fd);
      throw unwritable(error, `write the event log \`${this.file}\``);
    }
    this.#length += bytes.length;
  }

  /**
   * Sync what was appended; nothing may be appended, and the file not be closed, before it has ended.
   * @param onEnd Told of the error, if there was one: `LOG_UNWRITABLE`, `DISK_FULL`, `READ_ONLY`.
   */
  sync(onEnd: (error?: MilestoneError) => void): void {
    fs.fdatasync(this.fd, error => {
      if (error)
        return onEnd(unwritable(error, `sync the event log \`${this.file}\`, so its last events may not be on disk`));
      this.#syncedLength = this.#length;
      onEnd();
    });
  }

  /** A line is worth nothing in a file that is gone, or after lines that this log knows nothing of. */
  private checkFile(fd: number): void {
    const {nlink, size} = fs.fstatSync(fd);
    if (nlink === 0)
      throw new MilestoneError('LOG_UNWRITABLE', `the event log \`${this.file}\` was deleted or replaced`);
    if (size === this.#length) return;
    if (size > this.#length && areForeignLines(readAt(fd, this.#length, size - this.#length))) {
      this.#length = size; // as other programs append; whoever opens the log next takes it out
      return;
    }
    const sizes = `it has ${size} bytes, expected ${this.#length}`;
    throw new MilestoneError('LOCK_LOST', `another process changed the event log \`${this.file}\`: ${sizes}`);
  }

  /** Take back a half-written batch: the next append would turn a torn tail into damage in the middle. */
  private cutBack(fd: number): void {
    try {
      this.beforeSync?.(); // what follows our last good length is another's if the lock is
      fs.ftruncateSync(fd, this.#length);
    } catch {
      // What stays is a torn tail, which every reader knows. The failed write is what is reported.
    }
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, position));
}

function unwritable(error: unknown, doing: string): MilestoneError {
  const known = fileError(error, doing);
  if (known.code !== 'IO_FAILED') return known;
  return new MilestoneError('LOG_UNWRITABLE', known.message, {
    hint: 'run `milestone resume` when the disk is well again',
    cause: error,
  });
}
