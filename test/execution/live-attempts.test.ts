import {describe, expect, test} from 'vitest';
import type {StopSignal} from '../../src/platform/processes/stop-signal.ts';
import {type ExecutionRig, makeExecution, startTask} from './execution-rig.ts';

const PLACE = {taskId: 'a', attempt: 1};
const CANCELLED = {kind: 'cancelled', message: 'is not wanted any more'} as const;
const SPENT = {kind: 'budget', message: 'used up what it had reserved (tokens)'} as const;
const GOES_ON = new AbortController().signal;

/** Work on the first attempt of the task, until `end`. */
function workOn({execution}: ExecutionRig) {
  const begun: {stop?: StopSignal; end(): void} = {end: () => undefined};
  const worked = execution.attempts.during(PLACE, stop => {
    begun.stop = stop;
    return new Promise<void>(resolve => {
      begun.end = resolve;
    });
  });
  return {stop: begun.stop as StopSignal, end: () => begun.end(), worked};
}

function running(): ExecutionRig {
  const rig = makeExecution({id: 'a', title: 'A', run: 'true'});
  startTask(rig, 'a');
  return rig;
}

function claim({execution}: ExecutionRig): void {
  execution.ledger.record({event: 'task_claimed', details: {task_id: 'a', attempt: 1, result: {}}});
}

describe('an attempt', () => {
  test('that was told to end while its driver worked, or in between, is told so after its claim as well', async () => {
    for (const when of ['while it worked', 'in between']) {
      const rig = running();
      const {attempts} = rig.execution;
      const driver = workOn(rig);
      if (when === 'while it worked') attempts.interrupt('a', CANCELLED);
      claim(rig);
      driver.end();
      await driver.worked;
      if (when === 'in between') attempts.interrupt('a', CANCELLED);
      const after = workOn(rig);
      expect(after.stop.aborted, when).toBe(true);
      after.end();
    }
  });

  test('that was told to end for what it cost is worked on all the same once it has claimed', async () => {
    const rig = running();
    const driver = workOn(rig);
    rig.execution.attempts.interrupt('a', SPENT);
    expect(driver.stop.aborted).toBe(true);
    claim(rig);
    expect(rig.execution.attempts.isInterrupted('a')).toBe(false);
    const after = workOn(rig);
    // What follows may begin before the driver's part has ended: it stays what is worked on.
    driver.end();
    await driver.worked;
    expect(after.stop.aborted).toBe(false);
    rig.execution.attempts.interrupt('a', CANCELLED);
    expect(after.stop.aborted).toBe(true);
    after.end();
  });

  test('counts with what was seen of it while it is worked on, and no longer', async () => {
    const rig = running();
    const driver = workOn(rig);
    rig.execution.attempts.noteUsage('a', {tokens: 7});
    expect([...rig.execution.attempts.usages]).toEqual([['a', {tokens: 7}]]);
    driver.end();
    await driver.worked;
    expect(rig.execution.attempts.usages.size).toBe(0);
  });
});

describe('ending the attempt at a task', () => {
  test('waits until its end is on record', async () => {
    const rig = running();
    const {attempts, ledger} = rig.execution;
    const driver = workOn(rig);
    const ended = attempts.endRunning('a', CANCELLED, GOES_ON);
    expect(driver.stop.aborted).toBe(true);
    await rig.clock.advance(1_000);
    expect(rig.state.running.size).toBe(1);
    ledger.endAttempt(PLACE, CANCELLED);
    driver.end();
    expect(await rig.clock.runUntil(ended)).toBe(true);
  });

  test('tells one that begins only now as well', async () => {
    const rig = running();
    const ended = rig.execution.attempts.endRunning('a', CANCELLED, GOES_ON);
    const driver = workOn(rig);
    await rig.clock.advance(1_000);
    expect(driver.stop.aborted).toBe(true);
    rig.execution.ledger.endAttempt(PLACE, CANCELLED);
    driver.end();
    expect(await rig.clock.runUntil(ended)).toBe(true);
  });

  test('leaves one that nobody is at work on to the next execution, once this one is over', async () => {
    const rig = running();
    const over = AbortSignal.abort();
    expect(await rig.execution.attempts.endRunning('a', CANCELLED, over)).toBe(false);
    expect(rig.state.running.size).toBe(1);
  });

  test('ends at once what a person has handed in and nobody has begun to check', async () => {
    const rig = makeExecution({id: 'a', title: 'A', driver: 'manual'});
    const {attempts, ledger} = rig.execution;
    ledger.record({
      event: 'task_started',
      details: {task_id: 'a', attempt: 1, slot: -1, token: 't', driver: 'manual'},
    });
    claim(rig);
    expect(await attempts.endRunning('a', CANCELLED, GOES_ON)).toBe(true);
    expect(rig.events.map(({event}) => event)).toContain('attempt_ended');
  });

  test('has nothing to wait for where none runs, or the task is out of the plan', async () => {
    const {execution} = makeExecution({id: 'a', title: 'A', run: 'true'});
    expect(await execution.attempts.endRunning('a', CANCELLED, GOES_ON)).toBe(true);
    expect(await execution.attempts.endRunning('gone', CANCELLED, GOES_ON)).toBe(true);
  });
});
