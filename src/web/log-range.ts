import fs from 'node:fs';
import type {Context} from 'hono';
import {MilestoneError} from '../errors.ts';
import {sizeOf} from '../platform/attempt-log.ts';

/** Of one answer: a log may be larger than all memory. */
const MOST_BYTES = 256 * 1024;

/**
 * Part of what an attempt has printed, as bytes: `?from=<byte>`, negative from the end. `Log-From` says where it
 * begins, `Log-Size` how much there is.
 * @throws {MilestoneError} `USAGE`, `LOG_MISSING`
 */
export async function logRange(context: Context, file: string): Promise<Response> {
  const asked = context.req.query('from') ?? '0';
  if (!/^-?\d{1,15}$/.test(asked)) throw new MilestoneError('USAGE', '`from` is not a number of bytes');
  const size = sizeOf(file);
  if (!fs.existsSync(file)) throw new MilestoneError('LOG_MISSING', 'this attempt has printed nothing here');
  const wanted = Number(asked);
  const from = Math.min(Math.max(wanted < 0 || Object.is(wanted, -0) ? size + wanted : wanted, 0), size);
  const bytes = await readBytes(file, from, Math.min(size - from, MOST_BYTES));
  return context.body(bytes, 200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Log-From': String(from),
    'Log-Size': String(size),
  });
}

async function readBytes(file: string, from: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await fs.promises.open(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    const bytes = new Uint8Array(count);
    const {bytesRead} = await handle.read(bytes, 0, count, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
