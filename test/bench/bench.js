// Measures what the README promises about speed: ratios inside one run, candidates in turn, medians.
//
//   npm run bench [-- --only <name>[,<name>]] [--rounds <n>]

import {parseArgs} from 'node:util';
import {removeFolders} from './measure.js';
import {night} from './night.js';
import {page} from './page.js';
import {queue} from './queue.js';
import {start} from './start.js';
import {scale, throughput} from './throughput.js';
import {idle, longLog} from './waiting.js';
import {workers} from './workers.js';

// What is quick comes first: what writes much keeps the disk busy for long after.
const BENCHMARKS = {start, page, longLog, idle, throughput, queue, night, workers, scale};

const {values} = parseArgs({options: {only: {type: 'string'}, rounds: {type: 'string'}}});
const names = values.only?.split(',') ?? Object.keys(BENCHMARKS);
const unknown = names.filter(name => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) throw new Error(`no benchmark \`${unknown}\`; there are ${Object.keys(BENCHMARKS).join(', ')}`);

const rows = [];
try {
  for (const name of names) {
    console.error(name);
    rows.push(...(await BENCHMARKS[name](values.rounds && Number(values.rounds))));
  }
  console.log(table(rows));
} finally {
  removeFolders();
}

function table(rows) {
  const lines = rows.map(
    row => `| ${row.what} | ${number(row.value)}${unit(row)} | ${target(row)} | ${verdict(row)} |`,
  );
  return ['| what | measured | target | |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function target({atMost, atLeast, unit: name = ''}) {
  if (atMost !== undefined) return `at most ${number(atMost)} ${name}`.trim();
  return atLeast === undefined ? '' : `at least ${number(atLeast)} ${name}`.trim();
}

function verdict({value, atMost = Infinity, atLeast = -Infinity}) {
  return value <= atMost && value >= atLeast ? '' : 'missed';
}

function number(value) {
  return value >= 20 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}

function unit({unit: name}) {
  return name ? ` ${name}` : '';
}
