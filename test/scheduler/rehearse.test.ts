import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {NewEvent} from '../../src/events/event.ts';
import type {ImportedTask, Plan, Task} from '../../src/plan/plan.ts';
import {planDryRun} from '../../src/scheduler/rehearse.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';

const OPTIONS = {driver: undefined, missingDriver: () => undefined, passesGates: false, selection: undefined};

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
  const {tasks} = planDryRun(state, {
    ...OPTIONS,
    missingDriver: ({driver}) => (driver === 'oracle' ? {message: 'nobody knows it'} : undefined),
  });
  expect(tasks).toMatchObject([
    {driver: 'oracle', action: 'hold', why: 'nobody knows it'},
    {action: 'hold', why: 'waits for `a`, which would not be completed'},
  ]);
});

describe('a kiro task', () => {
  const kiro: Task = {id: 'login', title: 'login', kiro_workflow: {enabled: true}, run: 'npm run login'};
  const claude = {...OPTIONS, driver: 'claude'};
  const about = {task_id: 'login', attempt: 1, phase: 'design' as const};
  const started: NewEvent[] = [
    {event: 'kiro_workflow_started', details: {task_id: 'login'}},
    {event: 'task_started', details: {...about, slot: 0, token: 't', driver: 'claude'}},
    {event: 'task_claimed', details: {task_id: 'login', attempt: 1, result: {}}},
  ];
  const asked = {task_id: 'login', approval_id: 'a', phase: 'design' as const};

  function stateAfter(...events: NewEvent[]) {
    const state = stateOf([kiro]);
    for (const event of events)
      applyEvent(state, {
        ...event,
        seq: state.seq + 1,
        timestamp: '2026-11-23T10:00:00.000Z',
        milestone_id: 'm',
        session_id: 's',
      } as Parameters<typeof applyEvent>[1]);
    return state;
  }

  test('is done by the driver of its phase; the phases that are left are told, and who is asked', () => {
    expect(planDryRun(stateAfter(), claude).tasks).toMatchObject([
      {
        driver: 'claude',
        action: 'run',
        why: 'depends on nothing; design, 4 phases, approval asked after design, spec',
      },
    ]);
    expect(planDryRun(stateAfter(), {...claude, passesGates: true}).tasks).toMatchObject([
      {why: 'depends on nothing; design, 4 phases'},
    ]);
    expect(planDryRun(stateAfter(), OPTIONS).tasks).toMatchObject([
      {driver: 'manual', action: 'hold', why: 'a person does its design'},
    ]);
  });

  test('that waits for an approval is held, with the command; then it goes on with the next phase', () => {
    const waiting: NewEvent[] = [
      ...started,
      {event: 'kiro_phase_updated', details: {...about, status: 'waiting_approval', deliverables: []}},
      {
        event: 'kiro_approval_requested',
        details: {...asked, transition: 'design_to_spec', approvers: [], criteria: [], deliverables: []},
      },
    ];
    expect(planDryRun(stateAfter(...waiting), claude).tasks).toMatchObject([
      {action: 'hold', wave: 0, why: 'its design waits for approval: `milestone approve m login`'},
    ]);
    const granted: NewEvent = {event: 'kiro_approval_granted', details: {...asked, role: 'any', by: 'person'}};
    expect(planDryRun(stateAfter(...waiting, granted), claude).tasks).toMatchObject([
      {action: 'continue', why: 'its design is done; spec, 3 phases, approval asked after spec'},
    ]);
  });
});
