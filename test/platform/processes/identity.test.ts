import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {
  ownIdentity,
  parseProcStat,
  parsePs,
  processState,
  stateFromPs,
} from '../../../src/platform/processes/identity.ts';

test('a process knows itself, and finds itself again', () => {
  const own = ownIdentity();
  expect(own).toEqual(ownIdentity());
  expect(own.pid).toBe(process.pid);
  expect(own.boot_id).toMatch(/^[0-9A-Fa-f-]{36}$/);
  expect(processState(process.pid)).toEqual({startTime: own.process_started, zombie: false});
});

test('a process that has ended has no state', async () => {
  expect(processState(spawnSync('true').pid)).toBeUndefined();
  const child = spawn('sleep', ['1000']);
  expect(processState(child.pid!)).toMatchObject({zombie: false});
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processState(child.pid!)).toBeUndefined();
});

test('a name with spaces and parentheses does not shift the fields of /proc', () => {
  const tail = ' 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 2 3';
  expect(parseProcStat(`7 (a) S 1 (b) Z${tail}`)).toMatchObject({name: 'a) S 1 (b', started: '4711', state: 'Z'});
  expect(parseProcStat(`7 (sh) S${tail}`)).toMatchObject({name: 'sh', started: '4711', state: 'S'});
  expect(parseProcStat('')).toBeUndefined();
  expect(parseProcStat(null)).toBeUndefined();
});

test('ps tells the same on systems without /proc', () => {
  expect(parsePs('Mon Nov 23 10:00:00 2026     Ss+\n')).toEqual({startTime: 'Mon Nov 23 10:00:00 2026', zombie: false});
  expect(parsePs('Mon Nov  3 10:00:00 2026 Z')).toEqual({startTime: 'Mon Nov 3 10:00:00 2026', zombie: true});
  expect(parsePs('')).toBeUndefined();
  expect(parsePs(null)).toBeUndefined();
});

test.skipIf(spawnSync('ps', ['-V']).error !== undefined)('ps finds this process and no other', () => {
  expect(stateFromPs(process.pid)).toMatchObject({
    startTime: expect.stringMatching(/^\w{3} \w{3} \d+ /),
    zombie: false,
  });
  expect(stateFromPs(spawnSync('true').pid)).toBeUndefined();
});
