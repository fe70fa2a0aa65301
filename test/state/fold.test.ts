import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Deliverable} from '../../src/events/details/kiro.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {areasOverlap} from '../../src/plan/areas.ts';
import {DEFAULT_PHASE_WEIGHTS, gateOf, KIRO_PHASES, phasesBefore} from '../../src/plan/kiro-plan.ts';
import type {KiroPhase, Plan, Task} from '../../src/plan/plan.ts';
import {whatRemains} from '../../src/scheduler/what-remains.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {heldUpKey} from '../../src/state/held-up.ts';
import {initialState} from '../../src/state/initial-state.ts';
import {isBetweenPhases, nextStepIsOf} from '../../src/state/kiro-task.ts';
import {type Blocker, type MilestoneState, taskState} from '../../src/state/milestone.ts';
import {milestoneProgress, taskProgress} from '../../src/state/progress.ts';
import {restoreSnapshot, takeSnapshot} from '../../src/state/snapshot.ts';
import {isByHand, isSatisfied, type RunningTask, shownStatus} from '../../src/state/task.ts';
import {occupiedSlots} from '../../src/workspace/workspace.ts';
import {arbitraryFate, arbitraryKiroFate, arbitraryKiroPlan, arbitraryPlan, World} from './simulation.ts';

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
          const running = [...state.running].map(id => ({...state.taskById.get(id)!, isCode: isCode(state, id)}));
          expect(running.length - state.queued.size).toBeLessThanOrEqual(maxParallel);
          for (const [place, a] of running.entries())
            for (const b of running.slice(place + 1)) {
              if (a.isCode && b.isCode) expect(areasOverlap(a.touches, b.touches)).toBe(false);
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
        const started = new Map<string, {phase: string | undefined; count: number}>();
        const world = new World(plan, 3, (_, event) => {
          if (event.event === 'task_reset') started.delete(event.details.task_id);
          if (event.event !== 'task_started') return;
          const {task_id, phase} = event.details;
          const last = started.get(task_id);
          // Each phase has its own tries, also one that a rejection goes back to.
          started.set(task_id, {phase, count: last?.phase === phase ? (last?.count ?? 0) + 1 : 1});
        });
        world.live(fate.filter(({what}) => what !== 'cancel'));
        for (const {count} of started.values()) expect(count).toBeLessThanOrEqual(8);
      }),
    );
  });
});

/** Whether what runs of a task may change code. */
function isCode(state: MilestoneState, id: string): boolean {
  const task = taskState(state, id);
  return task.status === 'in_progress' && (task.phase === undefined || task.phase === 'execute');
}

describe('gates', () => {
  test('no phase starts and no task completes before everybody asked has approved the documents that are there', () => {
    fc.assert(
      fc.property(arbitraryKiroPlan, arbitraryKiroFate, fc.integer({min: 1, max: 2}), (plan, fate, maxParallel) => {
        const keeper = new Gatekeeper(plan);
        let world: World | undefined;
        world = new World(plan, maxParallel, (_, event) => {
          keeper.hear(event);
          const {task_id} = event.details as {task_id: string};
          if (event.event === 'task_started' && event.details.phase)
            expect(keeper.closed(task_id, phasesBefore(event.details.phase), world!)).toEqual([]);
          if (event.event === 'task_completed') expect(keeper.closed(task_id, KIRO_PHASES, world!)).toEqual([]);
        });
        world.live(fate);
        world.succeedToTheEnd();
      }),
    );
  });

  test('whenever nothing runs, the plan is complete, waits for somebody, or has failed: it never hangs', () => {
    fc.assert(
      fc.property(arbitraryKiroPlan, arbitraryKiroFate, (plan, fate) => {
        const world = new World(plan, 3);
        for (const one of fate) {
          world.live([one]);
          world.schedule();
          const {size, manual, waiting} = world.ready;
          const outlook = {ready: size, manual, waiting, halted: false, waits: false, isRestricted: false};
          if (world.state.running.size > 0) continue;
          const remaining = whatRemains(world.state, outlook);
          expect(remaining.kind).not.toBe('working');
          if (world.waiting.length > 0) expect(remaining).toMatchObject({kind: 'stopped'});
        }
      }),
    );
  });
});

const byId = (a: Blocker, b: Blocker) => a.id.localeCompare(b.id);

/** Whether a task failed, matters and has no blocker. */
function isOpen(state: MilestoneState, id: string): boolean {
  const task = taskState(state, id);
  const isWaitedFor = state.plan.tasks.some(
    other => other.dependencies?.includes(id) && !isSatisfied(taskState(state, other.id)),
  );
  const hasBlocker = [...state.blockers.values()].some(({taskId}) => taskId === id);
  return task.status === 'failed' && !hasBlocker && (isWaitedFor || ['conflict', 'check'].includes(task.cause));
}

/** Everything that is pending and depends on what failed or is blocked. */
function heldIn(state: MilestoneState): Set<string> {
  const isStuck = (id: string) => ['failed', 'blocked'].includes(taskState(state, id).status);
  return new Set(
    state.plan.tasks.flatMap(({id, dependencies = []}) =>
      taskState(state, id).status === 'pending' ? dependencies.filter(isStuck).map(other => heldUpKey(id, other)) : [],
    ),
  );
}

/** Follows the events alone: who has let which document of a phase through. */
class Gatekeeper {
  readonly #approvals = new Map<string, {roles: readonly string[]; approved: Set<string>; sha256: string}>();

  constructor(private readonly plan: Plan) {}

  hear({event, details}: MilestoneEvent): void {
    if (!event.startsWith('kiro_approval_')) return;
    const {task_id, phase, role = 'any', by, approvers = [], deliverables} = details as ApprovalDetails;
    const key = `${task_id} ${phase}`;
    const known = this.#approvals.get(key);
    const roles = approvers.length > 0 ? approvers : ['any'];
    const sha256 = deliverables?.[0]?.sha256 ?? known?.sha256 ?? '';
    const before = known?.sha256 === sha256 ? known.approved : new Set<string>();
    if (event === 'kiro_approval_requested') this.#approvals.set(key, {roles, approved: new Set(), sha256});
    else if (event === 'kiro_approval_voided') this.#approvals.set(key, {...known!, approved: new Set(), sha256});
    else if (event === 'kiro_approval_granted')
      this.#approvals.set(key, {
        ...known!,
        approved: new Set(by === 'auto' ? known!.roles : [...before, role]),
        sha256,
      });
    // What came after what was rejected is not let through any more.
    else for (const one of KIRO_PHASES.slice(KIRO_PHASES.indexOf(phase))) this.#approvals.delete(`${task_id} ${one}`);
  }

  /** Gates of these phases that nobody has opened for the documents that there are. */
  closed(id: string, phases: readonly KiroPhase[], world: World): KiroPhase[] {
    const task = this.plan.tasks.find(one => one.id === id)!;
    if (!task.kiro_workflow) return [];
    return phases.filter(phase => {
      const approval = this.#approvals.get(`${id} ${phase}`);
      const isThere = approval?.sha256 === world.documentsOf(id, phase)[0]!.sha256;
      const isOpen = approval?.roles.every(role => approval.approved.has(role)) ?? false;
      return gateOf(this.plan, task, phase).required && !(isOpen && (isThere || phase === 'execute'));
    });
  }
}

interface ApprovalDetails {
  task_id: string;
  phase: KiroPhase;
  role?: string;
  by?: string;
  approvers?: string[];
  deliverables?: Deliverable[];
}

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
          expect(count).toBe(tasks.filter(task => shownStatus(task) === status).length);
        const sum = tasks.reduce((total, task) => total + taskProgress(task, DEFAULT_PHASE_WEIGHTS), 0);
        expect(milestoneProgress(state.progressSum, tasks.length)).toBe(Math.floor(sum / tasks.length));
        for (const task of plan.tasks) {
          const unmet = (task.dependencies ?? []).filter(id => !isSatisfied(taskState(state, id)));
          expect(state.unmet.get(task.id)).toBe(unmet.length);
        }
        const stuck = plan.tasks.filter(({id}) => ['failed', 'blocked'].includes(taskState(state, id).status));
        expect(state.stuck).toEqual(new Set(stuck.map(({id}) => id)));
        const queued = plan.tasks.filter(({id}) => 'queued' in taskState(state, id));
        expect(state.queued).toEqual(new Set(queued.map(({id}) => id)));
      }),
    );
  });

  test('knows which failed tasks want a blocker, and which blockers nobody was told of', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const world = new World(plan, 3, state => {
          const blockers = [...state.blockers.values()];
          expect([...state.blockersOf.values()].flatMap(some => [...some.values()]).sort(byId)).toEqual(
            blockers.sort(byId),
          );
          for (const [id, some] of state.blockersOf)
            for (const blocker of some.values()) expect(blocker.taskId).toBe(id);
          expect(state.untold).toEqual(new Set(blockers.filter(({escalated}) => !escalated).map(({id}) => id)));
          expect(state.unexplained).toEqual(new Set(state.plan.tasks.flatMap(({id}) => (isOpen(state, id) ? id : []))));
        });
        world.live(fate);
      }),
    );
  });

  test('knows what is held by a dependency and not on record as such since it is', () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const recorded = new Set<string>();
        const world = new World(plan, 3, (state, {event, details}) => {
          const held = heldIn(state);
          if (event === 'task_dependency_blocker') recorded.add(heldUpKey(details.task_id, details.dependency));
          for (const key of recorded) if (!held.has(key)) recorded.delete(key);
          expect(state.unreported).toEqual(new Set([...held].filter(key => !recorded.has(key))));
        });
        world.live(fate);
      }),
    );
  });

  test('does not ask for what is on record once more when the plan changes', () => {
    const tasks: Task[] = [
      {id: 'a', title: 'A', run: 'true'},
      {id: 'b', title: 'B', run: 'true', dependencies: ['a']},
    ];
    const world = new World({id: 'p', title: 'P', requires: [], settings: {}, tasks}, 1);
    const c: Task = {id: 'c', title: 'C', run: 'true', dependencies: ['a']};
    world.record(
      {event: 'task_failed', details: {task_id: 'a', attempt: 1, cause: 'exit', message: 'failed'}},
      {event: 'task_dependency_blocker', details: {task_id: 'b', dependency: 'a'}},
      {event: 'plan_changed', details: {change: {tasks: {c}}, warnings: []}},
    );
    expect(world.state.unreported).toEqual(new Set([heldUpKey('c', 'a')]));
    expect(world.state.unexplained).toEqual(new Set(['a']));
  });

  test('gives the place of work that waits to be merged to the next one, and knows where the branch stands', () => {
    const tasks: Task[] = ['a', 'b', 'c'].map(id => ({id, title: id, run: 'true'}));
    const world = new World({id: 'p', title: 'P', requires: [], settings: {}, tasks}, 1);
    const finish = (task_id: string): NewEvent[] => [
      {event: 'task_claimed', details: {task_id, attempt: 1, result: {}}},
      {event: 'task_queued', details: {task_id, attempt: 1, commit: `work of ${task_id}`}},
    ];
    world.schedule();
    world.record(...finish('a'));
    world.schedule();
    expect([...world.state.running]).toEqual(['a', 'b']);
    world.record(
      ...finish('b'),
      {event: 'task_integrating', details: {task_id: 'a', attempt: 1, commit: 'a', onto: 'base', tip: 'b'}},
      {event: 'task_integrating', details: {task_id: 'b', attempt: 1, commit: 'b', onto: 'base', tip: 'b'}},
      {event: 'task_completed', details: {task_id: 'a', attempt: 1, commit: 'a', tip: 'b', checked: true}},
    );
    expect(world.state).toMatchObject({head: 'b', queued: new Set(['b'])});
  });

  test('reads a slot of -1, which logs have of what a person does, as work by hand that holds no slot', () => {
    const world = new World({id: 'p', title: 'P', requires: [], settings: {}, tasks: [{id: 'a', title: 'A'}]}, 1);
    const details = {task_id: 'a', attempt: 1, slot: -1, token: 't', driver: 'manual'};
    const {state} = world;
    world.record(
      {event: 'task_started', details},
      {event: 'task_claimed', details: {task_id: 'a', attempt: 1, result: {}}},
    );
    expect(taskState(state, 'a')).not.toHaveProperty('slot');
    expect(isByHand(taskState(state, 'a') as RunningTask)).toBe(true);
    expect(occupiedSlots(state)).toEqual([]);
  });

  describe('of a task that is taken out of the plan and put back', () => {
    const [a, b]: Task[] = ['a', 'b'].map(id => ({id, title: id, run: 'true'})) as [Task, Task];
    const plan: Plan = {id: 'p', title: 'P', requires: [], settings: {}, tasks: [a, b]};
    const change = (tasks: Record<string, Task | null>): NewEvent => ({
      event: 'plan_changed',
      details: {change: {tasks}, warnings: []},
    });
    const attempt = (number: number): NewEvent[] => [
      {
        event: 'task_started',
        details: {task_id: 'a', attempt: number, slot: 0, token: `a.${number}`, driver: 'shell'},
      },
      {
        event: 'attempt_ended',
        details: {task_id: 'a', attempt: number, outcome: {kind: 'cancelled', message: 'was taken out of the plan'}},
      },
    ];
    const startAgain = (world: World, number: number) => world.record(...attempt(number).slice(0, 1));

    test('gives no number of an attempt twice, however often, and begins anew in all else', () => {
      const world = new World(plan, 1);
      world.record(...attempt(1), ...attempt(2), change({a: null}), change({a}));
      expect(taskState(world.state, 'a')).toEqual({
        ...taskState(world.state, 'b'),
        history: {...taskState(world.state, 'b').history, attempts: 2},
      });
      world.record(change({a: null}), change({c: {...b, id: 'c'}}), change({a}));
      expect(() => startAgain(world, 2)).toThrow(/`task_started`/);
      startAgain(world, 3);
      expect(fold(world.events)).toEqual(world.state);
    });

    test('does so from a snapshot as well', () => {
      const world = new World(plan, 1);
      world.record(...attempt(1), change({a: null}));
      const restored = restoreSnapshot(JSON.parse(JSON.stringify(takeSnapshot(world.state))));
      expect(restored).toEqual(world.state);
      world.record(change({a}));
      expect(fold(world.events.slice(-1), restored).tasks.get('a')?.history.attempts).toBe(1);
    });

    test('takes a log that counts them anew', () => {
      const world = new World(plan, 1);
      world.record(...attempt(1), ...attempt(2), change({a: null}), change({a}), ...attempt(1), ...attempt(2));
      expect(taskState(world.state, 'a').history.attempts).toBe(2);
      world.record(...attempt(3));
      expect(() => startAgain(world, 1)).toThrow(/`task_started`/);
    });
  });

  test('knows of each kiro task whether its next step is the program’s or a person’s', () => {
    fc.assert(
      fc.property(arbitraryKiroPlan, arbitraryKiroFate, (plan, fate) => {
        const world = new World(plan, 3, state => {
          for (const [id, task] of state.tasks)
            for (const who of ['program', 'person'] as const)
              expect(state.nextStep[who].has(id)).toBe(nextStepIsOf(task) === who);
        });
        world.live(fate);
        world.schedule();
        for (const id of world.state.nextStep.program) expect(isBetweenPhases(taskState(world.state, id))).toBe(false);
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
