import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {askProgram} from '../../../src/platform/processes/ask-program.ts';
import {DEADLINE_MS} from '../../rig/deadline.ts';
import {FakeClock} from '../../rig/fake-clock.ts';
import {isRunning, until} from './process-rig.ts';

const question = (command: string, timeoutMs: number) => ({
  file: '/bin/sh',
  args: ['-c', command],
  env: {PATH: process.env.PATH!},
  timeoutMs,
});
const ask = (command: string) => askProgram(question(command, DEADLINE_MS));

test('an answer is what is printed, up to a limit', async () => {
  expect(await ask('echo 1.2.3; echo noise >&2')).toEqual({kind: 'answered', stdout: '1.2.3\n'});
  const long = await ask('yes | head -c 1000000');
  expect(long.kind === 'answered' && long.stdout.length).toBe(65_536);
});

test('no answer is a result that says why', async () => {
  expect(await ask('exit 3')).toEqual({kind: 'failed', message: 'failed with exit code 3'});
  expect(await ask('kill -KILL $$')).toEqual({kind: 'failed', message: 'was ended by SIGKILL'});
  expect(await askProgram({file: '/no/such/program', args: [], env: {}, timeoutMs: DEADLINE_MS})).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('ENOENT'),
  });
});

test('who does not answer is ended, with what it has started', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ask-'));
  const file = path.join(folder, 'pids');
  const clock = new FakeClock();
  const asked = askProgram({...question(`sleep 1000 & echo $$ $! > ${file}; wait`, 2000), clock});
  await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8').endsWith('\n'), 'the processes');
  await clock.advance(2000);
  expect(await asked).toEqual({
    kind: 'failed',
    message: 'gave no answer within 2 s',
  });
  const pids = fs.readFileSync(file, 'utf8').split(' ').map(Number);
  expect(pids).toHaveLength(2);
  for (const pid of pids) await until(async () => !(await isRunning(pid)), `the end of ${pid}`);
  fs.rmSync(folder, {recursive: true});
});
