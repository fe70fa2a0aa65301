import {expect, test} from 'vitest';
import {type LogLines, SoundLog} from '../../src/doctor/sound-log.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {RecordedCommit} from '../../src/git/task-commits.ts';
import {unrecordedOf} from '../../src/milestone/unrecorded-commits.ts';
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

function soundOf(log: LogLines): SoundLog {
  return new SoundLog(log, 'm', '');
}

test('a sound log comes out as it went in', () => {
  const log = asLines(WHOLE);
  const {records, damage} = soundOf(log);
  expect(damage).toBeUndefined();
  expect(records).toEqual(log.lines.map(({event}) => event));
});

test('whichever line is damaged, what is before it is sound, and every token is known all the same', () => {
  for (let index = 0; index < WHOLE.length; index++) {
    const log = asLines(WHOLE);
    const {damage, records, state, tokens} = soundOf(damagedAt(log, index));
    expect(damage).toEqual({line: index + 1, byte: 100 * index, reason: 'it is not JSON'});
    expect(records).toEqual(log.lines.slice(0, index).map(({event}) => event));
    expect(state.seq).toBe(index);
    const isStart = WHOLE[index]?.event === 'task_started';
    expect(tokens.size).toBe(PLAN.tasks.length - (isStart ? 1 : 0));
  }
});

test('what is added follows in number and time, and does not go in where it does not fit', () => {
  const log = soundOf(asLines(WHOLE.slice(0, 2)));
  log.append({event: 'task_completed', details: {task_id: 'base', attempt: 1, checked: false, adopted: true}}, BY);
  log.append({event: 'task_completed', details: {task_id: 'unknown', attempt: 1, checked: false, adopted: true}}, BY);
  expect(log.records.slice(2)).toMatchObject([{seq: 3, timestamp: BY.now, session_id: 'repair', milestone_id: 'm'}]);
  log.append(
    {event: 'milestone_paused', details: {code: 'requested', reason: ''}},
    {...BY, now: '2020-01-01T00:00:00.000Z'},
  );
  expect(log.records.at(-1)).toMatchObject({seq: 4, timestamp: BY.now});
});

const BY = {sessionId: 'repair', now: '2026-11-23T10:00:00.000Z'};

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
  const {state} = soundOf(asLines([...WHOLE.slice(0, 1), ...failed]));
  const lost = (...commits: RecordedCommit[]) => unrecordedOf(state, commits).map(found => found.commit);
  expect(lost(commit('base', 1))).toEqual([]);
  expect(lost(commit('base', 1), commit('base', 2))).toEqual(['base2']);
  expect(lost(commit('base', 2, 'exec-0'), commit('unknown', 1))).toEqual([]);
});

test('a line that is doubled, of another milestone or out of order is damage', () => {
  const log = asLines(WHOLE);
  const [first, second, ...rest] = log.lines as [LogLines['lines'][0], LogLines['lines'][0]];
  const foreign = {...second, event: {...(second.event as MilestoneEvent), milestone_id: 'other'}};
  const reasonOf = (lines: LogLines['lines']) => soundOf({...log, lines}).damage?.reason;
  expect(reasonOf([first, second, second])).toBe('its `seq` is 2, expected 3');
  expect(reasonOf([first, foreign])).toBe('it is of milestone `other`');
  expect(reasonOf([first, ...rest])).toBe('its `seq` is 3, expected 2');
});
