import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Plan} from '../../src/plan/plan.ts';
import {diffPlans, removedTasks} from '../../src/plan/plan-diff.ts';
import {changedPlan} from '../../src/state/plan-in-force.ts';

const task = fc.record(
  {id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), title: fc.constantFrom('x', 'y'), run: fc.constantFrom('1', '2')},
  {noNullPrototype: true},
);
const plan: fc.Arbitrary<Plan> = fc
  .tuple(fc.constantFrom('A', 'B'), fc.uniqueArray(task, {selector: ({id}) => id}))
  .map(([title, tasks]) => ({id: 'p', title, requires: [], settings: {}, tasks}));

test('the difference between two plans turns one into the other, through JSON too', () => {
  fc.assert(
    fc.property(plan, plan, (before, after) => {
      const change = diffPlans(before, after);
      expect(change === undefined).toBe(JSON.stringify(before) === JSON.stringify(after));
      if (!change) return;
      expect(changedPlan(before, JSON.parse(JSON.stringify(change)))).toEqual(after);
      const kept = new Set(after.tasks.map(task => task.id));
      expect(removedTasks(change).sort()).toEqual(
        before.tasks
          .map(task => task.id)
          .filter(id => !kept.has(id))
          .sort(),
      );
    }),
  );
});

test('equal plans have no difference', () => {
  fc.assert(
    fc.property(plan, same => {
      expect(diffPlans(same, structuredClone(same))).toBeUndefined();
    }),
  );
});
