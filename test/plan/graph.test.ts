import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  criticalPath,
  dependantsOf,
  findCycle,
  findCycles,
  type GraphTask,
  remainingPath,
  topologicalOrder,
  waves,
} from '../../src/plan/graph.ts';

const diamond: GraphTask[] = [
  {id: 'd', dependencies: ['b', 'c']},
  {id: 'a'},
  {id: 'b', dependencies: ['a']},
  {id: 'c', dependencies: ['a'], estimated_hours: 5},
];

/** Any graph of up to a dozen tasks; without `circles`, tasks depend on earlier ones alone. */
function graphs(circles: boolean): fc.Arbitrary<GraphTask[]> {
  return fc.array(fc.array(fc.nat({max: 11}), {maxLength: 4}), {maxLength: 12}).map(rows =>
    rows.map((row, index) => ({
      id: `t${index}`,
      dependencies: row
        .map(other => (circles ? other : other % (index + 1)))
        .filter(other => circles || other < index)
        .map(other => `t${other}`),
    })),
  );
}

test('a diamond has three waves, and its critical path goes through the longest task', () => {
  expect(Object.fromEntries(waves(diamond))).toEqual({a: 1, b: 2, c: 2, d: 3});
  expect(Object.fromEntries(remainingPath(diamond))).toEqual({a: 7, b: 2, c: 6, d: 1});
  expect(criticalPath(diamond)).toEqual(['a', 'c', 'd']);
  expect(topologicalOrder(diamond)).toEqual(['a', 'b', 'c', 'd']);
  expect(dependantsOf(diamond).get('a')).toEqual(['b', 'c']);
});

test('a circle is named in the order of its dependencies', () => {
  const tasks = [
    {id: 'x', dependencies: ['a']},
    {id: 'a', dependencies: ['b']},
    {id: 'b', dependencies: ['c']},
    {id: 'c', dependencies: ['a']},
  ];
  expect(findCycle(tasks)).toEqual(['a', 'b', 'c']);
  expect(findCycles([...tasks, {id: 'y', dependencies: ['y']}], 9)).toEqual([['a', 'b', 'c'], ['y']]);
  expect(findCycle(diamond)).toBeUndefined();
});

test('what depends on a task that is not there is treated as if it did not', () => {
  expect(topologicalOrder([{id: 'a', dependencies: ['nowhere']}])).toEqual(['a']);
});

test('a chain of 10,000 tasks is walked without running out of stack', () => {
  const chain = Array.from({length: 10_000}, (_, index) => ({
    id: `t${index}`,
    dependencies: index === 0 ? [] : [`t${index - 1}`],
  })).reverse();
  expect(waves(chain).get('t9999')).toBe(10_000);
  expect(remainingPath(chain).get('t0')).toBe(10_000);
  expect(criticalPath(chain)).toHaveLength(10_000);
  expect(findCycle(chain)).toBeUndefined();
  expect(findCycle([...chain, {id: 't0', dependencies: ['t9999']}])).toHaveLength(10_000);
});

test('order and circles: a graph has a full order exactly when it has no circle', () => {
  fc.assert(
    fc.property(graphs(true), tasks => {
      const order = topologicalOrder(tasks);
      expect(order.length === tasks.length).toBe(findCycle(tasks) === undefined);
      for (const cycle of findCycles(tasks, 99))
        for (const [index, id] of cycle.entries())
          expect(tasks.find(task => task.id === id)?.dependencies).toContain(cycle[(index + 1) % cycle.length]);
    }),
  );
});

test('every task comes after its dependencies, in order and in waves', () => {
  fc.assert(
    fc.property(graphs(false), tasks => {
      const place = new Map(topologicalOrder(tasks).map((id, index) => [id, index]));
      const wave = waves(tasks);
      const remaining = remainingPath(tasks);
      for (const {id, dependencies = []} of tasks) {
        for (const dependency of dependencies) {
          expect(place.get(dependency)).toBeLessThan(place.get(id) as number);
          expect(wave.get(dependency)).toBeLessThan(wave.get(id) as number);
          expect(remaining.get(dependency)).toBeGreaterThan(remaining.get(id) as number);
        }
      }
      expect(criticalPath(tasks)).toHaveLength(Math.max(0, ...wave.values()));
    }),
  );
});
