import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {NewEvent} from '../../src/events/event.ts';
import type {Execution} from '../../src/execution/execution.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import type {StopSignal} from '../../src/platform/processes/stop-signal.ts';
import {answerRequests, type Inbox} from '../../src/requests/answer-requests.ts';
import {sendRequest} from '../../src/requests/inbox.ts';
import {type Ask, newRequest} from '../../src/requests/request.ts';
import {type ExecutionRig, makeExecution, startTask} from '../execution/execution-rig.ts';

const A = {id: 'a', title: 'A', run: 'true'};
const B = {id: 'b', title: 'B', run: 'true'};

function inboxFor({attempts, ready, jobs, timers, lifetime}: Execution): Inbox {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-'));
  onTestFinished(() => fs.rmSync(folder, {recursive: true}));
  return {
    folder,
    logFile: path.join(folder, 'log'),
    sessionId: 's',
    wayTo: {kind: 'live', attempts, ready, jobs, timers, lifetime},
  };
}

function ask({execution, clock}: ExecutionRig, asked: Ask) {
  const inbox = inboxFor(execution);
  sendRequest(inbox.folder, newRequest(asked, clock, {sender: {...ownIdentity(), host: 'elsewhere'}}));
  return answerRequests(execution, inbox);
}

/** Be at work on the first attempt of a task, until `end`. */
function workOn({execution}: ExecutionRig, taskId: string) {
  let end = () => {};
  let stop = new AbortController().signal as StopSignal;
  void execution.attempts.during({taskId, attempt: 1}, signal => {
    stop = signal;
    return new Promise<void>(resolve => {
      end = resolve;
    });
  });
  return {stop, end};
}

test('whatever happens to a task while a decision about it is made, what is recorded fits', async () => {
  const answers = new Set<string>();
  for (let turns = 0; turns < 10; turns++) {
    const rig = makeExecution(A);
    const asked = ask(rig, {kind: 'skip', task_id: 'a'});
    for (let turn = 0; turn < turns; turn++) await undefined;
    const isSkipped = rig.state.tasks.get('a')?.status === 'skipped';
    answers.add(isSkipped ? 'skipped' : 'interrupted');
    if (!isSkipped) startTask(rig, 'a');
    await asked;
    expect(rig.execution.jobs.size).toBe(isSkipped ? 0 : 1);
  }
  expect(answers).toEqual(new Set(['skipped', 'interrupted']));
});

test('a request whose attempt dies with the execution is left to the next session', async () => {
  const rig = makeExecution(A);
  const {execution, clock, events, state} = rig;
  startTask(rig, 'a');
  const {stop, end} = workOn(rig, 'a');
  await ask(rig, {kind: 'skip', task_id: 'a'});
  expect(stop.aborted).toBe(true);
  execution.lifetime.fail(new Error('the log died'));
  await clock.advance(1_000);
  expect(execution.jobs.size).toBe(1); // its processes may not have ended yet
  end();
  await clock.runUntil(execution.jobs.allEnded());
  expect(events.map(({event}) => event)).toEqual(['task_started']);
  expect(state.running).toEqual(new Set(['a']));
});

test('of several events the last one is the answer: it is there only when the others are', async () => {
  const rig = makeExecution(A, B);
  const fail = (id: string): NewEvent => ({
    event: 'task_failed',
    details: {task_id: id, attempt: 1, cause: 'exit', message: 'failed with exit code 1'},
  });
  for (const id of ['a', 'b']) {
    startTask(rig, id);
    rig.execution.ledger.record(
      {
        event: 'attempt_ended',
        details: {task_id: id, attempt: 1, outcome: {kind: 'failed', cause: 'exit', message: 'exit code 1'}},
      },
      fail(id),
    );
  }
  await ask(rig, {kind: 'retry'});
  const resets = rig.events.slice(-2).map(({event, details}) => [event, details.request_id !== undefined]);
  expect(resets).toEqual([
    ['task_reset', false],
    ['task_reset', true],
  ]);
});

test('of a task that goes from the plan before its attempt has ended, the sender is told that there is none', async () => {
  const rig = makeExecution(A, B);
  const {execution, clock, events} = rig;
  startTask(rig, 'a');
  const {end} = workOn(rig, 'a');
  await ask(rig, {kind: 'skip', task_id: 'a'});
  execution.ledger.endAttempt({taskId: 'a', attempt: 1}, {kind: 'cancelled', message: 'was taken out of the plan'});
  end();
  execution.ledger.record({event: 'plan_changed', details: {change: {tasks: {a: null}}, warnings: []}});
  await clock.runUntil(execution.jobs.allEnded());
  expect(execution.lifetime.ending).toBeUndefined();
  expect(events.at(-1)).toMatchObject({
    event: 'request_rejected',
    details: {code: 'UNKNOWN_TASK', request_id: expect.any(String)},
  });
  expect(execution.ready.isDeferring).toBe(false);
});
