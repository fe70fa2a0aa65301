// What workers need, and who needs none of it.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, inject} from 'vitest';
import {MILESTONE, MilestoneRig} from '../rig/milestone-rig.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const HERE = process.execPath;
const isOldNode = inject('node22') !== HERE;

/** The package as it is installed, beside nothing else but what a test puts there. */
function install(rig: MilestoneRig, engine?: {version: string}): string {
  const folder = path.join(rig.root, 'installed', 'node_modules', 'milestone-cli');
  for (const name of ['bin', 'dist', 'package.json'])
    fs.cpSync(path.join(PACKAGE, name), path.join(folder, name), {recursive: true});
  if (engine) {
    fs.mkdirSync(path.join(folder, '..', 'pg-boss'));
    fs.writeFileSync(path.join(folder, '..', 'pg-boss', 'package.json'), JSON.stringify(engine));
  }
  return path.join(folder, 'bin', 'milestone.js');
}

describe('without pg-boss', () => {
  test('a worker is refused with the command that installs it', async () => {
    await using rig = await MilestoneRig.create();
    const ended = await rig.start(inject('node22'), install(rig), 'worker', '--connect', 'postgres://nowhere/x');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('workers need the package `pg-boss`, which is not installed');
    expect(ended.stderr).toContain('npm install pg-boss@~12.38');
  });

  test('a milestone with workers is refused in the same way, and nothing of it has begun', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
    const ended = await rig.start(inject('node22'), install(rig), 'execute', 'm');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('npm install pg-boss@~12.38');
    expect(rig.exists(rig.logFile('m'))).toBe(false);
  });

  test('a milestone without workers is carried out', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}]);
    expect((await rig.start(HERE, install(rig), 'execute', 'm')).exitCode).toBe(0);
  });
});

test('an older pg-boss is refused by its version', async () => {
  await using rig = await MilestoneRig.create();
  const installed = install(rig, {version: '10.4.2'});
  const ended = await rig.start(inject('node22'), installed, 'worker', '--connect', 'postgres://nowhere/x');
  expect(ended.exitCode).toBe(3);
  expect(ended.stderr).toContain('found 10.4.2');
});

const onOldNode = isOldNode ? test : test.skip;

onOldNode('an older Node is refused by its version', async () => {
  await using rig = await MilestoneRig.create();
  const ended = await rig.milestone('worker', '--connect', "it's nowhere");
  expect(ended.exitCode).toBe(3);
  expect(ended.stderr).toContain('workers need Node 22.12 or later');
  const words = `worker --connect 'it'\\''s nowhere'`;
  expect(ended.stderr).toContain(`hint: npx -y -p node@22 node ${MILESTONE} ${words}\n`);
});

onOldNode.each([[['execute', 'm']], [['execute', 'm', '--detach']], [['execute', 'm', '--detach', '--json']]])(
  'the hint says what was typed: %j',
  async words => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
    const ended = await rig.milestone(...words);
    expect(ended.exitCode).toBe(3);
    expect(ended.stdout + ended.stderr).toContain(`npx -y -p node@22 node ${MILESTONE} ${words.join(' ')}`);
  },
);

/** A message of the server's about how a client is to show who it is. */
function authentication(step: number, said: string): Buffer {
  const head = Buffer.alloc(9);
  head.write('R');
  head.writeInt32BE(8 + said.length, 1);
  head.writeInt32BE(step, 5);
  return Buffer.concat([head, Buffer.from(said)]);
}

describe('an address', () => {
  test.each(['postgres', 'http://database/x', '127.0.0.1:5432/x'])(
    'that is none of PostgreSQL is refused: %s',
    async url => {
      await using workers = await WorkersRig.create({}, url);
      await workers.rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
      for (const words of [['worker'], ['workers'], ['execute', 'm', '--dry-run'], ['execute', 'm']]) {
        const ended = await workers.milestone(...(words as [string]));
        expect(ended.exitCode).toBe(3);
        expect(`${ended.stdout}${ended.stderr}`).toContain(
          "the address of the workers' database is none of PostgreSQL",
        );
      }
    },
  );

  test('without the password that the server wants: said so, and the command ends', async () => {
    // As the protocol has it: SCRAM is asked for, then a first message of its own is sent, and nothing is closed.
    const answers = [authentication(10, 'SCRAM-SHA-256\0\0'), authentication(11, 'r=x,s=eA==,i=4096')];
    const sockets = new Set<net.Socket>();
    const server = net.createServer(socket => {
      sockets.add(socket.on('error', () => undefined));
      const left = [...answers];
      socket.on('data', () => socket.write(left.shift() ?? ''));
    });
    await new Promise<void>(done => void server.listen(0, '127.0.0.1', done));
    const {port} = server.address() as net.AddressInfo;
    await using workers = await WorkersRig.create({}, `postgres://ada@127.0.0.1:${port}/x`);
    const ended = await workers.milestone('workers');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('it wants a password, and the address has none');
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe('a place where a task cannot be', () => {
  test.each([
    ['a task by hand', {driver: 'manual', where: 'any'}, 'it is done by a person'],
    ['a reviewed task', {driver: 'claude', review: {driver: 'claude'}, where: 'gpu'}, 'its work is reviewed here'],
    ['a task that uses something here', {run: 'true', uses: ['port'], where: 'gpu'}, 'what it `uses` is here'],
  ])('is refused: %s', async (_, task, why) => {
    await using workers = await WorkersRig.create();
    await workers.rig.writeMilestone('m', [{id: 'a', ...task}]);
    const ended = await workers.milestone('execute', 'm');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain(`task \`a\` cannot go to a worker: ${why}`);
  });

  test.each([
    ['a task', {where: 'any'}, {}],
    ['checks', {}, {verify_where: 'big'}],
  ])('is refused to %s where config.yaml names no workers', async (_, task, settings) => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [{id: 'a', run: 'true', ...task}], {settings});
    const ended = await rig.start(inject('node22'), path.join(PACKAGE, 'bin/milestone.js'), 'execute', 'm');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('config.yaml names none');
  });

  test('is not asked for where the repository has no remote, as the dry run says, too', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    rig.git('remote', 'remove', 'origin');
    await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
    for (const words of [
      ['execute', 'm', '--dry-run'],
      ['execute', 'm'],
    ]) {
      const ended = await workers.milestone(...(words as [string]));
      expect(ended.exitCode).toBe(3);
      expect(`${ended.stdout}${ended.stderr}`.replaceAll('\n', ' ')).toContain('the repository has no remote `origin`');
    }
  });

  test('is not looked for by a dry run, nor by a plan that stays here', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    let calls = 0;
    const database = net.createServer(socket => socket.destroy(void calls++));
    await new Promise<void>(done => void database.listen(0, '127.0.0.1', done));
    rig.env.MILESTONE_WORKERS_URL = `postgres://x@127.0.0.1:${(database.address() as net.AddressInfo).port}/x`;
    await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
    const dry = await workers.milestone('execute', 'm', '--dry-run');
    expect(dry).toMatchObject({exitCode: 0, stdout: expect.stringContaining('for workers, and only')});
    await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    database.close();
    expect(calls).toBe(0);
  });

  test('is not asked for by an address that attempts would see', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written
    rig.write('.milestones/config.yaml', 'workers: {connect: "${DATABASE_URL}"}\n');
    await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
    const ended = await workers.milestone('execute', 'm');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr).toContain('call it MILESTONE_WORKERS_URL');
  });

  test('is not asked of what stays: a command with `uses` is run here when all else goes out', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a', uses: ['port']}], {settings: {where: 'any'}});
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(rig.events('m').map(({event}) => event)).not.toContain('attempt_dispatched');
  });
});
