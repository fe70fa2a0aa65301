import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {areasOverlap} from '../../src/milestone/areas.ts';
import {DEFAULT_PHASE_WEIGHTS} from '../../src/milestone/kiro.ts';
import {applyEvent, initialState, type MilestoneState, taskState} from '../../src/state/milestone.ts';
import {milestoneProgress, taskProgress} from '../../src/state/progress.ts';
import {restoreSnapshot, takeSnapshot} from '../../src/state/snapshot.ts';
import {isSatisfied} from '../../src/state/task.ts';
import {arbitraryFate, arbitraryPlan, World} from './simulation.ts';

function fold(events: readonly MilestoneEvent[], from = empty()): MilestoneState {
  for (const event of events) applyEvent(from, structuredClone(event));
  return from;
}

const empty = () => initialState({id: 'p', title: 'p', requires: [], settings: {}, tasks: []});

describe('whatever happens', () => {
  test('a task starts only when everything that it depends on is complete', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, fc.integer({min: 1, max: 4}), (plan, fate, maxParallel) => {
        const done = new Set<string>();
        const world = new World(plan, maxParallel, (_, event) => {
          if (event.event === 'task_started')
            for (const dependency of plan.tasks.find(task => task.id === event.details.task_id)?.dependencies ?? [])
              expect(done).toContain(dependency);
          if (event.event === 'task_completed' || event.event === 'task_skipped') done.add(event.details.task_id);
          if (event.event === 'task_reset') done.delete(event.details.task_id);
        });
        world.live(fate);
      }),
    );
  });

  test('`max_parallel`, `touches` and `uses` hold at every moment', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, fc.integer({min: 1, max: 4}), (plan, fate, maxParallel) => {
        const world = new World(plan, maxParallel, state => {
          const running = [...state.running].map(id => state.taskById.get(id)!);
          expect(running.length).toBeLessThanOrEqual(maxParallel);
          for (const [place, a] of running.entries())
            for (const b of running.slice(place + 1)) {
              expect(areasOverlap(a.touches, b.touches)).toBe(false);
              expect(a.uses?.some(name => b.uses?.includes(name)) ?? false).toBe(false);
            }
          const alone = [...state.running].filter(id => (taskState(state, id) as {alone?: boolean}).alone);
          if (alone.length > 0) expect(running.length).toBe(1);
        });
        world.live(fate);
      }),
    );
  });

  test('every plan without a cycle ends, once nothing fails any more', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, fc.integer({min: 1, max: 4}), (plan, fate, maxParallel) => {
        const world = new World(plan, maxParallel);
        world.live(fate);
        world.succeedToTheEnd();
        for (const task of world.state.tasks.values()) expect(isSatisfied(task)).toBe(true);
      }),
    );
  });

  test('no completed task ever runs again', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const completed = new Set<string>();
        const world = new World(plan, 3, (_, event) => {
          if (event.event === 'task_started') expect(completed).not.toContain(event.details.task_id);
          if (event.event === 'task_completed') completed.add(event.details.task_id);
        });
        world.live(fate);
        world.succeedToTheEnd();
      }),
    );
  });

  test('the number of attempts stays within `max_attempts` between two resets', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const started = new Map<string, number>();
        const world = new World(plan, 3, (_, event) => {
          if (event.event === 'task_reset') started.delete(event.details.task_id);
          if (event.event !== 'task_started') return;
          const count = (started.get(event.details.task_id) ?? 0) + 1;
          started.set(event.details.task_id, count);
          // A cancelled attempt is not followed by a decision, so a person may start one more.
          expect(event.details.attempt).toBeGreaterThan(0);
        });
        world.live(fate.filter(({what}) => what !== 'cancel'));
        for (const count of started.values()) expect(count).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe('the fold', () => {
  test('gives the same twice, and the same in two parts as in one', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, fc.nat(), (plan, fate, cut) => {
        const world = new World(plan, 3);
        world.live(fate);
        const {events} = world;
        const whole = fold(events);
        expect(whole).toEqual(fold(events));
        const place = cut % (events.length + 1);
        expect(fold(events.slice(place), fold(events.slice(0, place)))).toEqual(whole);
        expect(whole).toEqual(world.state);
      }),
    );
  });

  test('goes on from a snapshot, through JSON, as if nothing had been', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, fc.nat(), (plan, fate, cut) => {
        const world = new World(plan, 3);
        world.live(fate);
        const {events} = world;
        const place = 1 + (cut % events.length);
        const snapshot = JSON.parse(JSON.stringify(takeSnapshot(fold(events.slice(0, place)))));
        expect(fold(events.slice(place), restoreSnapshot(snapshot))).toEqual(fold(events));
      }),
    );
  });

  test('keeps counts, progress and unmet dependencies as a fresh count would have them', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const world = new World(plan, 3);
        world.live(fate);
        const {state} = world;
        const tasks = [...state.tasks.values()];
        for (const [status, count] of Object.entries(state.counts))
          expect(count).toBe(tasks.filter(task => task.status === status).length);
        const sum = tasks.reduce((total, task) => total + taskProgress(task, DEFAULT_PHASE_WEIGHTS), 0);
        expect(milestoneProgress(state.progressSum, tasks.length)).toBe(Math.floor(sum / tasks.length));
        for (const task of plan.tasks) {
          const unmet = (task.dependencies ?? []).filter(id => !isSatisfied(taskState(state, id)));
          expect(state.unmet.get(task.id)).toBe(unmet.length);
        }
      }),
    );
  });

  test('refuses an event that cannot follow, and stays as it was', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const world = new World(plan, 3);
        world.live(fate);
        const before = structuredClone(takeSnapshot(world.state));
        const id = plan.tasks[0]!.id;
        const attempt = taskState(world.state, id).history.attempts + 7;
        expect(() => world.record({event: 'task_claimed', details: {task_id: id, attempt, result: {}}})).toThrow(
          /the event log has `task_claimed`/,
        );
        expect(takeSnapshot(world.state)).toEqual(before);
      }),
    );
  });

  test('refuses a gap in the numbers', () => {
    const world = new World({id: 'p', title: 'P', requires: [], settings: {}, tasks: []}, 1);
    const event = {...world.events[0]!, seq: 3};
    expect(() => applyEvent(world.state, event)).toThrow(/does not fit together/);
  });
});
