import {expect, test} from 'vitest';
import {type LogLines, Salvage} from '../../src/doctor/salvage.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {RecordedCommit} from '../../src/git/task-commits.ts';
import type {Plan} from '../../src/plan/plan.ts';

const PLAN: Plan = {
  id: 'm',
  title: 'm',
  requires: [],
  settings: {},
  tasks: [
    {id: 'base', title: 'base', run: 'true'},
    {id: 'left', title: 'left', run: 'true', dependencies: ['base']},
    {id: 'right', title: 'right', run: 'true', dependencies: ['base']},
    {id: 'top', title: 'top', run: 'true', dependencies: ['left', 'right']},
  ],
};

function attempt(task_id: string, number = 1): NewEvent[] {
  const about = {task_id, attempt: number};
  return [
    {event: 'task_started', details: {...about, slot: 0, token: `${task_id}-${number}`, driver: 'shell'}},
    {event: 'task_working', details: {...about, pid: 1, process_started: null}},
    {event: 'task_claimed', details: {...about, result: {}}},
    {event: 'task_completed', details: {...about, checked: true}},
  ];
}

const WHOLE: NewEvent[] = [
  {
    event: 'milestone_activated',
    details: {execution_id: 'exec-1', plan: PLAN, imported: {}, isolation: 'worktree', dependents: []},
  },
  ...PLAN.tasks.flatMap(task => attempt(task.id)),
  {event: 'milestone_completed', details: {dependents: []}},
];

function asLines(events: readonly NewEvent[]): LogLines {
  const lines = events.map(({event, details}, index) => ({
    event: {
      seq: index + 1,
      timestamp: new Date(index).toISOString(),
      event,
      milestone_id: 'm',
      session_id: 's',
      details,
    } as MilestoneEvent,
    line: index + 1,
    byte: 100 * index,
  }));
  return {lines, foreign: 0, tornBytes: 0};
}

/** The same log with one line that is no event any more. */
function damagedAt(log: LogLines, index: number): LogLines {
  return {...log, lines: log.lines.map((line, at) => (at === index ? {...line, event: 'it is not JSON'} : line))};
}

function salvage(log: LogLines, more: Partial<ConstructorParameters<typeof Salvage>[1]> = {}): Salvage {
  return new Salvage(log, {id: 'm', sessionId: 'repair', now: '2026-11-23T10:00:00.000Z', ...more});
}

function completed({state}: Salvage): string[] {
  return [...state.tasks].flatMap(([id, {status}]) => (status === 'completed' ? id : []));
}

test('a sound log comes out as it went in', () => {
  const log = asLines(WHOLE);
  const {records, damage, leftOut} = salvage(log);
  expect([damage, leftOut]).toEqual([undefined, []]);
  expect(records).toEqual(log.lines.map(({event}) => event));
});

test('whichever line after the first is damaged, every completion that the others prove stays', () => {
  for (let index = 1; index < WHOLE.length; index++) {
    const found = salvage(damagedAt(asLines(WHOLE), index));
    expect(found.damage, `line ${index + 1}`).toMatchObject({line: index + 1, reason: 'it is not JSON'});
    expect(completed(found), `line ${index + 1}`).toEqual(['base', 'left', 'right', 'top']);
    expect(found.records.map(({seq}) => seq)).toEqual(found.records.map((_, at) => at + 1));
  }
});

test('a completion that nothing else proves is not made up', () => {
  const unfinished = WHOLE.slice(0, -1);
  const found = salvage(damagedAt(asLines(unfinished), unfinished.length - 1));
  expect(completed(found)).toEqual(['base', 'left', 'right']);
});

test('a log whose first event is lost begins with what the caller knows', () => {
  const log = damagedAt(asLines(WHOLE.slice(0, 9)), 0);
  expect(completed(salvage(log))).toEqual([]);
  expect(completed(salvage(log, {beginning: WHOLE.slice(0, 1)}))).toEqual(['base', 'left']);
});

test('a commit completes a task only if its attempt is later than the last reset and of the same execution', () => {
  const commit = (task: string, number: number, execution = 'exec-1'): RecordedCommit => ({
    commit: `${task}${number}`,
    task,
    milestone: 'm',
    attempt: number,
    execution,
  });
  const failed: NewEvent[] = [
    ...attempt('base').slice(0, 3),
    {
      event: 'attempt_ended',
      details: {task_id: 'base', attempt: 1, outcome: {kind: 'failed', cause: 'check', message: 'is red'}},
    },
    {event: 'task_failed', details: {task_id: 'base', attempt: 1, cause: 'check', message: 'is red'}},
    {event: 'task_reset', details: {task_id: 'base', reason: 'retry'}},
  ];
  const log = asLines([...WHOLE.slice(0, 1), ...failed]);
  const lost = (...commits: RecordedCommit[]) =>
    salvage(log, {commits})
      .lostCompletions()
      .map(found => found.commit);
  expect(lost(commit('base', 1))).toEqual([]);
  expect(lost(commit('base', 1), commit('base', 2))).toEqual(['base2']);
  expect(lost(commit('base', 2, 'exec-0'), commit('unknown', 1))).toEqual([]);
});

test('lines that are doubled, foreign or out of order are left out', () => {
  const log = asLines(WHOLE);
  const [first, second] = log.lines as [LogLines['lines'][0], LogLines['lines'][0]];
  const foreign = {...second, event: {...(second.event as MilestoneEvent), milestone_id: 'other'}};
  const found = salvage({...log, lines: [first, second, second, foreign, ...log.lines.slice(2)]});
  expect(found.leftOut).toHaveLength(2);
  expect(found.damage?.line).toBe(2);
  expect(completed(found)).toEqual(['base', 'left', 'right', 'top']);
});
