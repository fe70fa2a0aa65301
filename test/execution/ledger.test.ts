import {expect, test} from 'vitest';
import type {EventName} from '../../src/events/event.ts';
import type {Settings} from '../../src/plan/plan.ts';
import {makeExecution, startTask} from './execution-rig.ts';

const A = {id: 'a', title: 'A', run: 'true'};

test('who listens hears of every event when it is in the state, and which of them ends an attempt', () => {
  const rig = makeExecution(A);
  const {ledger} = rig.execution;
  const heard: Array<[EventName, boolean, string | undefined]> = [];
  ledger.onRecorded(({event}, endsAttempt) => heard.push([event, endsAttempt, rig.state.tasks.get('a')?.status]));
  startTask(rig, 'a');
  ledger.record({event: 'task_completed', details: {task_id: 'a', attempt: 1, checked: false}});
  expect(heard).toEqual([
    ['task_started', false, 'in_progress'],
    ['task_completed', true, 'completed'],
  ]);
});

test('an attempt that is not the current one any more is none', () => {
  const rig = makeExecution(A);
  const {ledger} = rig.execution;
  expect(ledger.isCurrent({taskId: 'a', attempt: 1})).toBe(false);
  startTask(rig, 'a');
  expect([1, 2].map(attempt => ledger.isCurrent({taskId: 'a', attempt}))).toEqual([true, false]);
  ledger.endAttempt({taskId: 'a', attempt: 1}, {kind: 'cancelled', message: 'is not wanted any more'});
  expect(ledger.isCurrent({taskId: 'a', attempt: 1})).toBe(false);
});

test('a blocker is opened once for as long as it is open', () => {
  const {execution, state} = makeExecution(A);
  const full = {type: 'disk_space', message: 'the disk is full', hint: 'free some space'} as const;
  for (let times = 0; times < 3; times++) execution.ledger.openBlocker(full);
  expect(state.blockers.size).toBe(1);
  const [id] = state.blockers.keys();
  execution.ledger.record({event: 'blocker_resolved', details: {id: id as string}});
  execution.ledger.openBlocker(full);
  expect([...state.blockers.keys()]).not.toEqual([id]);
});

test('settings and tasks are those of the plan that is in force, from the event on that puts it there', () => {
  const {execution, state} = makeExecution(A);
  const {inForce, ledger} = execution;
  const before = inForce.settings;
  expect(inForce.settings).toBe(before);
  const settings: Settings = {max_parallel: 7, retries: 3};
  const {tasks: _, ...milestone} = state.plan;
  ledger.record({event: 'plan_changed', details: {change: {milestone: {...milestone, settings}}, warnings: []}});
  expect(inForce.settings.maxParallel).toBe(7);
  expect(inForce.settingsOf('a').retries).toBe(3);
});
