// What it costs that attempts are made by workers, and how soon it is seen that one is gone: real workers on this machine,
// each with slots of its own, a PostgreSQL of their own on loopback, and a bare repository as their remote.

import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import {fileURLToPath} from 'node:url';
import {findNode22} from '../workers/node-22.js';
import {cleanEnv, graph, inFolder, inTurn, MILESTONE, removeFolders, timeNode, writePlan} from './measure.js';

const LONG_S = 10;
const LONG_TASKS = 8;
const PLACES = 4;
const CHECK_S = 2;
const CHECKED_TASKS = 60;
/** Of each worker, where there are several. */
const SLOTS = 2;
const DEATHS = 3;
const NOTICED_S = 35;

/** Overhead of a long task, death of a worker, and how far workers go together. */
export async function workers(rounds = 2) {
  if (!fs.existsSync('/usr/lib/postgresql')) {
    process.stderr.write('left out: there is no PostgreSQL here (Debian: apt-get install postgresql)\n');
    return [];
  }
  const node = tryNode22();
  if (node === undefined) {
    process.stderr.write('left out: there is no Node 22.18 or later here, and npx brings none\n');
    return [];
  }
  if (node !== process.execPath) {
    // Workers need a later Node than this one, and so does what starts their database.
    const answer = execFileSync(node, [fileURLToPath(import.meta.url), String(rounds)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(answer);
  }
  const {Postgres} = await import('../workers/postgres.ts');
  const database = await Postgres.start();
  let count = 0;
  const together = (names, slots, measure) =>
    inFolder(async folder => {
      const all = new Together(folder, database.createDatabase(`d${count++}`));
      try {
        await all.begin(names, slots);
        return await measure(all);
      } finally {
        await all.end();
      }
    });
  try {
    return [...(await overhead(rounds, together)), ...(await deaths(together)), ...(await scaling(together))];
  } finally {
    await database.stop();
    removeFolders();
  }
}

function tryNode22() {
  try {
    return findNode22();
  } catch {
    return undefined;
  }
}

async function overhead(rounds, together) {
  const run = () => `sleep ${LONG_S}`;
  const timed = (where, names) =>
    together(names, PLACES, all => all.time(graph(LONG_TASKS, 'flat'), {run, settings: {where, max_parallel: PLACES}}));
  const ms = await inTurn(rounds, {here: () => timed('here', []), worker: () => timed('any', ['one'])});
  return [
    {
      what: `${LONG_TASKS} tasks of ${LONG_S} s, four at a time: on a worker / here`,
      value: ms.worker / ms.here,
      atMost: 1.05,
    },
  ];
}

/** From a signal to the line of the log that says that the attempt is lost: the slowest of several. */
async function deaths(together) {
  const noticed = {SIGKILL: [], SIGSTOP: []};
  for (let round = 1; round <= DEATHS; round++)
    for (const [name, seconds] of Object.entries(await together(Object.keys(noticed), 1, die))) {
      noticed[name].push(seconds);
      console.error(`  ${round}/${DEATHS} ${name}: ${seconds.toFixed(1)} s`);
    }
  const row = (what, name) => ({what, value: Math.max(...noticed[name]), unit: 's', atMost: NOTICED_S});
  return [
    row(`death of a worker (kill -9) is noticed after, the slowest of ${DEATHS}`, 'SIGKILL'),
    row('the same where it stands still (SIGSTOP)', 'SIGSTOP'),
  ];
}

/** Send each worker the signal that it is called after. @returns By signal: seconds until the log says that it is lost. */
async function die(all) {
  all.start(graph(2, 'flat'), {run: () => 'sleep 600', settings: {where: 'any', max_parallel: 2}});
  const working = await all.events('task_working', 2);
  const sentAt = Object.fromEntries(
    [...all.workers].map(([name, {pid}]) => {
      process.kill(pid, name);
      return [name, Date.now()];
    }),
  );
  const ended = await all.events('attempt_ended', 2);
  // What a killed worker has started would go on until another one takes its folder.
  for (const {details} of working) killGroup(details.pid);
  const lost = ended.filter(({details}) => details.outcome.worker_lost);
  return Object.fromEntries(
    [...all.workers].map(([signal, {name}]) => {
      const task = working.find(({details}) => details.worker === name)?.details.task_id;
      const end = lost.find(({details}) => details.task_id === task);
      if (!end) throw new Error(`the worker that got ${signal} was not found lost`);
      return [signal, (Date.parse(end.timestamp) - sentAt[signal]) / 1_000];
    }),
  );
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function scaling(together) {
  const tasks = graph(CHECKED_TASKS, 'flat');
  const run = index => `echo "task ${index}" > result-${index}.txt`;
  const timed = (count, parallel) => {
    const names = Array.from({length: count}, (_, number) => `w${number}`);
    const settings = {verify: `sleep ${CHECK_S}`, max_parallel: parallel, where: count === 0 ? 'here' : 'any'};
    return together(names, SLOTS, all => all.time(tasks, {run, settings}));
  };
  const ms = await inTurn(1, {
    here: () => timed(0, SLOTS),
    one: () => timed(1, SLOTS),
    two: () => timed(2, 2 * SLOTS),
    four: () => timed(4, 4 * SLOTS),
    wide: () => timed(0, 4 * SLOTS),
  });
  const what = `${CHECKED_TASKS} tasks with a check of ${CHECK_S} s`;
  return [
    {what: `${what}, two at a time, here`, value: ms.here / 1_000, unit: 's'},
    {what: `the same on one worker with two slots / here`, value: ms.one / ms.here},
    {what: 'on two workers / here', value: ms.two / ms.here},
    {what: 'on four workers / here', value: ms.four / ms.here},
    {what: 'here, eight at a time / here, two at a time', value: ms.wide / ms.here},
  ];
}

/** A repository, its remote, and workers. */
class Together {
  /** By name: the process, and what it calls itself. */
  workers = new Map();

  programs = [];

  constructor(folder, url) {
    this.top = folder;
    this.folder = path.join(folder, 'repository');
    this.url = url;
  }

  async begin(names, slots) {
    this.makeRepository(path.join(this.top, 'remote.git'));
    await Promise.all(names.map(name => this.startWorker(name, slots)));
  }

  makeRepository(remote) {
    fs.mkdirSync(this.folder);
    execFileSync('git', ['init', '-q', '--bare', remote], {env: this.env});
    this.git('init', '-q', '-b', 'main');
    this.git('config', 'user.name', 'Ada');
    this.git('config', 'user.email', 'ada@example.com');
    this.git('commit', '-q', '--allow-empty', '-m', 'First commit');
    this.git('remote', 'add', 'origin', remote);
    fs.mkdirSync(path.join(this.folder, '.milestones'));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is filled in by the program
    const connect = '${MILESTONE_WORKERS_URL}';
    fs.writeFileSync(path.join(this.folder, '.milestones/config.yaml'), JSON.stringify({workers: {connect}}));
  }

  get env() {
    return cleanEnv(this.folder, {MILESTONE_WORKERS_URL: this.url});
  }

  git(...args) {
    return execFileSync('git', args, {cwd: this.folder, env: this.env, stdio: 'pipe'});
  }

  async startWorker(name, slots) {
    const child = spawn(process.execPath, [MILESTONE, 'worker', '--slots', String(slots)], {
      cwd: this.top,
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.programs.push(child);
    const line = await new Promise(resolve => readline.createInterface(child.stdout).once('line', resolve));
    this.workers.set(name, {pid: child.pid, name: /^worker (\S+) waits/.exec(line)?.[1]});
  }

  /** Milliseconds from the start of the executor to its end. */
  time(tasks, plan) {
    writePlan(this.folder, tasks, plan);
    return timeNode([MILESTONE, 'execute', 'bench'], {cwd: this.folder, env: {MILESTONE_WORKERS_URL: this.url}});
  }

  /** Start the executor. */
  start(tasks, plan) {
    writePlan(this.folder, tasks, plan);
    const child = spawn(process.execPath, [MILESTONE, 'execute', 'bench'], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.programs.push(child);
  }

  /** The first so many events of this name, when they are there. */
  async events(name, count) {
    const file = path.join(this.folder, '.milestones/logs/execution-bench.jsonl');
    for (;;) {
      const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
      const found = lines.map(line => JSON.parse(line)).filter(({event}) => event === name);
      if (found.length >= count) return found.slice(0, count);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  async end() {
    for (const child of this.programs.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise(resolve => child.once('exit', resolve));
      for (const signal of ['SIGCONT', 'SIGTERM']) child.kill(signal);
      await ended;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await workers(Number(process.argv[2]));
  process.stdout.write(JSON.stringify(rows));
}
