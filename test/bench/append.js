// The event log beside the least that a durable line can cost: one write and one fdatasync.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {build} from 'esbuild';
import {inFolder, inTurn} from './measure.js';

const SOURCE = fileURLToPath(new URL('../../src/events/log.ts', import.meta.url));
const TIMES = 200;
const EVENT = {event: 'task_claimed', details: {task_id: 'login', attempt: 1, result: {summary: 'x'.repeat(60)}}};

/** Events a second, alone and 100 at a time, and raw lines of the same length. */
export function append(rounds = 15) {
  return inFolder(async folder => {
    const log = await openLog(folder);
    const raw = fs.openSync(path.join(folder, 'raw'), 'a');
    const line = Buffer.from(`${'x'.repeat(250)}\n`);
    const perSecond = await inTurn(rounds, {
      raw: () => rate(TIMES, () => rawAppend(raw, line)),
      alone: () => rate(TIMES, () => appendMany(log, 1)),
      together: () => rate(TIMES, () => appendMany(log, 100)).then(batches => batches * 100),
    });
    return [
      {what: 'one appended event / raw write + fdatasync', value: perSecond.raw / perSecond.alone, atMost: 1.2},
      {
        what: 'rate of 100 concurrent appends / of single ones',
        value: perSecond.together / perSecond.alone,
        atLeast: 30,
      },
    ];
  });
}

async function openLog(folder) {
  const outfile = path.join(folder, 'log.mjs');
  await build({entryPoints: [SOURCE], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning'});
  const {EventLog} = await import(pathToFileURL(outfile).href);
  const clock = {now: () => Date.now(), elapsed: () => performance.now()};
  return EventLog.open(path.join(folder, 'log.jsonl'), {milestoneId: 'bench', sessionId: 'session-bench', clock});
}

function rawAppend(fd, line) {
  fs.writeSync(fd, line);
  fs.fdatasyncSync(fd);
}

async function appendMany(log, count) {
  for (let n = 0; n < count; n++) log.append(EVENT);
  await log.durable();
}

async function rate(times, work) {
  const begun = performance.now();
  for (let n = 0; n < times; n++) await work();
  return (1000 * times) / (performance.now() - begun);
}
