import fc from 'fast-check';
import {expect, test} from 'vitest';
import {judgeEdit} from '../../src/plan/edited-plan.ts';
import type {Plan, Problem} from '../../src/plan/plan.ts';
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

test('an edit is refused for what is wrong with it, or for what it would lose; else it is taken whole', () => {
  fc.assert(
    fc.property(plan, plan, fc.subarray(['a', 'b', 'c', 'd', 'e']), (before, after, completed) => {
      const edited = judgeEdit(before, {plan: after, problems: []}, id => completed.includes(id));
      const change = diffPlans(before, after);
      const lost = before.tasks.filter(({id}) => completed.includes(id) && !after.tasks.some(task => task.id === id));
      if (edited.kind === 'same') expect(change).toBeUndefined();
      else if (edited.kind === 'changed') expect(changedPlan(before, edited.change)).toEqual(after);
      else expect(edited.problems.map(({message}) => message)).toEqual(lost.map(({id}) => expect.stringContaining(id)));
      expect(edited.kind === 'refused').toBe(lost.length > 0);
    }),
  );
  const [nobody] = fc.sample(plan, 1) as [Plan];
  const warning: Problem = {severity: 'warning', code: 'NO_MILESTONE', message: 'no milestone'};
  const error: Problem = {severity: 'error', code: 'UNKNOWN_KEY', message: 'wrong'};
  const refused = (problems: Problem[], is?: Plan) => judgeEdit(nobody, {plan: is, problems}, () => false);
  expect(refused([warning, error], nobody)).toEqual({kind: 'refused', problems: [error]});
  expect(refused([warning])).toEqual({kind: 'refused', problems: [warning]});
  expect(refused([warning], nobody)).toEqual({kind: 'same'});
});
