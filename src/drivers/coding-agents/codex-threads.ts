// Codex's own record of its threads, `sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl`: what it says nowhere
// else of a turn that was cut off.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {type Json, objectOf, parseObject, sumOf} from '../json-line.ts';

/** Where codex keeps its settings and threads. */
export function codexHome(env: Readonly<Record<string, string>>): string {
  return env.CODEX_HOME ?? path.join(env.HOME ?? os.homedir(), '.codex');
}

/** Further from its end no count is looked for: one comes with each answer of the model. */
const SEARCHED_BYTES = 4 * 1024 * 1024;

/** Tokens that a whole thread has used, by its record; undefined where there is none that can be read. */
export function readThreadTokens(home: string, thread: string): number | undefined {
  try {
    const folder = path.join(home, 'sessions');
    const names = fs.readdirSync(folder, {recursive: true, encoding: 'utf8'});
    const name = names
      .filter(one => one.endsWith(`-${thread}.jsonl`))
      .sort()
      .at(-1);
    return name === undefined ? undefined : lastCount(readEnd(path.join(folder, name)));
  } catch {
    return undefined; // an older codex, or one that keeps none
  }
}

/** Tokens that it counts: what is read from a cache is part of the input. */
export function tokensOf(usage: Json | undefined): number | undefined {
  return usage && sumOf(usage, 'input_tokens', 'output_tokens');
}

/** Newer versions record each answer at once, all of them count at the end of a step. */
function lastCount(lines: readonly string[]): number | undefined {
  const counts = lines.filter(line => /"token_(?:count|usage_record)"/.test(line)).map(parseObject);
  return counts
    .map(line => objectOf(line?.payload))
    .map(data => tokensOf(objectOf(data?.thread_token_usage) ?? objectOf(objectOf(data?.info)?.total_token_usage)))
    .findLast(count => count !== undefined);
}

function readEnd(file: string): string[] {
  const fd = fs.openSync(file, 'r');
  try {
    const {size} = fs.fstatSync(fd);
    const end = Buffer.alloc(Math.min(SEARCHED_BYTES, size));
    return end.toString('utf8', 0, fs.readSync(fd, end, 0, end.length, size - end.length)).split('\n');
  } finally {
    fs.closeSync(fd);
  }
}
