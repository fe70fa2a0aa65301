// What an executor costs that waits for hours, and what a look at a long log takes.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {cleanEnv, graph, inFolder, inTurn, MILESTONE, TICKS_PER_S, timeNode, writePlan} from './measure.js';

const EVENTS = 200_000;
const IDLE_S = 30;

/** Time of the processor and memory of an executor whose one task takes for ever. */
export function idle() {
  return inFolder(async folder => {
    writePlan(folder, graph(1, 'flat'), {run: () => 'touch started; exec sleep 3600'});
    const args = [MILESTONE, 'execute', 'bench', '--no-git'];
    const executor = spawn(process.execPath, args, {cwd: folder, env: cleanEnv(folder), stdio: 'ignore'});
    const ended = new Promise(resolve => executor.once('close', resolve));
    try {
      while (!fs.existsSync(path.join(folder, 'started'))) await sleep(50);
      await sleep(2_000); // what the start has left over
      const before = processorS(executor.pid);
      await sleep(IDLE_S * 1000);
      const used = processorS(executor.pid) - before;
      return [
        {what: 'processor time of an executor that waits an hour', value: (used / IDLE_S) * 3600, unit: 's'},
        {what: 'its memory', value: residentMiB(executor.pid), unit: 'MiB'},
      ];
    } finally {
      executor.kill('SIGTERM');
      await ended;
    }
  });
}

/** `status` and `log --last 20` where the log has 200,000 events. */
export function longLog(rounds = 5) {
  return inFolder(async folder => {
    writePlan(folder, graph(20, 'flat'));
    await timeNode([MILESTONE, 'execute', 'bench', '--no-git', '--only', 't00000'], {cwd: folder, exit: 0});
    lengthen(path.join(folder, '.milestones/logs/execution-bench.jsonl'));
    await timeNode([MILESTONE, 'status', 'bench'], {cwd: folder});
    const ms = await inTurn(rounds, {
      node: () => timeNode(['-e', '0'], {cwd: folder}),
      status: () => timeNode([MILESTONE, 'status', 'bench'], {cwd: folder}),
      log: () => timeNode([MILESTONE, 'log', 'bench', '--last', '20'], {cwd: folder}),
    });
    return [
      {what: '`milestone status` on a log of 200,000 events / `node -e 0`', value: ms.status / ms.node},
      {what: '`milestone log --last 20` on the same / `node -e 0`', value: ms.log / ms.node},
    ];
  });
}

/** A log as a very long night leaves it: its session was saved every half minute. */
function lengthen(file) {
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  const {sum: _, seq, ...last} = JSON.parse(lines.at(-1));
  const added = [];
  for (let number = seq + 1; number <= EVENTS; number++) {
    const event = {...last, seq: number, event: 'session_saved', details: {resume_points: 1}};
    const text = JSON.stringify({seq: number, ...event}).slice(0, -1);
    added.push(`${text},"sum":"${crc32(text)}"}\n`);
  }
  fs.appendFileSync(file, added.join(''));
}

const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as in the log: IEEE 802.3, eight lower-case hex digits. */
function crc32(text) {
  let value = 0xffffffff;
  for (const byte of Buffer.from(text)) value = (value >>> 8) ^ TABLE[(value ^ byte) & 0xff];
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

function processorS(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function residentMiB(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}
