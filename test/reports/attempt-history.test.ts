// What is made of a log that is read from its beginning.

import {expect, test} from 'vitest';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {Task} from '../../src/plan/plan.ts';
import {attemptHistory} from '../../src/reports/morning/attempt-history.ts';
import {ownMs, sumStages} from '../../src/state/stage-times.ts';

/** Events at so many seconds, each of a session. */
type Line = [seconds: number, session: string, event: NewEvent];

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
const TASKS: Task[] = [
  {id: 'a', title: 'a', run: 'true'},
  {id: 'b', title: 'b', run: 'true', dependencies: ['a']},
];
const activated: NewEvent = {
  event: 'milestone_activated',
  details: {
    execution_id: 'e',
    plan: {id: 'm', title: 'm', requires: [], settings: {}, tasks: TASKS},
    imported: {},
    isolation: 'worktree',
    dependents: [],
  },
};
const session: NewEvent = {event: 'session_started', details: {pid: 1, host: 'h', command: 'execute'}};
const started = (task_id: string, attempt = 1): NewEvent => ({
  event: 'task_started',
  details: {task_id, attempt, slot: 0, token: 't', driver: 'shell'},
});
const working = (task_id: string, attempt = 1): NewEvent => ({
  event: 'task_working',
  details: {task_id, attempt, pid: 2, process_started: null},
});
const claimed = (task_id: string, attempt = 1): NewEvent => ({
  event: 'task_claimed',
  details: {task_id, attempt, result: {}},
});
const verified = (task_id: string, on: 'worktree' | 'merged', flaky: boolean): NewEvent => {
  const check = {name: 'task' as const, command: 'npm test', ok: true, exit_code: 0, duration_ms: 1};
  return {
    event: 'task_verified',
    details: {task_id, attempt: 1, on, ok: true, checks: [{...check, ...(flaky && {flaky})}]},
  };
};
const queued = (task_id: string, attempt = 1): NewEvent => ({event: 'task_queued', details: {task_id, attempt}});
const completed = (task_id: string, attempt = 1): NewEvent => ({
  event: 'task_completed',
  details: {task_id, attempt, checked: true},
});
const ended = (task_id: string, executor_died: boolean): NewEvent => ({
  event: 'attempt_ended',
  details: {task_id, attempt: 1, outcome: {kind: 'interrupted', message: 'was interrupted', executor_died}},
});
const retried = (task_id: string, seconds: number): NewEvent => ({
  event: 'task_retry_scheduled',
  details: {task_id, attempt: 2, retry_at: at(seconds)},
});

/** The same time is in the state of each task, which `status` shows, and in what is made of the whole log. */
function historyOf(lines: readonly Line[], now = 0, isExecuted = true) {
  const events = lines.map(
    ([seconds, session_id, event], place) =>
      ({...event, seq: place + 1, timestamp: at(seconds), milestone_id: 'm', session_id}) as MilestoneEvent,
  );
  const history = attemptHistory('m', events, {now: now * 1_000, isExecuted});
  for (const [id, {history: known}] of history.state.tasks) {
    const ended = history.attempts.filter(({task, outcome}) => task === id && outcome !== 'running');
    expect(known.tookMs ?? 0).toBe(ownMs(sumStages(ended.map(({stages}) => stages))));
  }
  return history;
}

test('a task waits from when what it depends on is done, works, is checked, and waits in the queue', () => {
  const {attempts} = historyOf([
    [0, 's1', activated],
    [1, 's1', session],
    [2, 's1', started('a')],
    [3, 's1', working('a')],
    [10, 's1', claimed('a')],
    [12, 's1', verified('a', 'worktree', true)],
    [15, 's1', verified('a', 'merged', false)],
    [16, 's1', completed('a')],
    [20, 's1', started('b')],
    [21, 's1', working('b')],
    [25, 's1', claimed('b')],
    [27, 's1', completed('b')],
  ]);
  expect(attempts).toMatchObject([
    {task: 'a', from: at(0), to: at(16), stages: {waiting: 3_000, working: 7_000, checking: 2_000, queued: 4_000}},
    {task: 'b', from: at(16), to: at(27), stages: {waiting: 5_000, working: 4_000, checking: 0, queued: 2_000}},
  ]);
  // Red and green on the same tree is flaky, also when the next tree is green at once.
  expect(attempts[0]?.checks).toMatchObject([{command: 'npm test', flaky: true}]);
});

test('whose work is done and waits is in the queue, checked or not', () => {
  const {attempts} = historyOf(
    [
      [0, 's1', activated],
      [1, 's1', session],
      [2, 's1', started('a')],
      [3, 's1', working('a')],
      [10, 's1', claimed('a')],
      // It was reviewed after its checks.
      [12, 's1', verified('a', 'worktree', false)],
      [15, 's1', queued('a')],
      [20, 's1', completed('a')],
      [20, 's1', started('b')],
      [21, 's1', working('b')],
      [25, 's1', claimed('b')],
      [26, 's1', queued('b')],
    ],
    30,
  );
  expect(attempts).toMatchObject([
    {task: 'a', stages: {working: 7_000, checking: 5_000, queued: 5_000}},
    {task: 'b', outcome: 'running', stages: {working: 4_000, checking: 1_000, queued: 4_000}},
  ]);
});

test('an attempt whose executor died ends when that was last heard of, not when somebody found out', () => {
  const {attempts, sessions} = historyOf(
    [
      [0, 's1', activated],
      [1, 's1', session],
      [2, 's1', started('a')],
      [3, 's1', working('a')],
      [60, 's1', {event: 'progress_updated', details: {percentage: 25, completed_tasks: 0, total_tasks: 2}}],
      [30_000, 's2', session],
      [30_001, 's2', ended('a', true)],
      [30_001, 's2', retried('a', 30_001)],
      [30_002, 's2', started('a', 2)],
      [30_003, 's2', working('a', 2)],
    ],
    30_013,
  );
  expect(attempts).toMatchObject([
    {attempt: 1, outcome: 'interrupted', to: at(60), stages: {waiting: 3_000, working: 57_000}},
    {attempt: 2, outcome: 'running', from: at(30_001), stages: {waiting: 2_000, working: 10_000}},
  ]);
  expect(attempts[1]).not.toHaveProperty('to');
  expect(sessions).toEqual([
    {id: 's1', from: at(1), to: at(60)},
    {id: 's2', from: at(30_000), to: at(30_003)},
  ]);
});

test('tools that an agent was denied are those of its claim, or of the end of its attempt', () => {
  const denials = [{tool: 'Bash', input: 'rm -rf /', allow: 'Bash(rm:*)'}];
  const claim: NewEvent = {event: 'task_claimed', details: {task_id: 'a', attempt: 1, result: {denials}}};
  const outcome = {kind: 'failed', cause: 'denied', message: 'gave up'} as const;
  const end: NewEvent = {event: 'attempt_ended', details: {task_id: 'a', attempt: 1, outcome, denials}};
  const start: Line[] = [
    [0, 's1', activated],
    [1, 's1', session],
    [2, 's1', started('a')],
  ];
  expect(historyOf([...start, [3, 's1', claim], [4, 's1', completed('a')]]).attempts).toMatchObject([{denials}]);
  expect(historyOf([...start, [3, 's1', end]]).attempts).toMatchObject([{denials, ended: outcome}]);
});

test('what somebody put back waits from then on, and its attempts before that count for nothing', () => {
  const failure: NewEvent = {
    event: 'attempt_ended',
    details: {task_id: 'a', attempt: 1, outcome: {kind: 'failed', cause: 'exit', message: 'failed'}},
  };
  const {attempts, resetAfter} = historyOf([
    [0, 's1', activated],
    [1, 's1', session],
    [2, 's1', started('a')],
    [5, 's1', failure],
    [5, 's1', {event: 'task_failed', details: {task_id: 'a', attempt: 1, cause: 'exit', message: 'failed'}}],
    [900, 's1', {event: 'task_reset', details: {task_id: 'a', reason: 'retry'}}],
    [903, 's1', started('a', 2)],
    [904, 's1', claimed('a', 2)],
    [905, 's1', completed('a', 2)],
  ]);
  expect(attempts).toMatchObject([{outcome: 'failed'}, {from: at(900), outcome: 'completed'}]);
  expect(resetAfter.get('a')).toBe(1);
});

test('three hours of waiting for a quota, or for a worker, are no work', () => {
  const quota: NewEvent = {
    event: 'attempt_ended',
    details: {task_id: 'a', attempt: 1, outcome: {kind: 'quota', message: 'is out of quota', resets_at: at(10_860)}},
  };
  const dispatched: NewEvent = {
    event: 'attempt_dispatched',
    details: {task_id: 'a', attempt: 2, job: 'j', queue: 'q', ref: 'r', labels: []},
  };
  const {attempts} = historyOf([
    [0, 's1', activated],
    [1, 's1', session],
    [2, 's1', started('a')],
    [3, 's1', working('a')],
    [60, 's1', quota],
    [60, 's1', retried('a', 10_860)],
    [10_860, 's1', started('a', 2)],
    [10_860, 's1', dispatched],
    [20_000, 's1', working('a', 2)],
    [20_007, 's1', claimed('a', 2)],
    [20_009, 's1', queued('a', 2)],
    [20_100, 's1', completed('a', 2)],
  ]);
  expect(attempts).toMatchObject([
    {outcome: 'quota', stages: {waiting: 3_000, working: 57_000, checking: 0, queued: 0}},
    {outcome: 'completed', stages: {waiting: 19_940_000, working: 7_000, checking: 2_000, queued: 91_000}},
  ]);
});

test('what an execution left that was broken off ended with it, and so does what nobody has found yet', () => {
  const night: Line[] = [
    [0, 's1', activated],
    [1, 's1', session],
    [2, 's1', started('a')],
    [3, 's1', working('a')],
    [60, 's1', {event: 'session_ended', details: {exit: 9, reason: 'no space is left'}}],
  ];
  expect(historyOf(night, 30_000, false).attempts).toMatchObject([{outcome: 'running', stages: {working: 57_000}}]);
  const {attempts} = historyOf([...night, [30_000, 's2', ended('a', false)], [30_001, 's2', session]]);
  expect(attempts).toMatchObject([{outcome: 'interrupted', to: at(60), stages: {working: 57_000}}]);
});
