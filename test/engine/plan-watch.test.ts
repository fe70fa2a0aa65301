import {expect, test} from 'vitest';
import {PlanWatch} from '../../src/engine/plan-watch.ts';
import type {PlanReading} from '../../src/plan/file/reader.ts';
import type {Task} from '../../src/plan/plan.ts';
import type {LiveProjections} from '../../src/projections/live-projections.ts';
import {makeExecution, startTask} from '../execution/execution-rig.ts';

function reading(...tasks: Task[]): PlanReading {
  const plan = {id: 'm', title: 'M', requires: [], settings: {}, tasks};
  return {
    plan,
    problems: [],
    text: '',
    imported: {tasks: {}},
    config: {},
    configProblems: [],
  } as unknown as PlanReading;
}

test('a task that completes although it was taken out of the plan stays in it', async () => {
  const [a, b] = [
    {id: 'a', title: 'A', run: 'true'},
    {id: 'b', title: 'B', run: 'true'},
  ];
  const rig = makeExecution(a, b);
  const {execution, state, clock, events} = rig;
  const {ledger} = execution;
  for (const {id} of [a, b]) {
    startTask(rig, id);
    const place = {taskId: id, attempt: 1, slot: 0};
    void execution.attempts.during(place, async stop => {
      await new Promise<void>(resolve => stop.addEventListener('abort', () => resolve()));
      // The branch had moved already when `a` was interrupted.
      if (id === 'a') ledger.record({event: 'task_completed', details: {task_id: id, attempt: 1, checked: true}});
      else ledger.endAttempt(place, {kind: 'cancelled', message: 'was taken out of the plan'});
    });
  }
  const projections = {} as LiveProjections;
  const watch = new PlanWatch(execution, projections, {
    file: '/nowhere',
    read: () => Promise.reject(new Error('is not read')),
    refusals: () => [],
  });
  await clock.runUntil(watch.adopt(reading()));
  expect(state.refused).toEqual(['task `a` is completed and cannot be removed from the plan']);
  expect([...state.tasks].map(([id, {status}]) => [id, status])).toEqual([
    ['a', 'completed'],
    ['b', 'pending'],
  ]);
  expect(events.map(({event}) => event)).not.toContain('plan_changed');
  expect(execution.ready.isDeferring).toBe(false);
});
