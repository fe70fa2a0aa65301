import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {TaskStatus} from '../../../src/state/task.ts';
import {keysIn} from '../../../src/terminal/dashboard/draw.ts';
import {dashboardLines, shareRows} from '../../../src/terminal/dashboard/lines.ts';
import {windowOf} from '../../../src/terminal/dashboard/task-table.ts';
import {applyKey, type Ui} from '../../../src/terminal/dashboard/ui.ts';
import {textWidth} from '../../../src/terminal/width.ts';
import {asItIs, idOf, type Made, modelOf} from './dashboard-rig.ts';

const OVERVIEW: Ui = {screen: 'overview'};
const STATUSES: TaskStatus[] = ['pending', 'in_progress', 'completed', 'failed', 'blocked', 'skipped'];

/** The dashboard as it appears, without what is empty at the ends of its lines. */
function shown(made: Made, size: {columns: number; rows: number}, ui: Ui = OVERVIEW, output = ''): string[] {
  const {selected = ''} = ui;
  const extra = {isOwner: true, ...(output !== '' && {output: {task: selected, attempt: 1, text: output}})};
  return dashboardLines(modelOf(made), ui, size, extra, asItIs).map(line => line.trimEnd());
}

const anyText = fc.oneof(fc.string({unit: 'grapheme'}), fc.string({unit: 'binary'}), fc.constant('漢字のタスク🚀'));
const anyMilestone: fc.Arbitrary<Made> = fc.record({
  title: anyText,
  tasks: fc.array(fc.record({title: anyText, status: fc.constantFrom(...STATUSES)}), {maxLength: 60}),
  blockers: fc.uniqueArray(anyText, {maxLength: 5}),
  agents: fc.constant({'task-executor': 'running', 'git-integration': 'failing'} as const),
  kiro: fc.option(fc.constant({design: 100, spec: 60, task: 0, execute: 33}), {nil: undefined}),
  approvals: fc.array(
    fc.record({task_id: anyText, transition: anyText, command: anyText, details: fc.array(anyText)}),
    {
      maxLength: 4,
    },
  ),
  isExecuted: fc.boolean(),
});

test('a frame has as many lines as the terminal has rows, none of them wider than it, whatever is on it', () => {
  const screen = fc.constantFrom('overview', 'output', 'approvals', 'help' as const);
  const selected = fc.constantFrom(undefined, idOf(0), idOf(30));
  const size = fc.record({columns: fc.integer({min: 1, max: 220}), rows: fc.integer({min: 1, max: 70})});
  fc.assert(
    fc.property(anyMilestone, screen, selected, size, anyText, (made, screen, selected, size, output) => {
      const ui = {screen, ...(selected !== undefined && {selected}), notice: 'said'} as Ui;
      const lines = dashboardLines(
        modelOf(made),
        ui,
        size,
        {isOwner: true, output: {task: selected ?? '', attempt: 1, text: output.replace(/\p{Cc}|\p{Cf}/gu, '\n')}},
        asItIs,
      );
      expect(lines).toHaveLength(size.rows);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
    }),
    {numRuns: 300},
  );
});

test('nothing of a plan reaches the terminal as a control character', () => {
  const made: Made = {title: 'a\x1b[2Jb\u202ec', tasks: [{title: '\x07bell', status: 'pending'}], blockers: ['\x9b1m']};
  const text = shown(made, {columns: 80, rows: 24}).join('');
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(text).toContain('a\\x1b[2Jb\\u202ec');
  expect(text).toContain('\\x07bell');
});

test('80 columns and 24 rows show a small milestone whole', () => {
  const tasks = STATUSES.slice(0, 5).map(status => ({status}));
  expect(shown({tasks, agents: {a: 'running', b: 'running'}}, {columns: 80, rows: 23})).toEqual([
    'release: The release                                                 in progress',
    '████░░░░░░░░░░░░ 30 % · 1 of 5 done · 1 running · 1 failed · 1 blocked    1m 30s',
    'process 42',
    '',
    'needs you',
    '  task `task-3` failed with exit code 3',
    '  milestone retry release task-3',
    '',
    'tasks                                       state                driver seen',
    ' · task-0 A task                            pending              shell',
    ' ▶ task-1 A task                            working 1m           shell  5s ago',
    ' ✔ task-2 A task                            done 30s             shell',
    ' ✘ task-3 failed with exit code 3           failed               shell',
    ' ■ task-4 A task                            blocked              shell',
    '',
    'last events',
    '  09:59:50 task_skipped         task-0: not needed',
    '  09:59:51 task_skipped         task-1: not needed',
    '  09:59:52 task_skipped         task-2: not needed',
    '  09:59:53 task_skipped         task-3: not needed',
    '  09:59:54 task_skipped         task-4: not needed',
    '',
    'q leave  p pause  f follow  / find  o output  a approvals  ? help  Ctrl-C stop',
  ]);
});

test('of five hundred tasks those round what runs are shown, and how many are above and below', () => {
  const tasks = Array.from({length: 500}, (_, place) => ({
    status: place < 250 ? ('completed' as const) : place < 253 ? ('in_progress' as const) : ('pending' as const),
  }));
  for (const rows of [12, 23, 59]) {
    const lines = shown({tasks}, {columns: 80, rows});
    expect(lines.filter(line => line.startsWith(' ▶'))).toHaveLength(3);
    const above = lines.findIndex(line => / ▲ \d+ more above$/.test(line));
    const below = lines.findIndex(line => / ▼ \d+ more below$/.test(line));
    const hidden = [above, below].map(place => Number(/\d+/.exec(lines[place]!)![0]));
    expect(hidden[0]! + hidden[1]! + below - above - 1).toBe(500);
  }
});

test('tasks that run out of sight are counted', () => {
  const running = new Set([0, 400, 401]);
  const tasks = Array.from({length: 500}, (_, place) => ({
    status: running.has(place) ? ('in_progress' as const) : ('pending' as const),
  }));
  expect(shown({tasks}, {columns: 80, rows: 23})).toContainEqual(
    expect.stringMatching(/▲ \d+ more above, 1 of them running/),
  );
});

test('who has an attempt on another machine is said beside its driver, and that it waits for one', () => {
  const tasks = ['builder-1', null, undefined].map(worker => ({
    status: 'in_progress' as const,
    ...(worker !== undefined && {worker}),
  }));
  expect(shown({tasks}, {columns: 80, rows: 23})).toEqual(
    expect.arrayContaining([
      ' ▶ task-0 A task                working 1m           shell on builder-1 5s ago',
      ' ▶ task-1 A task                needs a worker 1m    shell              5s ago',
      ' ▶ task-2 A task                working 1m           shell              5s ago',
    ]),
  );
});

test('a loop inside the executor is named only when it is ill, and nobody at work is said', () => {
  const agents = {'task-executor': 'running', 'git-integration': 'failing', 'progress-monitor': 'running'} as const;
  const size = {columns: 100, rows: 20};
  expect(shown({tasks: [], agents}, size)[2]).toBe('process 42 · ! inside the executor: git-integration failing');
  const idle = shown({tasks: [{status: 'pending'}], agents, isExecuted: false}, size).join('\n');
  expect(idle).toContain('nobody works on it');
  expect(idle).not.toContain('inside the executor');
  expect(idle).toContain('milestone resume release');
});

test('the phases of kiro tasks have bars where there is room, and always their share', () => {
  const kiro = {design: 100, spec: 50, task: 0, execute: 0};
  expect(shown({tasks: [], kiro}, {columns: 79, rows: 20})[2]).toBe(
    'design ██████ 100 %  spec ███░░░ 50 %  task ░░░░░░ 0 %  execute ░░░░░░ 0 %',
  );
  expect(shown({tasks: [], kiro}, {columns: 50, rows: 20})[2]).toBe('design 100 %  spec 50 %  task 0 %  execute 0 %');
  expect(shown({tasks: []}, {columns: 80, rows: 20}).join('\n')).not.toContain('design');
});

test('a window holds what matters and fits with the rows that say what it leaves out', () => {
  const cases = fc
    .tuple(fc.integer({min: 0, max: 400}), fc.integer({min: 3, max: 60}))
    .chain(([entries, rows]) =>
      fc.tuple(fc.constant(entries), fc.constant(rows), fc.integer({min: 0, max: Math.max(entries - 1, 0)})),
    );
  fc.assert(
    fc.property(cases, ([entries, rows, focus]) => {
      const {start, end} = windowOf(entries, rows, [focus]);
      const said = Number(start > 0) + Number(end < entries);
      expect(end - start + said).toBe(Math.min(entries, rows));
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(entries);
      if (entries > 0) expect(focus >= start && focus < end).toBe(true);
    }),
  );
});

test('rows are given out in order, never more than there are', () => {
  const shares = shareRows(10, [
    {part: 'a', rows: 4},
    {part: 'b', rows: 5},
    {part: 'a', rows: 8},
    {part: 'c', rows: 1},
  ]);
  expect(Object.fromEntries(shares)).toEqual({a: 5, b: 5, c: 0});
});

test('keys are told apart however fast they come', () => {
  expect(keysIn('\x03\x03')).toEqual([{name: 'ctrl-c'}, {name: 'ctrl-c'}]);
  expect(keysIn('\x1b[B\x1bOBq')).toEqual([{name: 'down'}, {name: 'down'}, 'q']);
  expect(keysIn('\x1b')).toEqual([{name: 'escape'}]);
  expect(keysIn('\x1b\x1b[5~\r')).toEqual([{name: 'escape'}, {name: 'pageup'}, {name: 'return'}]);
  // What has no meaning here has none of its letters' either.
  expect(keysIn('\x1b[1;5Q\x1b[200~\x01漢')).toEqual(['漢']);
});

test('keys choose a task and show its output, and Escape goes back', () => {
  const model = modelOf({tasks: [{status: 'completed'}, {status: 'pending'}, {status: 'in_progress'}]});
  const press = (ui: Ui, ...keys: Array<Parameters<typeof applyKey>[1]>) =>
    keys.reduce((before, key) => applyKey(before, key, model).ui, ui);
  expect(press(OVERVIEW, {name: 'down'})).toEqual({screen: 'overview', selected: 'task-2'});
  expect(press(OVERVIEW, {name: 'down'}, {name: 'up'}, {name: 'up'}, {name: 'up'}).selected).toBe('task-0');
  const output = press(OVERVIEW, 'o');
  expect(output).toEqual({screen: 'output', selected: 'task-2'});
  // A task that has not run has none.
  expect(press(output, {name: 'up'})).toEqual({screen: 'output', selected: 'task-0'});
  expect(press(output, {name: 'escape'}).screen).toBe('overview');
  expect(press(OVERVIEW, 'a').screen).toBe('approvals');
  expect(press(OVERVIEW, 'a', 'a').screen).toBe('overview');
  expect(press(OVERVIEW, '?').screen).toBe('help');
  expect(applyKey(OVERVIEW, 'q', model).action).toBe('leave');
  expect(applyKey(OVERVIEW, 'p', model).action).toBe('pause');
  expect(applyKey(OVERVIEW, {name: 'ctrl-c'}, model).action).toBe('interrupt');
  expect(applyKey({screen: 'overview', notice: 'said'}, 'x', model)).toEqual({ui: OVERVIEW});
});

test('an output is shown from its end, an approval with the command that decides it', () => {
  const text = `${Array.from({length: 100}, (_, place) => `line ${place}`).join('\n')}\n`;
  const lines = shown(
    {tasks: [{status: 'in_progress'}]},
    {columns: 40, rows: 6},
    {screen: 'output', selected: idOf(0)},
    text,
  );
  expect(lines).toEqual([
    'output of task-0, attempt 1',
    'line 96',
    'line 97',
    'line 98',
    'line 99',
    '↑↓ other task  Esc back  q leave',
  ]);
  const details = ['security pending', 'document: .milestones/d.md', 'criterion: all is covered'];
  const approvals = ['login', 'logout'].map(task_id => {
    return {task_id, transition: 'design_to_spec', command: `milestone approve release ${task_id}`, details};
  });
  const page = (rows: number) => shown({tasks: [], approvals}, {columns: 60, rows}, {screen: 'approvals'});
  // What to type comes before what is known.
  expect(page(8).slice(0, 7)).toEqual([
    'approvals',
    '  login: design_to_spec',
    '    security pending',
    '    document: .milestones/d.md',
    '  milestone approve release login',
    '  logout: design_to_spec',
    '  milestone approve release logout',
  ]);
  expect(page(20).filter(line => line === '    criterion: all is covered')).toHaveLength(2);
});

test('the help is whole on 80 columns and 24 rows, and who only watches stops nothing', () => {
  const help = shown({tasks: []}, {columns: 79, rows: 23}, {screen: 'help'}).join('\n');
  expect(help).not.toContain('…');
  expect(help).toMatch(/skipped {2}· pending|skipped\n {2}· pending/);
  const watching = dashboardLines(modelOf({tasks: []}), OVERVIEW, {columns: 79, rows: 23}, {isOwner: false}, asItIs);
  expect(watching.at(-1)).toBe('q leave  p pause  f follow  / find  o output  a approvals  ? help');
});

const MANY: Made = {
  tasks: Array.from({length: 300}, (_, place) => ({
    title: place === 250 ? 'Write the changelog' : `Task ${place}`,
    status:
      place < 100
        ? ('completed' as const)
        : place < 103
          ? ('in_progress' as const)
          : place === 103
            ? ('failed' as const)
            : ('pending' as const),
  })),
  blockers: ['the quota is used up', 'the disk is full', 'the branch was rewritten'],
};
const taskRows = (lines: readonly string[]) => lines.filter(line => /^[> ][·▶✔✘■↷] task-\d+/.test(line));

test('80 columns and 24 rows have room for eight of 300 tasks, whatever else there is to say', () => {
  const lines = shown(MANY, {columns: 80, rows: 24});
  expect(taskRows(lines).length).toBeGreaterThanOrEqual(8);
  expect(lines).toContainEqual(expect.stringMatching(/^needs you/));
  // What needs you is said once: not again among the blockers.
  const {needs, blockers} = modelOf(MANY);
  for (const {text} of needs) expect(blockers.map(({message}) => message)).not.toContain(text);
});

test.each([
  {columns: 120, rows: 40},
  {columns: 200, rows: 50},
])('a terminal of $columns columns has the tasks from top to bottom, and the rest beside them', size => {
  const lines = shown(MANY, size);
  expect(taskRows(lines).length).toBeGreaterThanOrEqual(size.rows - 10);
  const needs = lines.find(line => line.includes('needs you'));
  expect(needs!.indexOf('needs you')).toBeGreaterThan(size.columns / 2);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
});

test('keys go to the first and the last task, find one, and follow what runs', () => {
  const model = modelOf(MANY);
  const press = (ui: Ui, ...keys: Array<Parameters<typeof applyKey>[1]>) =>
    keys.reduce((before, key) => applyKey(before, key, model).ui, ui);
  expect(press(OVERVIEW, ...keysIn('\x1b[F'))).toEqual({screen: 'overview', selected: idOf(299)});
  expect(press(OVERVIEW, ...keysIn('\x1b[4~\x1b[H'))).toEqual({screen: 'overview', selected: idOf(0)});
  expect(press(OVERVIEW, ...keysIn('\x1b[F\x1b[5~'))).toEqual({screen: 'overview', selected: idOf(289)});

  const typing = press(OVERVIEW, ...keysIn('/CHANGE'));
  expect(typing).toEqual({screen: 'overview', find: 'CHANGE', selected: idOf(250)});
  expect(shown(MANY, {columns: 80, rows: 24}, typing).at(-1)).toBe('/CHANGE█  Enter: found');
  expect(taskRows(shown(MANY, {columns: 80, rows: 24}, typing))).toContainEqual(expect.stringContaining('>'));
  // Letters that are keys otherwise are letters here.
  expect(press(OVERVIEW, ...keysIn('/qpx'))).toMatchObject({find: 'qpx', notice: 'no task has `qpx`'});
  expect(press(OVERVIEW, ...keysIn('/qx\x7f\x7f'))).toEqual({screen: 'overview', find: ''});
  const found = press(typing, ...keysIn('\r'));
  expect(found).toEqual({screen: 'overview', selected: idOf(250)});

  const following = press(found, 'f');
  expect(following).toEqual({screen: 'overview', notice: 'following what runs'});
  expect(shown(MANY, {columns: 80, rows: 24}, following).filter(line => line.includes('▶ '))).toHaveLength(3);
});
