import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {ask} from '../../src/engine/ask.ts';
import type {NewEvent} from '../../src/events/event.ts';
import {EventLog} from '../../src/events/log.ts';
import {acquireLock, type LockPurpose} from '../../src/lock/lock.ts';
import type {CommandOptions} from '../../src/milestone/hold.ts';
import {homePaths} from '../../src/plan/file/home.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {finishRequest, leftoverRequests, takeRequests} from '../../src/requests/inbox.ts';
import type {Request} from '../../src/requests/request.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

/** A milestone whose executor is this process, which answers only what a test has it answer. */
async function heldMilestone(rig: MilestoneRig) {
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  const clock = new FakeClock();
  const home = rig.path('.milestones');
  const take = (purpose: LockPurpose, sessionId: string) =>
    acquireLock(path.join(home, 'locks', 'm'), {purpose, identity: ownIdentity(), clock, sessionId});
  const lock = take('execute', 'session-of-the-test');
  const options: CommandOptions = {
    home,
    id: 'm',
    clock,
    signal: new AbortController().signal,
    readPlan: () => Promise.reject(new Error('nobody acts alone here')),
    callerEnv: {},
    warn: () => undefined,
  };
  return {clock, lock, take, options, inbox: homePaths(home).inbox('m'), logFile: homePaths(home).log('m')};
}

function pausedFor({request_id}: Request): NewEvent {
  return {event: 'milestone_paused', details: {code: 'requested', reason: 'because', request_id}};
}

async function record(logFile: string, clock: FakeClock, event: NewEvent): Promise<void> {
  const log = EventLog.open(logFile, {milestoneId: 'm', sessionId: 'session-of-the-test', clock});
  log.append(event);
  await log.close();
}

test('a request that nobody takes for ten seconds is withdrawn', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, options, inbox} = await heldMilestone(rig);
  const asked = ask({kind: 'cancel'}, options);
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
  const asked = ask({kind: 'pause', now: true}, options);
  await clock.untilAsleep();
  const [request] = takeRequests(inbox).requests;
  expect(request).toMatchObject({kind: 'pause', now: true, session_id: 'session-of-the-test'});
  await clock.advance(30_000);
  expect(leftoverRequests(inbox).requests).toHaveLength(1);

  const paused = pausedFor(request!);
  await record(logFile, clock, paused);
  expect(await clock.runUntil(asked)).toMatchObject({by: 'executor', event: paused});
});

test('one that was taken and never answered is given up after two minutes', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, options, inbox} = await heldMilestone(rig);
  const asked = ask({kind: 'cancel'}, options);
  await clock.untilAsleep();
  takeRequests(inbox);
  await expect(clock.runUntil(asked, 1_000)).rejects.toMatchObject({code: 'NO_ANSWER'});
  expect(Math.round(clock.elapsed() / 1_000)).toBe(120);
});

/** The executor dies, and while the sender waits for the lock to act in its place, another one takes it. */
async function takeOver(
  held: Awaited<ReturnType<typeof heldMilestone>>,
  meanwhile: () => void | Promise<void>,
): Promise<void> {
  const {clock, lock, take} = held;
  lock.release();
  const command = take('command', 'session-of-a-command');
  await clock.advance(1_000);
  await clock.untilAsleep();
  await meanwhile();
  command.release();
  take('execute', 'session-that-took-over');
}

test('one that a dead executor had taken is not sent again to the one that took over', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const held = await heldMilestone(rig);
  const {clock, options, inbox, logFile} = held;
  const asked = ask({kind: 'pause', now: true}, options);
  await clock.untilAsleep();
  const [request] = takeRequests(inbox).requests;
  await takeOver(held, () => undefined);
  await clock.advance(1_000);
  await clock.untilAsleep();
  expect(takeRequests(inbox).requests).toEqual([]);
  expect(leftoverRequests(inbox).requests).toEqual([request]);
  const paused = pausedFor(request!);
  await record(logFile, clock, paused);
  expect(await clock.runUntil(asked)).toMatchObject({by: 'executor', event: paused});
});

test('one that was answered before another executor took over is not acted on twice', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const held = await heldMilestone(rig);
  const {clock, options, inbox, logFile} = held;
  const asked = ask({kind: 'pause', now: true}, options);
  await clock.untilAsleep();
  const [request] = takeRequests(inbox).requests;
  const paused = pausedFor(request!);
  await takeOver(held, async () => {
    await record(logFile, clock, paused);
    finishRequest(inbox, request!);
  });
  expect(await clock.runUntil(asked)).toMatchObject({by: 'executor', event: paused});
  expect(fs.readdirSync(inbox)).toEqual([]);
});

test('one that is lost is sent again, to the session that it was meant for', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const held = await heldMilestone(rig);
  const {clock, options, inbox, logFile} = held;
  const asked = ask({kind: 'pause', now: true}, options);
  await clock.untilAsleep();
  const [request] = takeRequests(inbox).requests;
  await takeOver(held, () => finishRequest(inbox, request!));
  await clock.advance(1_000);
  await clock.untilAsleep();
  expect(takeRequests(inbox).requests).toEqual([request]);
  expect(request).toMatchObject({session_id: 'session-of-the-test'});
  const paused = pausedFor(request!);
  await record(logFile, clock, paused);
  expect(await clock.runUntil(asked)).toMatchObject({by: 'executor'});
});

test('one whose sender is interrupted, or cannot act in place of a dead executor, is withdrawn', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {clock, lock, take, options, inbox} = await heldMilestone(rig);
  const interrupt = new AbortController();
  const interrupted = ask({kind: 'cancel'}, {...options, signal: interrupt.signal});
  await clock.untilAsleep();
  expect(fs.readdirSync(inbox)).toHaveLength(1);
  interrupt.abort(new Error('interrupted'));
  await expect(clock.runUntil(interrupted)).rejects.toThrow('interrupted');
  expect(fs.readdirSync(inbox)).toEqual([]);

  const asked = ask({kind: 'cancel'}, options);
  await clock.untilAsleep();
  expect(fs.readdirSync(inbox)).toHaveLength(1);
  lock.release();
  take('command', 'session-of-a-doctor');
  await expect(clock.runUntil(asked, 1_000)).rejects.toMatchObject({code: 'LOCKED'});
  expect(fs.readdirSync(inbox)).toEqual([]);
});
