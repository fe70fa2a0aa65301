// What docs/workers.md tells people to take, taken: the hook of the remote, and the files for Docker Compose and systemd.

import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, inject} from 'vitest';
import {parse} from 'yaml';
import {attemptRefs, baseRef, newWorkRef} from '../../src/workers/names.ts';
import {MILESTONE} from '../rig/milestone-rig.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const UNIT = path.join(DOCS, 'workers/milestone-worker.service');

test('with the hook of the remote workers make refs of work, and nothing else; who executes may do all he does', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const [, hook] = /```sh\n(#!\/bin\/sh\n.*?)```/s.exec(fs.readFileSync(path.join(DOCS, 'workers.md'), 'utf8')) ?? [];
  fs.writeFileSync(path.join(rig.root, 'remote.git/hooks/update'), hook ?? '', {mode: 0o755});
  rig.env.USER = 'worker';
  workers.worker();
  rig.env.USER = 'ada';
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a', where: 'any'},
    {id: 'b', run: 'test $MILESTONE_ATTEMPT = 2 || { echo half > b; exit 1; }', where: 'any', dependencies: ['a']},
  ]);
  expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
  expect(workers.remoteRefs()).toEqual([]);

  const push = (user: string, ...refs: string[]) => {
    const env = {...rig.env, USER: user};
    return spawnSync('git', ['push', '-q', 'origin', ...refs], {cwd: rig.folder, env, encoding: 'utf8'}).status === 0;
  };
  const [one, two] = [0, 1].map(delivery => newWorkRef(attemptRefs('exec', 'a', 1), delivery, 0)) as [string, string];
  rig.commit('Another commit');
  expect(push('worker', `main~1:${one}`)).toBe(true);
  expect(push('worker', `+main:${one}`)).toBe(false);
  expect(push('worker', `:${one}`)).toBe(false);
  for (const ref of ['refs/heads/main', 'refs/tags/v1', baseRef('exec')]) {
    expect(push('worker', `main:${ref}`)).toBe(false);
    expect(push('ada', `main:${ref}`)).toBe(true);
    expect(push('worker', `:${ref}`)).toBe(false);
  }
  expect(push('ada', `+main:${one}`, `main:${two}`)).toBe(true);
  expect(push('ada', `:${one}`, `:${two}`)).toBe(true);
});

test('the file for Docker Compose starts workers that hear signals, once the database answers', async () => {
  await using workers = await WorkersRig.create();
  const {services, volumes} = parse(fs.readFileSync(path.join(DOCS, 'workers/compose.yaml'), 'utf8'));
  const {database, worker} = services;
  expect(database.image).toMatch(/^postgres:\d+$/);
  expect(worker.image).toMatch(/^node:\d+$/);
  expect(worker.init).toBe(true);
  expect(worker.depends_on).toEqual({database: {condition: 'service_healthy'}});
  expect(worker.environment.MILESTONE_WORKERS_URL).toMatch(
    new RegExp(`^postgres://${database.environment.POSTGRES_USER}:[^@]*@database/milestone$`),
  );
  expect(database.volumes).toEqual([`${Object.keys(volumes)[0]}:/var/lib/postgresql/data`]);
  // As the image would: its own database, at its own port.
  const [, program, ...flags] = database.healthcheck.test;
  const {port} = new URL(workers.url);
  const status = (at: string) =>
    spawnSync(path.join(inject('postgresPrograms'), program), [...flags, '--port', at]).status;
  expect(status(port)).toBe(0);
  expect(status('1')).toBe(2);
  const script = worker.command.at(-1) as string;
  expect(script).toMatch(/^npm install .*milestone-cli pg-boss@~12\.38; exec milestone /);
  await endsInOrder(workers, worker.command);
});

test('the unit for systemd is one, and starts a worker that hears signals', async () => {
  await using workers = await WorkersRig.create();
  const unit = fs.readFileSync(UNIT, 'utf8');
  const verified = spawnSync('systemd-analyze', ['verify', UNIT], {encoding: 'utf8'});
  if (verified.error) console.log('not verified: there is no systemd-analyze here (Debian: apt-get install systemd)');
  else expect(verified).toMatchObject({status: 0, stderr: ''});
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  await endsInOrder(workers, command.split(' '));
  expect(unit).toMatch(/^KillMode=mixed$/m);
});

/** Start a worker by this command, where `milestone` is installed and nothing is installed anew; it ends when it is told to. */
async function endsInOrder(workers: WorkersRig, [program = '', ...words]: readonly string[]): Promise<void> {
  const {rig} = workers;
  const bin = path.join(rig.root, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(MILESTONE, path.join(bin, 'milestone'));
  fs.symlinkSync(inject('node22'), path.join(bin, 'node'));
  fs.writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\n', {mode: 0o755});
  const options = {cwd: rig.root, env: {PATH: `${bin}:${rig.env.PATH}`}};
  const worker = rig.start(program, ...([...words, options] as string[]));
  await worker.line('waits for work');
  expect(execFileSync('ps', ['-o', 'comm=', '-p', String(worker.pid)], {encoding: 'utf8'})).toMatch(
    /^(node|MainThread)/,
  );
  worker.kill();
  expect((await worker).exitCode).toBe(0);
}
