// Everything that goes wrong, at random, at the same time: each task is integrated once all the same. The seed is printed;
// CHAOS_SEED brings a run's order of events back, CHAOS_TASKS makes it longer.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as rest} from 'node:timers/promises';
import {expect} from 'vitest';
import type {Program} from '../rig/program.ts';
import {Postgres} from './postgres.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

const TASKS = Number(process.env.CHAOS_TASKS ?? 24);
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
/** Between two things that go wrong, in milliseconds. */
const REST = {least: 500, most: 4_000};
/** Longer than a lease. */
const STANDSTILL_MS = 20_000;
const WORKERS = 3;

test(`whatever goes wrong, each of ${TASKS} tasks is integrated once (seed ${SEED})`, async () => {
  console.log(`CHAOS_SEED=${SEED} CHAOS_TASKS=${TASKS}`);
  await using database = await Postgres.start();
  await using workers = await WorkersRig.create({}, database.createDatabase('chaos'));
  const {rig} = workers;
  const tasks = Array.from({length: TASKS}, (_, number) => ({
    id: `t${number}`,
    run: `sleep 0.${number % 10}; echo done > f${number}`,
    verify: `test -f f${number}`,
  }));
  const checks = {verify: 'test -f README', verify_where: 'any'};
  const settings = {...checks, where: 'any', max_parallel: 6, max_attempts: 1_000, retries: 1_000};
  await rig.writeMilestone('m', tasks, {settings});
  const chaos = new Chaos(workers, database);
  const counts = await chaos.untilComplete();
  console.log(JSON.stringify(counts));
  const events = rig.events('m');
  const completed = events.flatMap(({event, details}) => (event === 'task_completed' ? details.task_id : []));
  expect([...completed].sort()).toEqual(tasks.map(({id}) => id).sort());
  const subjects = rig
    .git('log', '--format=%(trailers:key=Task,valueonly,separator=)', 'main..milestone/m')
    .split('\n');
  expect(subjects.sort()).toEqual(tasks.map(({id}) => id).sort());
  const verified = events.flatMap(({event, details}) =>
    event === 'task_verified' && details.ok ? details.task_id : [],
  );
  for (const {id} of tasks) expect(verified).toContain(id);
  // What was integrated is what the holder of the last delivery handed in, and nothing else.
  expect(rig.git('fsck', '--strict', '--no-dangling')).toBe('');
  const remote = path.join(rig.root, 'remote.git');
  expect(
    execFileSync('git', ['fsck', '--strict', '--no-dangling'], {cwd: remote, env: rig.env, encoding: 'utf8'}),
  ).toBe('');
  expect((await workers.milestone('doctor', 'm')).exitCode).toBe(0);
  await rig.untilNoProcessLeft();
});

class Chaos {
  readonly #random = generator(SEED);
  readonly #counts: Record<string, number> = {};
  readonly #workers: Program[] = [];
  #executor: Program;
  #failure: string | undefined;

  constructor(
    private readonly rig: WorkersRig,
    private readonly database: Postgres,
  ) {
    for (let number = 0; number < WORKERS; number++) this.#workers.push(rig.worker('--slots', '2'));
    this.#executor = rig.milestone('execute', 'm');
  }

  async untilComplete(): Promise<Record<string, number>> {
    const isComplete = () => this.rig.rig.exists('.milestones/completed/m.yaml');
    while (!isComplete()) {
      this.#mustLive();
      await rest(REST.least + this.#random() * (REST.most - REST.least));
      if (isComplete()) break;
      const [name, act] = this.#next();
      this.#counts[name] = (this.#counts[name] ?? 0) + 1;
      await act();
    }
    await this.#executor;
    for (const worker of this.#workers) {
      signal(worker, 'SIGCONT');
      signal(worker, 'SIGTERM');
    }
    await Promise.all(this.#workers);
    return this.#counts;
  }

  /** It may only end because it was killed, or because all is done. */
  #mustLive(): void {
    const executor = this.#executor;
    void executor.then(({exitCode, stderr}) => {
      if (exitCode !== null && exitCode !== 0) this.#failure ??= `the executor ended with ${exitCode}: ${stderr}`;
    });
    if (this.#failure !== undefined) throw new Error(this.#failure);
  }

  #next(): [string, () => Promise<void>] {
    const faults: Array<[string, () => Promise<void>]> = [
      ['worker killed', async () => this.#replace(this.#pick(), 'SIGKILL')],
      ['worker told to end', async () => this.#replace(this.#pick(), 'SIGTERM')],
      ['worker stands still', () => this.#standStill(this.#pick())],
      ['executor killed', () => this.#killExecutor()],
      ['database restarted', () => this.#restartDatabase()],
      ['remote cut off', () => this.#cutOff()],
      ['job given out again', () => this.#again()],
    ];
    return faults[Math.floor(this.#random() * faults.length)] as [string, () => Promise<void>];
  }

  #pick(): number {
    return Math.floor(this.#random() * this.#workers.length);
  }

  #replace(which: number, how: NodeJS.Signals): void {
    signal(this.#workers[which] as Program, how);
    // On the same machine: what the dead one has left running ends.
    this.#workers[which] = this.rig.workerAgain(this.#workers[which] as Program, '--slots', '2');
  }

  async #standStill(which: number): Promise<void> {
    const worker = this.#workers[which] as Program;
    signal(worker, 'SIGSTOP');
    void rest(STANDSTILL_MS).then(() => signal(worker, 'SIGCONT'));
  }

  async #killExecutor(): Promise<void> {
    signal(this.#executor, 'SIGKILL');
    await this.#executor;
    this.#executor = this.rig.milestone('execute', 'm');
  }

  async #restartDatabase(): Promise<void> {
    await this.database.stop();
    await rest(this.#random() * 2_000);
    await this.database.resume();
  }

  /** Nobody can push or fetch for a while. */
  async #cutOff(): Promise<void> {
    const remote = path.join(this.rig.rig.root, 'remote.git');
    fs.renameSync(remote, `${remote}.away`);
    await rest(1_000 + this.#random() * 3_000);
    fs.renameSync(`${remote}.away`, remote);
  }

  async #again(): Promise<void> {
    this.rig.ask("update milestone.job set state = 'retry' where state = 'active' and name = 'milestone/any'");
  }
}

function signal(program: Program, name: NodeJS.Signals): void {
  try {
    process.kill(program.pid, name);
  } catch {
    // It has ended.
  }
}

/** Numbers below 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
