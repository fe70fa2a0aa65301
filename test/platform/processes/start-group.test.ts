import fs from 'node:fs';
import {expect, test} from 'vitest';
import {hasProc, listProcesses, parsePs, readProcessStarted} from '../../../src/platform/processes/process-table.ts';
import {startGroup} from '../../../src/platform/processes/start-group.ts';
import {matchToken, newToken, tokenOfPart} from '../../../src/platform/processes/tokens.ts';
import {bytesRead} from '../../rig/bytes-read.ts';
import {ProcessRig} from './process-rig.ts';

test('a process says how it ended', async () => {
  await using rig = new ProcessRig();
  expect(await (await rig.start('exit 3')).exited).toEqual({code: 3, signal: null});
  expect(await (await rig.start('kill -SEGV $$')).exited).toEqual({code: null, signal: 'SIGSEGV'});
  // Told apart, though a shell has the same code for both.
  expect(await (await rig.start('exit 137')).exited).toEqual({code: 137, signal: null});
  expect(await (await rig.start('kill -KILL $$')).exited).toEqual({code: null, signal: 'SIGKILL'});
});

test('it has a group and session of its own, no terminal, nothing on stdin', async () => {
  await using rig = new ProcessRig();
  const group = await rig.start(`cat; (: < /dev/tty) || echo no terminal; exec <&-; echo ready; exec sleep 1000`);
  await rig.untilPrinted('ready');
  expect(rig.output).toContain('no terminal');
  const entry = (await listProcesses()).find(({pid}) => pid === group.pid);
  expect(entry).toMatchObject({group: group.pid, session: group.pid, parent: process.pid, token: rig.token});
  if (hasProc) expect(group.processStarted).toBe(entry!.started);
});

test('stdout and stderr follow each other in the log, which only its owner may read', async () => {
  await using rig = new ProcessRig();
  await (await rig.start('echo one; echo two >&2; echo three')).exited;
  await (await rig.start('echo four')).exited;
  expect(rig.output).toBe('one\ntwo\nthree\nfour\n');
  expect(fs.statSync(rig.logFile).mode & 0o777).toBe(0o600);
});

test('fifty megabytes of binary go to the log without passing through this process', async () => {
  await using rig = new ProcessRig();
  const before = bytesRead();
  await (await rig.start('head -c 50000000 /dev/urandom')).exited;
  expect(fs.statSync(rig.logFile).size).toBe(50_000_000);
  expect(bytesRead() - before).toBeLessThan(25e6);
});

test.each([
  ['a folder that is missing', {cwd: '/no/such/folder'}, 'ENOENT', 'the folder `/no/such/folder` does not exist'],
  ['a program that is missing', {file: '/no/such/program'}, 'ENOENT', '`/no/such/program` was not found'],
  ['a command that is too long', {args: ['x'.repeat(3_000_000)]}, 'E2BIG', 'command and environment are longer'],
  ['a command with a NUL in it', {args: ['-c', 'a\0b']}, 'ERR_INVALID_ARG_VALUE', 'null bytes'],
])('%s is a result, not a crash', async (_, command, code, message) => {
  await using rig = new ProcessRig();
  const fd = fs.openSync('/dev/null', 'a');
  const result = await startGroup({
    file: '/bin/sh',
    args: ['-c', 'true'],
    cwd: rig.folder,
    env: rig.env,
    outputFd: fd,
    ...command,
  });
  fs.closeSync(fd);
  expect(result).toMatchObject({kind: 'failed', code, message: expect.stringContaining(message)});
});

test('a process that has gone has no start time', () => {
  expect(readProcessStarted(2 ** 30)).toBeNull();
});

test('a token is found by itself, and by what it is a part of', () => {
  const token = newToken();
  expect(newToken()).not.toBe(token);
  expect(matchToken(token, new Set([token]))).toBe(token);
  expect(matchToken(tokenOfPart(token, 'task'), new Set([token]))).toBe(token);
  expect(matchToken(token, new Set([tokenOfPart(token, 'task')]))).toBeUndefined();
  expect(matchToken(`${token}1`, new Set([token]))).toBeUndefined();
  expect(matchToken('', new Set([token]))).toBeUndefined();
});

test('the output of ps is understood', () => {
  const output = `
    1     0     1 Ss   Mon Nov  2 09:00:01 2026     /sbin/launchd
  501   499   499 S+   Mon Nov 23 10:00:00 2026     /usr/local/bin/node build.js HOME=/Users/a MILESTONE_RUN=abc-1.task LANG=C
  502   501   499 Z    Mon Nov 23 10:00:00 2026     (sh)
`;
  const common = {session: 499, group: 499};
  expect(parsePs(output)).toEqual([
    {pid: 1, parent: 0, group: 1, session: 1, started: 'Mon Nov 2 09:00:01 2026', name: 'launchd'},
    {pid: 501, parent: 499, ...common, started: 'Mon Nov 23 10:00:00 2026', name: 'node', token: 'abc-1.task'},
  ]);
});
