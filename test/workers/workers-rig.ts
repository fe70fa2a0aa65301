// A repository with a remote, a database, and workers: each a process of its own, with a state folder of its own.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {inject} from 'vitest';
import {stringify} from 'yaml';
import {MILESTONE, MilestoneRig, type RigOptions} from '../rig/milestone-rig.ts';
import type {Program} from '../rig/program.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of a Node that workers run on. */
    node22: string;
    /** Address of a database of PostgreSQL. */
    postgres: string;
    /** Folder of its programs. */
    postgresPrograms: string;
  }
}

export class WorkersRig {
  /** State folder of each worker. */
  readonly #machines = new Map<Program, string>();
  #count = 0;

  private constructor(
    readonly rig: MilestoneRig,
    /** Address of a database of its own. */
    readonly url: string,
  ) {}

  /** @param address Of a database; by default a new one. */
  static async create(options: RigOptions = {}, address?: string): Promise<WorkersRig> {
    const rig = await MilestoneRig.create(options);
    const url =
      address ?? newDatabase(`rig_${path.basename(rig.root).replace(/\W/g, '').toLowerCase()}_${process.pid}`);
    fs.mkdirSync(path.join(rig.root, 'remote.git'));
    execFileSync('git', ['init', '-q', '--bare', path.join(rig.root, 'remote.git')], {env: rig.env});
    rig.git('remote', 'add', 'origin', path.join(rig.root, 'remote.git'));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is filled in by the program
    rig.write('.milestones/config.yaml', stringify({workers: {connect: '${MILESTONE_WORKERS_URL}'}}));
    rig.env.MILESTONE_WORKERS_URL = url;
    return new WorkersRig(rig, url);
  }

  /** Start `milestone` on a Node that can have workers. */
  milestone(...args: Parameters<MilestoneRig['start']> extends [string, ...infer Rest] ? Rest : never): Program {
    return this.rig.start(inject('node22'), ...([MILESTONE, ...args] as [string]));
  }

  /** Start a worker on a machine of its own. */
  worker(...args: string[]): Program {
    return this.#workerAt(path.join(this.rig.root, `machine-${++this.#count}`), args);
  }

  /** Start another worker on the machine of this one. */
  workerAgain(worker: Program, ...args: string[]): Program {
    return this.#workerAt(this.#machines.get(worker) as string, args);
  }

  #workerAt(machine: string, args: readonly string[]): Program {
    const options = {cwd: this.rig.root, env: {XDG_STATE_HOME: machine}, detached: true};
    const worker = this.rig.start(inject('node22'), MILESTONE, 'worker', ...args, options as never);
    this.#machines.set(worker, machine);
    return worker;
  }

  /** What a query answers, a row a line. */
  ask(query: string): string {
    const args = ['-qAt', '-c', query, this.url];
    return execFileSync(path.join(inject('postgresPrograms'), 'psql'), args, {encoding: 'utf8'}).trim();
  }

  /** Refs of the remote. */
  remoteRefs(): string[] {
    const listed = execFileSync('git', ['for-each-ref', '--format=%(refname)'], {
      cwd: path.join(this.rig.root, 'remote.git'),
      env: this.rig.env,
      encoding: 'utf8',
    });
    return listed.split('\n').filter(Boolean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

function newDatabase(name: string): string {
  const psql = path.join(inject('postgresPrograms'), 'psql');
  execFileSync(psql, ['-q', '-c', `create database ${name}`, inject('postgres')]);
  return inject('postgres').replace(/\/postgres$/, `/${name}`);
}
