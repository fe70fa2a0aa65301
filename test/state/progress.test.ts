import {describe, expect, test} from 'vitest';
import {DEFAULT_PHASE_WEIGHTS, KIRO_PHASES, type PhaseWeights, phaseWeights} from '../../src/plan/kiro-plan.ts';
import {type KiroState, newKiro, type PhaseStatus, withPhase} from '../../src/state/kiro.ts';
import {kiroProgress, milestoneProgress, phaseAverages, taskProgress} from '../../src/state/progress.ts';
import {initialTask, type TaskState} from '../../src/state/task.ts';

type Statuses = [PhaseStatus, PhaseStatus, PhaseStatus, PhaseStatus];

function kiro(statuses: Statuses): KiroState {
  return KIRO_PHASES.reduce((state, phase, place) => withPhase(state, phase, {status: statuses[place]!}), newKiro());
}

function kiroTask(...statuses: Statuses): TaskState {
  const task = initialTask();
  return {...task, history: {...task.history, kiro: kiro(statuses)}};
}

describe('a kiro task counts the sum of its phases, each rounded down', () => {
  const table: Array<[Statuses, number]> = [
    [['pending', 'pending', 'pending', 'pending'], 0],
    [['in_progress', 'pending', 'pending', 'pending'], 9],
    [['waiting_approval', 'pending', 'pending', 'pending'], 13],
    [['blocked', 'pending', 'pending', 'pending'], 4],
    [['approved', 'pending', 'pending', 'pending'], 15],
    [['completed', 'pending', 'pending', 'pending'], 15],
    [['approved', 'in_progress', 'pending', 'pending'], 30],
    [['approved', 'waiting_approval', 'pending', 'pending'], 37],
    [['approved', 'blocked', 'pending', 'pending'], 22],
    [['approved', 'approved', 'in_progress', 'pending'], 52],
    [['approved', 'approved', 'waiting_approval', 'pending'], 58],
    [['approved', 'approved', 'completed', 'in_progress'], 84],
    [['approved', 'approved', 'completed', 'waiting_approval'], 96],
    [['approved', 'approved', 'completed', 'blocked'], 72],
    [['approved', 'approved', 'completed', 'approved'], 100],
    // An approval that is asked again takes back what it gave, and nothing else.
    [['waiting_approval', 'approved', 'completed', 'in_progress'], 82],
  ];
  test.each(table)('%j is %i', (statuses, percent) => {
    expect(kiroProgress(kiro(statuses), DEFAULT_PHASE_WEIGHTS)).toBe(percent);
    expect(taskProgress(kiroTask(...statuses), DEFAULT_PHASE_WEIGHTS)).toBe(percent);
  });

  const weighted: Array<[Partial<PhaseWeights>, Statuses, number]> = [
    [{design: 10, spec: 20, task: 30, execute: 40}, ['approved', 'in_progress', 'pending', 'pending'], 22],
    [{design: 33, spec: 33, task: 33, execute: 1}, ['in_progress', 'in_progress', 'in_progress', 'in_progress'], 57],
    [{design: 33, spec: 33, task: 33, execute: 1}, ['blocked', 'blocked', 'blocked', 'blocked'], 27],
    [{design: 12.5, spec: 12.5, task: 25, execute: 50}, ['approved', 'waiting_approval', 'pending', 'pending'], 23],
    [{design: 0, spec: 0, task: 0, execute: 100}, ['approved', 'approved', 'approved', 'waiting_approval'], 90],
    // Those that the plan leaves out count as usual.
    [{design: 20, execute: 35}, ['approved', 'in_progress', 'pending', 'pending'], 35],
  ];
  test.each(weighted)('with the weights %j, %j is %i', (phase_weights, statuses, percent) => {
    expect(kiroProgress(kiro(statuses), phaseWeights({phase_weights}))).toBe(percent);
  });
});

describe('a task without phases', () => {
  const history = initialTask().history;
  const running = {
    stage: 'working',
    attempt: 1,
    slot: 0,
    token: 't',
    driver: 'shell',
    startedAt: '',
    session: '',
  } as const;
  const table: Array<[TaskState, number]> = [
    [{status: 'pending', history}, 0],
    [{status: 'in_progress', ...running, history}, 50],
    [{status: 'completed', checked: true, history}, 100],
    [{status: 'skipped', history}, 100],
    [{status: 'failed', cause: 'exit', message: '', history}, 0],
    [{status: 'blocked', blockerId: 'b', history}, 0],
  ];
  test.each(table)('%# counts %i', (task, percent) => {
    expect(taskProgress(task, DEFAULT_PHASE_WEIGHTS)).toBe(percent);
  });
});

test('a milestone is the average over its tasks, rounded down', () => {
  const table: Array<[number, number, number]> = [
    [0, 0, 0],
    [0, 3, 0],
    [50, 3, 16],
    [200, 3, 66],
    [299, 3, 99],
    [300, 3, 100],
    [37 + 50, 2, 43],
  ];
  for (const [sum, tasks, percent] of table) expect(milestoneProgress(sum, tasks)).toBe(percent);
});

test('the averages of the phases are over the kiro tasks alone, rounded down', () => {
  expect(phaseAverages([])).toBeUndefined();
  const one = kiroTask('approved', 'waiting_approval', 'pending', 'pending');
  const two = kiroTask('approved', 'approved', 'in_progress', 'pending');
  const three = kiroTask('blocked', 'pending', 'pending', 'pending');
  const done: TaskState = {...kiroTask('completed', 'completed', 'completed', 'completed'), status: 'skipped'};
  expect(phaseAverages([one])).toEqual({design: 100, spec: 90, task: 0, execute: 0});
  expect(phaseAverages([one, two, three])).toEqual({design: 76, spec: 63, task: 20, execute: 0});
  expect(phaseAverages([one, two, three, done])).toEqual({design: 82, spec: 72, task: 40, execute: 25});
});
