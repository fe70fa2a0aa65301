// What the measurements have in common: candidates in turn, medians, programs timed from outside.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));
const PEAK = fileURLToPath(new URL('peak.cjs', import.meta.url));

/**
 * Measure candidates in turn, so that a busy minute of the machine hits all of them alike; each value is told at once.
 * @param {Record<string, () => Promise<number> | number>} candidates each returns its measured value
 * @returns {Promise<Record<string, number>>} median of each
 */
export async function inTurn(rounds, candidates) {
  const values = Object.fromEntries(Object.keys(candidates).map(name => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(candidates)) {
      const value = await measure();
      values[name].push(value);
      console.error(`  ${round + 1}/${rounds} ${name}: ${value.toFixed(0)} ms`);
    }
  }
  return mapValues(values, median);
}

export function mapValues(object, make) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, make(value, name)]));
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of all measurements. Removed at the very end: on some file systems, making files is slow while others are removed. */
const top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bench-')));

/** A temporary folder for one measurement. */
export async function inFolder(work) {
  return work(fs.mkdtempSync(path.join(top, 'm-')));
}

export function removeFolders() {
  fs.rmSync(top, {recursive: true, force: true});
}

/**
 * Run a Node program to its end.
 * @returns wall time in milliseconds
 * @throws unless it exits as expected
 */
export async function timeNode(args, {cwd, env = {}, exit = 0}) {
  const begun = process.hrtime.bigint();
  const child = spawn(process.execPath, args, {cwd, env: cleanEnv(cwd, env), stdio: ['ignore', 'ignore', 'pipe']});
  const errors = [];
  child.stderr.on('data', data => errors.push(data));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  if (code !== exit) throw new Error(`${args.join(' ')} exits ${code}:\n${Buffer.concat(errors)}`);
  return ms;
}

/** Time of the processor that all programs took which were started here and have ended, and all that those started; ms. */
export function processorMs() {
  const stat = fs.readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[13]) + Number(fields[14])) / TICKS_PER_S) * 1000;
}

/** Linux counts a process's time in hundredths of a second. */
export const TICKS_PER_S = 100;

/**
 * Peak memory of a program and of the Node programs that it starts, as the kernel accounts it.
 * @returns MiB: of the program itself, and of the largest one it started (0 if none)
 */
export async function peakMemory(args, {cwd, exit = 0}) {
  const folder = path.join(cwd, 'peaks');
  fs.mkdirSync(folder);
  await timeNode(args, {cwd, exit, env: {NODE_OPTIONS: `--require ${PEAK}`, PEAK_FOLDER: folder}});
  const peaks = fs.readdirSync(folder).map(name => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')));
  const largest = list => Math.max(0, ...list.map(({kib}) => kib)) / 1024;
  return {
    own: largest(peaks.filter(({parent}) => parent === process.pid)),
    started: largest(peaks.filter(({parent}) => parent !== process.pid)),
  };
}

/** The caller's own settings must not change what is measured. */
export function cleanEnv(folder, extra = {}) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: os.tmpdir(),
    XDG_STATE_HOME: path.join(path.dirname(folder), `${path.basename(folder)}-state`),
    GIT_CONFIG_GLOBAL: path.join(folder, '.git-bench'),
    GIT_CONFIG_NOSYSTEM: '1',
    NO_COLOR: '1',
    ...extra,
  };
}

/** Ids and dependencies of a graph in which every task of a layer waits for three of the layer before; or of none. */
export function graph(size, shape) {
  const id = index => `t${String(index).padStart(5, '0')}`;
  const width = 10;
  return Array.from({length: size}, (_, index) => {
    const layer = Math.floor(index / width);
    if (shape === 'flat' || layer === 0) return {id: id(index), dependencies: []};
    const above = [0, 1, 2].map(step => (layer - 1) * width + ((index + step) % width));
    return {id: id(index), dependencies: above.map(id)};
  });
}

/** Write a plan; `run` gives the command of each task. */
export function writePlan(folder, tasks, {run = () => 'true', settings = {}} = {}) {
  const lines = tasks.map(({id, dependencies}, index) =>
    JSON.stringify({id, title: `Task ${id}`, run: run(index), ...(dependencies.length > 0 && {dependencies})}),
  );
  const active = path.join(folder, '.milestones/active');
  fs.mkdirSync(active, {recursive: true});
  const head = `id: bench\ntitle: Benchmark\nsettings: ${JSON.stringify({max_parallel: 2, ...settings})}\ntasks:\n`;
  fs.writeFileSync(path.join(active, 'bench.yaml'), `${head}${lines.map(line => `  - ${line}\n`).join('')}`);
}
