import {expect, test} from 'vitest';
import type {PlannedAttempt} from '../../src/attempt/planned-attempt.ts';
import {runAttempt} from '../../src/attempt/run-attempt.ts';
import type {AttemptInput, DriverResult, RunningAttempt} from '../../src/drivers/driver.ts';
import {makeExecution} from '../execution/execution-rig.ts';

const LOG_DIED = new Error('the log died');

/** A driver whose process runs until it is stopped, and takes its time to end. */
class Stubborn {
  hasEnded = false;

  async start({stop}: AttemptInput): Promise<RunningAttempt> {
    const ended = new Promise<DriverResult>(resolve => {
      stop.addEventListener('abort', () =>
        setImmediate(() => {
          this.hasEnded = true;
          resolve({kind: 'ended', outcome: {kind: 'interrupted', message: 'was ended', executor_died: false}});
        }),
      );
    });
    return {kind: 'running', pid: 1, processStarted: null, ended};
  }
}

test('an attempt whose start cannot be recorded is over only when its process has ended', async () => {
  const {execution} = makeExecution({id: 'a', title: 'A', run: 'true'});
  const driver = new Stubborn();
  execution.ledger.recordSoon = () => {
    throw LOG_DIED;
  };
  const planned = {
    place: {taskId: 'a', attempt: 1, slot: 0},
    token: 't',
    task: {id: 'a', title: 'A', run: 'true'},
    choice: {kind: 'driver', name: 'shell', driver},
    next: {mode: 'first', from: []},
    budget: {},
  };
  await expect(runAttempt(execution, planned as unknown as PlannedAttempt)).rejects.toBe(LOG_DIED);
  expect(driver.hasEnded).toBe(true);
});
