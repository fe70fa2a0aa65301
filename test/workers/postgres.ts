// A PostgreSQL of its own, on loopback, in a temporary folder; it runs as another user where this one is root.

import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** Folder of the newest PostgreSQL's programs; undefined where there is none. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map(version => path.join(root, version, 'bin')).find(bin => fs.existsSync(path.join(bin, 'initdb')));
}

export class Postgres {
  #server: ChildProcess | undefined;
  private readonly bin: string;
  private readonly folder: string;
  readonly port: number;

  // Written out: benchmarks have Node strip the types of this file.
  private constructor(bin: string, folder: string, port: number) {
    this.bin = bin;
    this.folder = folder;
    this.port = port;
  }

  static async start(): Promise<Postgres> {
    const bin = findPostgres();
    if (bin === undefined) throw new Error('there is no PostgreSQL on this machine');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'postgres-'));
    const postgres = new Postgres(bin, folder, await freePort());
    if (isRoot()) execFileSync('chown', ['postgres', folder]);
    postgres.#run(
      'initdb',
      '-D',
      path.join(folder, 'data'),
      '-A',
      'trust',
      '-U',
      'milestone',
      '--no-sync',
      '-E',
      'UTF8',
    );
    await postgres.resume();
    return postgres;
  }

  /** Of a database that exists already. */
  get url(): string {
    return `postgres://milestone@127.0.0.1:${this.port}/postgres`;
  }

  /** Address of a new, empty database. */
  createDatabase(name: string): string {
    execFileSync(path.join(this.bin, 'psql'), ['-q', '-c', `create database "${name}"`, this.url], {stdio: 'pipe'});
    return `postgres://milestone@127.0.0.1:${this.port}/${name}`;
  }

  /** What a query answers, a row a line. */
  ask(url: string, query: string): string {
    return execFileSync(path.join(this.bin, 'psql'), ['-qAt', '-c', query, url], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  }

  /** End the server; what clients have under way is broken off. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const ended = new Promise(resolve => server.once('exit', resolve));
    this.#run('pg_ctl', 'stop', '-D', path.join(this.folder, 'data'), '-m', 'fast', '-w');
    await ended;
  }

  /** Start it, on the same port, with what it held. */
  async resume(): Promise<void> {
    const args = ['-D', path.join(this.folder, 'data'), '-h', '127.0.0.1', '-p', String(this.port), '-k', ''];
    const more = ['-c', 'fsync=off', '-c', 'max_connections=200'];
    const [command, ...words] = this.#asUser('postgres', ...args, ...more);
    const log = fs.openSync(path.join(this.folder, 'server.log'), 'a');
    this.#server = spawn(command as string, words, {stdio: ['ignore', log, log], cwd: '/'});
    fs.closeSync(log);
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('exit', code => reject(new Error(`PostgreSQL ended with ${code}:\n${this.#log()}`)));
      const look = () => {
        if (isReady(this.bin, this.port)) resolve();
        else setImmediate(look);
      };
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    fs.rmSync(this.folder, {recursive: true, force: true});
  }

  #run(program: string, ...args: string[]): void {
    const [command, ...words] = this.#asUser(program, ...args);
    execFileSync(command as string, words, {stdio: 'pipe', cwd: '/'});
  }

  #asUser(program: string, ...args: string[]): string[] {
    const call = [path.join(this.bin, program), ...args];
    return isRoot() ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...call] : call;
  }

  #log(): string {
    return fs.readFileSync(path.join(this.folder, 'server.log'), 'utf8');
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isReady(bin: string, port: number): boolean {
  try {
    execFileSync(path.join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
