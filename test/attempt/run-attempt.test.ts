import {expect, test} from 'vitest';
import type {PlannedAttempt} from '../../src/attempt/planned-attempt.ts';
import {runAttempt} from '../../src/attempt/run-attempt.ts';
import type {AttemptInput, DriverResult, RunningAttempt} from '../../src/drivers/driver.ts';
import type {ExecutionContext} from '../../src/execution/context.ts';
import {Attempts} from '../../src/execution/live-attempts.ts';
import {FakeClock} from '../rig/fake-clock.ts';

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
  const attempts = new Attempts();
  const driver = new Stubborn();
  const context = {
    attempts,
    clock: new FakeClock(),
    settings: {},
    workspace: {prepare: () => undefined, folderOf: () => '/', hasChanged: async () => false},
    settingsOf: () => ({timeoutMs: 1_000, silentMs: 1_000}),
    environmentOf: () => ({}),
    logFileOf: () => '/dev/null',
    durable: async () => undefined,
    recordSoon() {
      throw LOG_DIED;
    },
    fail: () => attempts.interruptAll({kind: 'interrupted', message: 'was interrupted', executor_died: false}, true),
  };
  const planned = {
    place: {taskId: 'a', attempt: 1, slot: 0},
    token: 't',
    task: {id: 'a', title: 'A', run: 'true'},
    choice: {kind: 'driver', name: 'shell', driver},
    next: {mode: 'first', from: []},
    budget: {},
  };
  await expect(runAttempt(context as unknown as ExecutionContext, planned as unknown as PlannedAttempt)).rejects.toBe(
    LOG_DIED,
  );
  expect(driver.hasEnded).toBe(true);
});
