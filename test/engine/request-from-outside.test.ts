import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {AloneOptions} from '../../src/engine/act-alone.ts';
import {leftoverRequests, takeRequests} from '../../src/engine/inbox.ts';
import {acquireLock, type Lock} from '../../src/engine/lock.ts';
import {requestFromOutside} from '../../src/engine/request-from-outside.ts';
import {EventLog} from '../../src/events/log.ts';
import {homePaths} from '../../src/milestone/home.ts';
import {ownIdentity} from '../../src/platform/identity.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

/** A milestone whose executor is this process, which answers only what a test has it answer. */
async function heldMilestone(rig: MilestoneRig) {
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  const clock = new FakeClock();
  const home = rig.path('.milestones');
  const lock: Lock = acquireLock(path.join(home, 'locks', 'm'), {
    purpose: 'execute',
    identity: ownIdentity(),
    clock,
    sessionId: 'session-of-the-test',
  });
  const options: AloneOptions = {
    home,
    id: 'm',
    clock,
    signal: new AbortController().signal,
    readPlan: () => Promise.reject(new Error('nobody acts alone here')),
    callerEnv: {},
    warn: () => undefined,
  };
  return {clock, lock, options, inbox: homePaths(home).inbox('m'), logFile: homePaths(home).log('m')};
}

test('a request that nobody takes for ten seconds is withdrawn', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, options, inbox} = await heldMilestone(rig);
  const asked = requestFromOutside({kind: 'cancel'}, options);
  await expect(clock.runUntil(asked)).rejects.toMatchObject({
    code: 'NO_ANSWER',
    exitCode: 5,
    message: expect.stringContaining(`process ${process.pid}`),
  });
  expect(Math.round(clock.elapsed() / 1_000)).toBe(10);
  expect(fs.readdirSync(inbox)).toEqual([]);
});

test('one that was taken is waited for, and its answer comes from the log', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, options, inbox, logFile} = await heldMilestone(rig);
  const asked = requestFromOutside({kind: 'pause', now: true}, options);
  await clock.untilAsleep();
  const [request] = takeRequests(inbox).requests;
  expect(request).toMatchObject({kind: 'pause', now: true, session_id: 'session-of-the-test'});
  await clock.advance(30_000);
  expect(leftoverRequests(inbox).requests).toHaveLength(1);

  const log = EventLog.open(logFile, {milestoneId: 'm', sessionId: 'session-of-the-test', clock});
  const details = {code: 'requested' as const, reason: 'because', request_id: request!.request_id};
  log.append({event: 'milestone_paused', details});
  await log.durable();
  log.close();
  expect(await clock.runUntil(asked)).toMatchObject({by: 'executor', event: {event: 'milestone_paused', details}});
});

test('one that was taken and never answered is given up after two minutes', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, options, inbox} = await heldMilestone(rig);
  const asked = requestFromOutside({kind: 'cancel'}, options);
  await clock.untilAsleep();
  takeRequests(inbox);
  await expect(clock.runUntil(asked, 1_000)).rejects.toMatchObject({code: 'NO_ANSWER'});
  expect(Math.round(clock.elapsed() / 1_000)).toBe(120);
});
