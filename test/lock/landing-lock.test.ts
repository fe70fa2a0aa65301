import path from 'node:path';
import {expect, test} from 'vitest';
import type {Repository} from '../../src/git/git.ts';
import {oneAtATime} from '../../src/landing/one-at-a-time.ts';
import {acquireLock} from '../../src/lock/lock.ts';
import type {Clock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {temporaryFolder} from '../events/log-rig.ts';

/** Time passes as soon as somebody waits for it. */
function fastClock(): Clock {
  let elapsed = 0;
  return {
    now: () => elapsed,
    elapsed: () => elapsed,
    sleep: async () => {
      elapsed += 10_000;
    },
    alarm: () => () => undefined,
  };
}

test('one landing waits for another, and not for ever for one of a container that is gone', async () => {
  const commonDir = temporaryFolder();
  const clock = fastClock();
  const folder = path.join(commonDir, 'milestone', 'landing');
  const land = () =>
    oneAtATime({commonDir} as Repository, {clock, sessionId: 's'}, new AbortController().signal, async () => 'landed');
  const alive = acquireLock(folder, {purpose: 'command', identity: ownIdentity(), clock});
  await expect(land()).rejects.toMatchObject({code: 'LOCKED'});
  alive.release();
  expect(await land()).toBe('landed');
  acquireLock(folder, {purpose: 'command', identity: {...ownIdentity(), host: 'elsewhere'}, clock});
  expect(await land()).toBe('landed');
});
