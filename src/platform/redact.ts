// Keeps secrets of the environment out of what is written down: logs, events, prompts, reports.

import fs from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {fileError, writeAll} from './files.ts';
import {TOKEN_VARIABLE} from './processes/tokens.ts';

export interface Redactor {
  /** The text with `***` in place of every secret. */
  redactText(text: string): string;
  /**
   * Overwrite every secret in a file with `*` of the same length, in place, whatever the file's size.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
   */
  redactFile(file: string): Promise<void>;
}

/** Shorter ones would be found inside innocent words. */
const SHORTEST = 8;
const SECRET_NAME =
  /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|(^|_)(KEY|PASS|PWD)(_|$)|AUTH(?!OR(?!I[SZ]))/i;
/** Values that say nothing, and words that a log may be full of. */
const COMMON = new Set(['disabled', 'required', 'undefined', 'password', 'postgres', 'changeme', 'localhost']);
const CHUNK_BYTES = 256 * 1024;
/** Chunks between two turns of the event loop. */
const CHUNKS_PER_TURN = 8;

/** A redactor of the secrets that `env` holds: values of variables whose names look like it. */
export function createRedactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const secrets = findSecrets(env);
  if (secrets.length === 0) return {redactText: text => text, redactFile: async () => {}};
  const pattern = new RegExp(secrets.map(escapePattern).join('|'), 'g');
  const needles = secrets.map(secret => Buffer.from(secret));
  return {
    redactText: text => text.replace(pattern, '***'),
    redactFile: file => redactFile(file, needles),
  };
}

/** The longest first, so that one which contains another is found whole. */
function findSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(env)
    .filter(([name]) => name !== TOKEN_VARIABLE && SECRET_NAME.test(name))
    .map(([, value = '']) => value.trim());
  return [...new Set(values)].filter(isTelling).sort((a, b) => b.length - a.length);
}

function isTelling(value: string): boolean {
  if (value.length < SHORTEST || COMMON.has(value.toLowerCase())) return false;
  // A secret may begin with a slash; what exists is a path (a socket, a key file).
  return !(/^[~./]/.test(value) && fs.existsSync(value));
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

async function redactFile(file: string, needles: readonly Buffer[]): Promise<void> {
  try {
    if (!fs.statSync(file, {throwIfNoEntry: false})?.size) return;
    const fd = fs.openSync(file, 'r+');
    try {
      await redactOpen(fd, needles);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, `take secrets out of \`${file}\``);
  }
}

async function redactOpen(fd: number, needles: readonly Buffer[]): Promise<void> {
  const overlap = Math.max(...needles.map(needle => needle.length)) - 1;
  const buffer = Buffer.allocUnsafe(overlap + CHUNK_BYTES);
  let kept = 0; // bytes of the last chunk that a secret may begin in, as they were before any overwriting
  let offset = 0; // where in the file the buffer begins
  for (let chunk = 1; ; chunk++) {
    const count = fs.readSync(fd, buffer, kept, CHUNK_BYTES, offset + kept);
    if (count === 0) return;
    const window = buffer.subarray(0, kept + count);
    for (const needle of needles) overwriteAll(fd, window, needle, offset);
    kept = Math.min(overlap, window.length);
    offset += window.length - kept;
    buffer.copyWithin(0, window.length - kept, window.length);
    if (chunk % CHUNKS_PER_TURN === 0) await nextTurn();
  }
}

function overwriteAll(fd: number, window: Buffer, needle: Buffer, offset: number): void {
  for (let at = window.indexOf(needle); at !== -1; at = window.indexOf(needle, at + 1))
    writeAll(fd, Buffer.alloc(needle.length, '*'), offset + at);
}
