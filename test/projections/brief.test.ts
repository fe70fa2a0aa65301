import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {LOG_START} from '../../src/events/log-position.ts';
import type {MilestoneView} from '../../src/milestone/load-view.ts';
import type {Plan, Task} from '../../src/plan/plan.ts';
import {type Brief, briefOf} from '../../src/projections/brief.ts';
import {
  projectDriverOf,
  readCachedBrief,
  readCachedSnapshot,
  writeCachedSnapshot,
} from '../../src/projections/cache.ts';
import {statusReport} from '../../src/reports/status-report.ts';
import {initialState} from '../../src/state/initial-state.ts';
import {type Snapshot, takeSnapshot} from '../../src/state/snapshot.ts';
import {initialTask, type TaskState} from '../../src/state/task.ts';
import {statusText} from '../../src/terminal/status-text.ts';

const NOW = Date.parse('2026-01-01T00:10:00.000Z');
const AT = '2026-01-01T00:00:00.000Z';
const asItIs = (text: string) => text;
const PAINT = {bold: asItIs, dim: asItIs, red: asItIs, green: asItIs, yellow: asItIs, cyan: asItIs};

const {history} = initialTask();
const worked = {...history, attempts: 1, failure: {cause: 'exit', message: 'failed with exit code 1'}};
const STATES: TaskState[] = [
  {status: 'pending', history},
  {status: 'pending', history: worked},
  {status: 'completed', history: worked, checked: true},
  {status: 'completed', history: worked, checked: false},
  {status: 'skipped', history},
  {status: 'failed', history: worked, cause: 'exit', message: 'failed with exit code 1'},
  {status: 'blocked', history: worked, blockerId: 'b1'},
  {
    ...{status: 'in_progress', stage: 'working', attempt: 1, slot: 1, token: 't', driver: 'shell', startedAt: AT},
    history: worked,
  } as TaskState,
];

const anySnapshot = fc
  .array(
    fc.record({
      state: fc.constantFrom(...STATES),
      run: fc.option(fc.constant('true'), {nil: undefined}),
      waitsFor: fc.array(fc.nat(), {maxLength: 2}),
    }),
    {maxLength: 40},
  )
  .chain(drawn =>
    fc.record({
      drawn: fc.constant(drawn),
      status: fc.constantFrom('in_progress', 'paused', 'completed', 'cancelled', 'blocked'),
    }),
  )
  .map(({drawn, status}): Snapshot => {
    const tasks = drawn.map(({run, waitsFor}, place): Task => {
      const dependencies = place === 0 ? [] : [...new Set(waitsFor.map(other => `t${other % place}`))];
      return {id: `t${place}`, title: `Task ${place}`, dependencies, ...(run !== undefined && {run})} as Task;
    });
    const plan = {id: 'm', title: 'M', requires: [], settings: {}, tasks} as Plan;
    const empty = takeSnapshot(initialState(plan, {}));
    return {...empty, kept: {...empty.kept, status} as Snapshot['kept'], tasks: drawn.map(({state}) => state)};
  });

function textOf(snapshot: Snapshot, projectDriver: string | undefined, brief?: Brief): string {
  const view: MilestoneView = {
    ...{id: 'm', file: 'm.yaml', origin: 'log', position: LOG_START, executor: undefined, edit: undefined},
    snapshot,
    projectDriver,
    ...(brief && {summary: brief.summary}),
  };
  return statusText(statusReport(view), NOW, PAINT);
}

test('a status says the same of a brief as of everything', () => {
  fc.assert(
    fc.property(anySnapshot, fc.constantFrom(undefined, 'claude'), (snapshot, driver) => {
      const brief = briefOf(snapshot, driver);
      // Of a completed one a status tells every task.
      expect(brief === undefined).toBe(snapshot.kept.status === 'completed');
      if (brief) expect(textOf(brief.snapshot, driver, brief)).toBe(textOf(snapshot, driver));
    }),
  );
});

test('a brief leaves out what is done and what has not begun', () => {
  const tasks = Array.from({length: 100}, (_, place) => ({id: `t${place}`, title: 'T', run: 'true'}) as Task);
  const empty = takeSnapshot(initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks} as Plan, {}));
  const states = tasks.map((_, place) => STATES[place < 50 ? 2 : place === 50 ? 5 : 0] as TaskState);
  const brief = briefOf({...empty, tasks: states}, undefined) as Brief;
  const ids = brief.snapshot.plan.tasks.map(({id}) => id);
  expect(ids).toEqual(Array.from({length: 11}, (_, more) => `t${50 + more}`));
  expect(brief.summary).toMatchObject({counts: {completed: 50, failed: 1, pending: 49}, ready: 49, percentage: 50});
});

test('kiro tasks are told one by one, so there is no brief of them', () => {
  const task = {id: 'a', title: 'A', kiro_workflow: {enabled: true}} as Task;
  const plan = {id: 'm', title: 'M', requires: [], settings: {}, tasks: [task]} as Plan;
  expect(briefOf(takeSnapshot(initialState(plan, {})), undefined)).toBeUndefined();
});

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'brief-'));
});
afterAll(() => fs.rmSync(folder, {recursive: true}));

test('a cache gives back its brief and its whole, whatever their length', () => {
  const [file, log] = [path.join(folder, 'm.json'), path.join(folder, 'm.jsonl')];
  fc.assert(
    fc.property(anySnapshot, fc.constantFrom('M', 'line\nbreak', 'é'.repeat(50_000)), (drawn, title) => {
      const snapshot = {...drawn, plan: {...drawn.plan, title}};
      writeCachedSnapshot(file, log, {snapshot, position: LOG_START, stamp: null});
      const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
      const brief = briefOf(snapshot, projectDriverOf(undefined));
      expect(readCachedBrief(file, log)?.brief).toEqual(brief && plain(brief));
      expect(readCachedSnapshot(file, log)?.snapshot).toEqual(plain(snapshot));
    }),
    {numRuns: 20},
  );
});

test('a cache of another log has no brief', () => {
  const [file, log] = [path.join(folder, 'other.json'), path.join(folder, 'other.jsonl')];
  const snapshot = takeSnapshot(initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks: []}, {}));
  writeCachedSnapshot(file, log, {snapshot, position: LOG_START, stamp: null});
  fs.writeFileSync(log, '{}\n');
  expect(readCachedBrief(file, log)).toBeUndefined();
});
