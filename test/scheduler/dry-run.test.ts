import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {ImportedTask, Plan, Task} from '../../src/milestone/plan.ts';
import {planDryRun} from '../../src/scheduler/dry-run.ts';
import {initialState} from '../../src/state/milestone.ts';

const OPTIONS = {driver: undefined, isMissingDriver: () => false, selection: undefined};

function stateOf(tasks: Task[], imported: Record<string, ImportedTask> = {}) {
  const plan: Plan = {id: 'm', title: 'm', requires: [], settings: {}, tasks};
  return initialState(plan, imported);
}

/** Plans without a circle: a task depends on earlier ones; some are done, some for a person. */
const plans = fc
  .array(
    fc.record({
      dependencies: fc.array(fc.nat(20), {maxLength: 4}),
      fate: fc.constantFrom('shell', 'manual', 'done', 'skipped'),
    }),
    {minLength: 1, maxLength: 20},
  )
  .map(rows => {
    const tasks = rows.map(({dependencies, fate}, place): Task => {
      const earlier = place === 0 ? [] : [...new Set(dependencies.map(other => `t${other % place}`))];
      return {id: `t${place}`, title: `t${place}`, dependencies: earlier, ...(fate !== 'manual' && {run: 'true'})};
    });
    const imported = rows.flatMap(({fate}, place): Array<[string, ImportedTask]> => {
      if (fate === 'done') return [[`t${place}`, {status: 'completed'}]];
      return fate === 'skipped' ? [[`t${place}`, {status: 'skipped'}]] : [];
    });
    return stateOf(tasks, Object.fromEntries(imported));
  });

test('every task has one fate, and runs in a wave after all that it waits for', () => {
  fc.assert(
    fc.property(plans, state => {
      const {tasks, waves, critical_path} = planDryRun(state, OPTIONS);
      const byId = new Map(tasks.map(task => [task.id, task]));
      expect(tasks.map(({id}) => id)).toEqual(state.plan.tasks.map(({id}) => id));
      expect(waves.flat().toSorted()).toEqual(
        tasks
          .filter(({wave}) => wave > 0)
          .map(({id}) => id)
          .toSorted(),
      );
      for (const [place, ids] of waves.entries()) for (const id of ids) expect(byId.get(id)?.wave).toBe(place + 1);
      for (const {after, wave, action} of tasks) {
        if (wave === 0) expect(['done', 'skip', 'hold']).toContain(action);
        else
          for (const id of after) {
            expect(byId.get(id)!.action).not.toBe('hold');
            expect(byId.get(id)!.wave).toBeLessThan(wave);
          }
      }
      expect(critical_path.length).toBe(waves.length);
    }),
  );
});

test('a driver that nobody knows holds its task and what waits for it, with the reason', () => {
  const state = stateOf([
    {id: 'a', title: 'a', driver: 'oracle'},
    {id: 'b', title: 'b', run: 'true', dependencies: ['a']},
  ]);
  const {tasks} = planDryRun(state, {...OPTIONS, isMissingDriver: task => task.driver === 'oracle'});
  expect(tasks).toMatchObject([
    {driver: 'oracle', action: 'hold', why: 'the driver `oracle` is not known to this version'},
    {action: 'hold', why: 'waits for `a`, which would not be completed'},
  ]);
});
