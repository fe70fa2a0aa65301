import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {hasErrors} from '../../src/plan/file/problems.ts';
import {readPlanText} from '../../src/plan/file/read-plan-text.ts';
import {renderPlan} from '../../src/plan/layout.ts';
import {
  MILESTONE_FIELDS,
  NESTED_FIELDS,
  type StateFields,
  TASK_FIELDS,
  type TaskFields,
} from '../../src/plan/state-field-names.ts';

type Values = Record<string, unknown>;

function render(text: string, state: StateFields): string {
  const {layout, problems} = readPlanText(text, 'm.yaml');
  if (!layout) throw new Error(JSON.stringify(problems));
  return renderPlan(text, layout, state);
}

function tasks(fields: Record<string, TaskFields>): StateFields {
  return {status: 'planned', tasks: new Map(Object.entries(fields))};
}

test('a changed scalar keeps its quotes and the comment behind it', () => {
  const text = `id: m\ntitle: M\nstatus: "planned"  # the state\ntasks:\n  - {id: a, title: A, status: 'pending', run: x} # a\n`;
  const state = {status: 'in_progress', tasks: new Map([['a', {status: 'completed'}]])};
  expect(render(text, state)).toBe(text.replace('planned', 'in_progress').replace('pending', 'completed'));
});

test('new fields follow the title, in the indentation and with the line breaks of the file', () => {
  const text = 'id: m\r\ntitle: M # m\r\nstatus: planned\r\ntasks:\r\n- id: a\r\n  title: A\r\n  run: x';
  expect(render(text, tasks({a: {status: 'failed', error: {cause: 'exit', message: 'it: failed'}}}))).toBe(
    text.replace('title: A\r\n', 'title: A\r\n  status: failed\r\n  error: {cause: exit, message: "it: failed"}\r\n'),
  );
});

test('a field that is no more leaves with its line and nothing else', () => {
  const text =
    'id: m\ntitle: M\nstatus: planned\ntasks:\n  - id: a\n    commit: abc # c\n    # stays\n    title: A\n    attempts: 2';
  expect(render(text, tasks({a: {}}))).toBe(
    'id: m\ntitle: M\nstatus: planned\ntasks:\n  - id: a\n    # stays\n    title: A\n',
  );
});

test('maps are edited key by key, and what a person put in them stays', () => {
  const text = `id: m
title: M
status: planned
execution: # where
  id: e1
  paused_reason: old # gone
  mine: 1
progress: {percentage: 0, mine: true}
tasks: [{id: a, title: A}]
`;
  const state: StateFields = {
    status: 'planned',
    execution: {id: 'e1', branch: 'milestone/m'},
    progress: {percentage: 50, tasks_completed: 1, tasks_total: 2},
    tasks: new Map(),
  };
  expect(render(text, state)).toBe(`id: m
title: M
status: planned
execution: # where
  id: e1
  mine: 1
  branch: milestone/m
progress: {percentage: 50, mine: true, tasks_completed: 1, tasks_total: 2}
tasks: [{id: a, title: A}]
`);
});

test('a block of lines gives way to one line, and comments round it stay', () => {
  const text =
    'id: m\ntitle: M\nstatus: planned\nblockers: # now\n- id: b1\n  message: |\n    long\n    text\n\n# tasks\ntasks: [{id: a, title: A}]\n';
  expect(render(text, {status: 'planned', blockers: [{id: 'b2'}], tasks: new Map()})).toBe(
    'id: m\ntitle: M\nstatus: planned\nblockers: [{id: b2}] # now\n\n# tasks\ntasks: [{id: a, title: A}]\n',
  );
  expect(render(text, {status: 'planned', tasks: new Map()})).toBe(
    'id: m\ntitle: M\nstatus: planned\n\n# tasks\ntasks: [{id: a, title: A}]\n',
  );
});

test('a text stays as it is, whatever goes behind it', () => {
  const task = {id: 'a', title: 'A'};
  const phase = '    kiro_workflow:\n      phases:\n        design:\n          run: |+\n            some\n\n';
  for (const text of [
    '    description: |+\n      some\n\n    attempts: 2\nprogress: {percentage: 0}\n\n',
    '    description: |+\n      some\n\n    attempts: 2\nprogress: {percentage: 0}\n# end\n',
    `${phase}          status: approved\n    attempts: 2\n    commit: abc\n\n`,
    `${phase}      current_phase: design\n    attempts: 2\n\n\n  - {id: b, title: B}\n`,
    `${phase}    attempts: 2\nprogress: {percentage: 0}\n\n\n`,
    '    description: |\n      some\n    attempts: 2\nprogress: {percentage: 0}\n      # end\n',
    '    description: |\n      some\n    attempts: 2\nprogress: {percentage: 0}\nblockers: []',
  ]) {
    const whole = `id: m\ntitle: M\nstatus: planned\ntasks:\n  - id: a\n    title: A\n${text}`;
    const [before, after] = [whole, render(whole, tasks({a: {}}))].map(one => parse(one));
    expect(after.tasks[0]).toMatchObject(task);
    expect(after.tasks[0].attempts ?? null).toBeNull();
    expect(after.progress ?? null).toBeNull();
    expect(after.tasks[0].description).toBe(before.tasks[0].description);
    expect(after.tasks[0].kiro_workflow?.phases.design.run).toBe(before.tasks[0].kiro_workflow?.phases.design.run);
  }
});

test('texts that YAML would take for something else are quoted', () => {
  const text = 'id: m\ntitle: M\nstatus: planned\ntasks:\n  - {id: a, title: A}\n';
  for (const commit of [
    '61e9540',
    '1234567',
    'null',
    'No',
    '~',
    '',
    ' a',
    'a: b',
    'a #b',
    '- a',
    '\u0085\u2028\ufeff',
    '\ud800',
    "it's",
  ])
    expect(parse(render(text, tasks({a: {commit}}))).tasks[0].commit).toBe(commit);
});

test('a file that is JSON stays JSON', () => {
  const text = '{"id": "m", "title": "M", "tasks": [{"id": "a", "title": "A", "attempts": 1}]}';
  const out = render(text, {
    status: 'paused',
    execution: {id: 'e'},
    tasks: new Map([['a', {status: 'completed', attempts: 2, commit: 'abc'}]]),
  });
  expect(JSON.parse(out)).toEqual({
    id: 'm',
    title: 'M',
    status: 'paused',
    execution: {id: 'e'},
    tasks: [{id: 'a', title: 'A', attempts: 2, status: 'completed', commit: 'abc'}],
  });
});

test('a task that is merged into another one, and that other one, are left alone, with a warning', () => {
  const text = `id: m
title: M
status: planned
tasks:
  - &a {id: a, title: A, status: pending, attempts: 1}
  - <<: *a
    id: b
    title: B
  - {id: c, title: C}
`;
  const {problems} = readPlanText(text, 'm.yaml');
  const warned = problems.filter(({code}) => code === 'STATE_NOT_WRITABLE').map(({message}) => message);
  expect(warned).toEqual([expect.stringContaining('task `a`'), expect.stringContaining('task `b`')]);
  const state = tasks({a: {status: 'completed', attempts: 3}, b: {status: 'pending'}, c: {status: 'failed'}});
  expect(render(text, state)).toBe(text.replace('title: C', 'title: C, status: failed'));
});

test('state that an alias elsewhere repeats is left alone, with a warning', () => {
  const text = 'id: m\ntitle: M\nstatus: &s planned\npriority: *s\ntasks:\n  - {id: a, title: A}\n';
  const {layout, problems} = readPlanText(text, 'm.yaml');
  expect(problems).toContainEqual(expect.objectContaining({code: 'STATE_NOT_WRITABLE', severity: 'warning'}));
  expect(renderPlan(text, layout!, {status: 'paused', tasks: new Map()})).toBe(text);
});

test('tasks that are written elsewhere and named here are left alone, with a warning', () => {
  const text = 'x-tasks:\n  - &a\n    id: a\n    title: A\nid: m\ntitle: M\nstatus: planned\ntasks: [*a]\n';
  const {problems} = readPlanText(text, 'm.yaml');
  expect(problems).toContainEqual(expect.objectContaining({code: 'STATE_NOT_WRITABLE', severity: 'warning'}));
  expect(render(text, tasks({a: {status: 'failed'}}))).toBe(text);
});

test('the phases of a kiro task are written into the map that a person wrote', () => {
  const text = `id: m
title: M
status: planned
tasks:
  - id: a
    title: A
    kiro_workflow: # in phases
      enabled: true # yes
      phases:
        design:
          # what it does
          run: |
            echo design
            echo done
        spec: {approval_required: false}
        task:
`;
  const phases = {design: {status: 'approved', started_at: '2026-11-23T10:00:00.000Z'}, execute: {status: 'pending'}};
  const kiro = (current_phase: string, more = {}) =>
    tasks({a: {kiro_workflow: {current_phase, phases: {...phases, ...more}}}});
  const written = render(text, kiro('spec', {spec: {status: 'in_progress'}, task: {status: 'pending'}}));
  expect(written).toBe(`id: m
title: M
status: planned
tasks:
  - id: a
    title: A
    kiro_workflow: # in phases
      enabled: true # yes
      current_phase: spec
      phases:
        design:
          # what it does
          run: |
            echo design
            echo done
          status: approved
          started_at: 2026-11-23T10:00:00.000Z
        spec: {approval_required: false, status: in_progress}
        task: {status: pending}
        execute: {status: pending}
`);
  expect(render(written, kiro('task', {spec: {status: 'completed'}, task: {status: 'in_progress'}}))).toBe(
    written
      .replace('current_phase: spec', 'current_phase: task')
      .replace('status: in_progress', 'status: completed')
      .replace('task: {status: pending}', 'task: {status: in_progress}'),
  );
});

test('the phases of a kiro task in one line get theirs in that line, and a file that is JSON stays JSON', () => {
  const state = tasks({a: {kiro_workflow: {current_phase: 'design', phases: {design: {status: 'in_progress'}}}}});
  const text = 'id: m\ntitle: M\nstatus: planned\ntasks: [{id: a, title: A, kiro_workflow: {enabled: true}}]\n';
  expect(render(text, state)).toBe(
    text.replace('true', 'true, current_phase: design, phases: {design: {status: in_progress}}'),
  );
  const json = {id: 'm', status: 'planned', tasks: [{id: 'a', title: 'A', kiro_workflow: {phases: {design: {}}}}]};
  expect(JSON.parse(render(JSON.stringify(json), state)).tasks[0].kiro_workflow).toEqual({
    phases: {design: {status: 'in_progress'}},
    current_phase: 'design',
  });
});

test('phases that several tasks share are left alone, with a warning', () => {
  const text =
    'x: &k {enabled: true}\nid: m\ntitle: M\nstatus: planned\ntasks: [{id: a, title: A, kiro_workflow: *k}]\n';
  const {layout, problems} = readPlanText(text, 'm.yaml');
  expect(problems).toContainEqual(
    expect.objectContaining({code: 'STATE_NOT_WRITABLE', message: expect.stringContaining('`kiro_workflow`')}),
  );
  const state = tasks({a: {kiro_workflow: {current_phase: 'design'}}});
  expect(renderPlan(text, layout!, state)).toBe(text);
});

// From here on: any file that a person may have written.

const word = fc.constantFrom(
  'alpha',
  'beta gamma',
  "it's",
  'a: b',
  '# no comment',
  'x, y',
  '61e9540',
  'ünï',
  '{',
  'null',
);
const count = fc.nat({max: 9});
const quoted = fc.oneof(
  word.map(text => JSON.stringify(text)),
  word.map(text => `'${text.replaceAll("'", "''")}'`),
  fc.constantFrom('plain', 'two words', '2024-07-15', '12345678901234567890123', '0x1F', '~', 'http://a/b?c'),
);

const stateOfTask: fc.Arbitrary<TaskFields> = fc.record(
  {
    status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed', 'blocked', 'skipped'),
    started_at: fc.constantFrom('2026-11-23T10:00:00.123Z', '2024-07-15'),
    completed_at: word,
    attempts: count,
    commit: fc.stringMatching(/^[0-9a-f]{7,12}$/),
    checked: fc.boolean(),
    cost_usd: fc.constantFrom(0, 0.25, 12),
    error: fc.record({cause: word, message: fc.string()}),
  },
  {requiredKeys: []},
);

const phaseState = fc.record(
  {status: fc.constantFrom('in_progress', 'approved'), started_at: word, completed_at: fc.string()},
  {requiredKeys: []},
);
const kiroState = fc.record(
  {
    current_phase: fc.constantFrom('design', 'spec'),
    phases: fc.record({design: phaseState, spec: phaseState, execute: phaseState}, {requiredKeys: []}),
  },
  {requiredKeys: []},
);

const stateOfMilestone = fc.record(
  {
    status: fc.constantFrom('planned', 'in_progress', 'paused', 'blocked'),
    execution: fc.record(
      {id: word, branch: word, commit: word, paused_reason: fc.string(), started_at: word},
      {requiredKeys: ['id']},
    ),
    progress: fc.record({percentage: count, tasks_completed: count, tasks_total: count}),
    kiro_progress: fc.dictionary(fc.constantFrom('design', 'spec', 'a b'), count),
    blockers: fc.array(fc.record({id: word, message: fc.string(), tags: fc.array(word, {maxLength: 2})}), {
      maxLength: 3,
    }),
  },
  {requiredKeys: []},
);

/** A value as flow text, in one of the ways to write it. */
function flow(value: unknown, json: boolean): string {
  if (json || typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(entry => flow(entry, json)).join(',')}]`;
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)} : ${flow(entry, json)}`)
    .join(' , ')} }`;
}

/** A value as lines below its key. */
function block(value: unknown, indent: string): string[] {
  if (Array.isArray(value) && value.length > 0) return value.map(entry => `${indent}- ${flow(entry, true)}`);
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return Object.entries(value).map(
      ([key, entry]) => `${indent}${JSON.stringify(key).replace(/^"(\w+)"$/, '$1')}: ${flow(entry, true)} # in`,
    );
  return [`${indent}${flow(value, true)}`];
}

interface Line {
  text: string;
  /** Nothing of it is state. */
  kept: boolean;
}

interface Writing {
  style: 'flow' | 'block' | 'json' | 'tagged' | 'null';
  comment: boolean;
}
const writing: fc.Arbitrary<Writing> = fc.record({
  style: fc.constantFrom('flow', 'block', 'json', 'tagged', 'null'),
  comment: fc.boolean(),
});

function fieldLines(key: string, value: unknown, {style, comment}: Writing, indent: string): Line[] {
  const note = comment ? ` # about ${key}` : '';
  if (style === 'null') return [{text: `${indent}${key}:${note}`, kept: false}];
  const isScalar = typeof value !== 'object' || value === null;
  if (style === 'block' && !isScalar)
    return [`${indent}${key}:${note}`, ...block(value, `${indent}  `)].map(text => ({text, kept: false}));
  const anchored = style === 'tagged' ? '&anchor ' : '';
  const text =
    isScalar && style === 'flow' && /^[a-z_]+$/.test(String(value)) ? String(value) : flow(value, style === 'json');
  return [{text: `${indent}${key}: ${anchored}${text}${note}`, kept: false}];
}

const shuffled = <T>(items: T[]) => fc.shuffledSubarray(items, {minLength: items.length});

/** Lines of a map: keys of a person and state in any order, comments and empty lines between. */
function mapLines(own: Line[][], state: Values, indent: string): fc.Arbitrary<Line[]> {
  const fields = Object.entries(state);
  return fc
    .tuple(
      fc.array(writing, {minLength: fields.length, maxLength: fields.length}),
      fc.array(fc.constantFrom('', '# note', '  # deep'), {
        minLength: own.length + fields.length,
        maxLength: own.length + fields.length,
      }),
    )
    .chain(([writings, notes]) => {
      const entries = [
        ...own,
        ...fields.map(([key, value], i) => fieldLines(key, value, writings[i] as Writing, indent)),
      ];
      return shuffled(entries).map(order =>
        order.flatMap((lines, i) => [
          ...lines,
          ...(notes[i] ? [{text: `${indent}${notes[i]}`, kept: true}] : []),
          ...(notes[i] === '' && i % 3 === 0 ? [{text: '', kept: true}] : []),
        ]),
      );
    });
}

/** What a person wrote into a phase, and the ways to write that. */
const ownOfPhase: fc.Arbitrary<Array<[string, 'plain' | 'text' | 'list']>> = fc.subarray([
  ['approval_required: true', 'plain'],
  ['run: |+', 'text'],
  ['deliverables:', 'list'],
]);

function phaseLines(name: string, indent: string): fc.Arbitrary<Line[]> {
  const inner = `${indent}  `;
  const asBlock = fc
    .tuple(ownOfPhase, phaseState)
    .filter(([own, state]) => own.length + Object.keys(state).length > 0)
    .chain(([own, state]) => {
      const entries = own.map(([text, form]): Line[] => {
        if (form === 'text') return [kept(`${inner}${text}`), kept(`${inner}  some`), kept(''), kept('')];
        if (form === 'list') return [kept(`${inner}${text} # d`), kept(`${inner}- a.md`), kept(`${inner}- b.md # b`)];
        return [kept(`${inner}${text} # p`)];
      });
      return mapLines(entries, state as Values, inner);
    })
    .map(lines => [kept(`${indent}${name}: # ${name}`), ...lines]);
  const asFlow = fc
    .tuple(fc.boolean(), phaseState)
    .map(([own, state]) => flow({...(own && {approval_required: true}), ...state}, false))
    .map(text => [{text: `${indent}${name}: ${text} # ${name}`, kept: false}]);
  return fc.oneof(asBlock, asFlow, fc.constant<Line[]>([{text: `${indent}${name}:`, kept: false}]));
}

function kiroLines(indent: string): fc.Arbitrary<Line[][]> {
  const inner = `${indent}  `;
  const phases = fc
    .subarray(['design', 'spec', 'task'], {minLength: 1})
    .chain(names => fc.tuple(...names.map(name => phaseLines(name, `${inner}  `))))
    .map(lines => [kept(`${inner}phases: # all`), ...lines.flat()]);
  const asBlock = fc
    .tuple(fc.option(phases), fc.boolean(), fc.constantFrom({}, {current_phase: 'spec'}))
    .filter(([lines, enabled]) => lines !== null || enabled)
    .chain(([lines, enabled, state]) =>
      mapLines([...(enabled ? [[kept(`${inner}enabled: true`)]] : []), ...(lines ? [lines] : [])], state, inner),
    )
    .map(lines => [[kept(`${indent}kiro_workflow: # kiro`), ...lines]]);
  const asFlow = fc
    .tuple(kiroState, fc.boolean())
    .map(([state, json]) => [
      [{text: `${indent}kiro_workflow: ${flow({enabled: true, ...state}, json)} # kiro`, kept: false}],
    ]);
  return fc.oneof(fc.constant<Line[][]>([]), asBlock, asFlow);
}

const kept = (text: string): Line => ({text, kept: true});

function taskLines(id: string, indent: string): fc.Arbitrary<Line[]> {
  const own = fc
    .tuple(quoted, fc.boolean(), fc.boolean())
    .map(([title, merges, literal]): Line[][] => [
      [kept(`${indent}title: ${title} # t`)],
      [kept(`${indent}unknown: {a: [1, ${title}], big: 99999999999999999999}`)],
      ...(merges ? [[kept(`${indent}<<: *defaults`)]] : []),
      ...(literal
        ? [[kept(`${indent}description: |+`), kept(`${indent}  some`), kept(''), kept(`${indent}  text`), kept('')]]
        : []),
    ]);
  const asBlock = fc
    .tuple(own, kiroLines(indent), stateOfTask)
    .chain(([entries, kiro, state]) => mapLines([...entries, ...kiro], state as Values, indent))
    .map(lines => [kept(`${indent.slice(2)}- id: ${id}`), ...lines]);
  const asFlow = fc.tuple(quoted, stateOfTask, fc.boolean(), fc.boolean()).map(([title, state, json, wrapped]) => {
    const safe = json ? '"t"' : title;
    const entries = [
      `"id":"${id}"`,
      `"title": ${safe}`,
      ...Object.entries(state).map(([key, value]) => `"${key}": ${flow(value, json)}`),
    ];
    const plain = entries.map(entry => (json ? entry : entry.replace(/^"(\w+)":\s*/, '$1: ')));
    if (!wrapped) return [{text: `${indent.slice(2)}- {${plain.join(', ')}} # flow`, kept: false}];
    return [`${indent.slice(2)}- {`, ...plain.map(entry => `${indent}${entry}, # e`), `${indent}}`].map(text => ({
      text,
      kept: false,
    }));
  });
  return fc.oneof(asBlock, asFlow);
}

const file = fc
  .record({
    eol: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF', '# first\n', '---\n'),
    isEnded: fc.boolean(),
    title: quoted,
    defaults: fc.constantFrom('{retries: 1}', '{retries: 1, status: pending}', '{attempts: 2, commit: abc}'),
    state: stateOfMilestone,
    tasks: fc.tuple(taskLines('a', '    '), taskLines('b', '    '), taskLines('c', '    ')),
    indent: fc.constantFrom('', '  '),
  })
  .chain(({eol, mark, isEnded, title, defaults, state, tasks, indent}) => {
    const own = [[kept('id: m')], [kept(`title: ${title} # title`)], [kept('big: 123456789012345678901234567890')]];
    return mapLines(own, state as Values, '').map(head => {
      const dedented = tasks.flat().map(line => ({...line, text: line.text.replace(/^ {2}/, indent)}));
      // An item on the column of its key needs its keys two further, which the dedenting keeps.
      const lines = [kept(`x-defaults: &defaults ${defaults}`), ...head, kept('tasks:'), ...dedented];
      const text = `${mark.replace('\n', eol)}${lines.map(line => line.text).join(eol)}${isEnded ? eol : ''}`;
      return {text, eol, kept: lines.filter(line => line.kept).map(line => line.text)};
    });
  });

const stateOfAnyTask = fc
  .tuple(stateOfTask, fc.option(kiroState, {nil: undefined}))
  .map(([state, kiro_workflow]) => ({...state, ...(kiro_workflow && {kiro_workflow})}) as TaskFields);

const wanted = fc.tuple(stateOfMilestone, stateOfAnyTask, stateOfAnyTask, stateOfAnyTask, fc.boolean()).map(
  ([milestone, a, b, c, all]): StateFields => ({
    ...(milestone as Omit<StateFields, 'tasks'>),
    tasks: new Map(
      all
        ? [
            ['a', a],
            ['b', b],
            ['c', c],
          ]
        : [
            ['a', a],
            ['c', c],
          ],
    ),
  }),
);

function load(text: string, {merge} = {merge: true}): Values & {tasks: Values[]} {
  return parse(text, {merge, intAsBigInt: true, schema: 'core', version: '1.2'});
}

/** With numbers for integers, and without what is missing. */
function plain(value: unknown): unknown {
  return value === undefined || value === null
    ? undefined
    : JSON.parse(
        JSON.stringify(value, (_, entry) => (typeof entry === 'bigint' ? Number(entry) : (entry ?? undefined))),
      );
}

function split(map: Values, keys: readonly string[]): {state: Values; rest: Values} {
  const state: Values = {};
  const rest: Values = {};
  for (const [key, value] of Object.entries(map)) {
    if (!keys.includes(key)) rest[key] = value;
    else if (value !== null) state[key] = plain(value);
  }
  return {state, rest};
}

function expectState(before: Values, after: Values, keys: readonly string[], want: Values | undefined): void {
  const [old, now] = [split(before, keys), split(after, keys)];
  expect(now.rest).toEqual(old.rest);
  const expected = want ?? old.state;
  for (const key of keys) {
    const nested = NESTED_FIELDS[key];
    const isMap = (value: unknown) => typeof value === 'object' && value !== null;
    const value = isMap(now.state[key]) && nested ? split(now.state[key] as Values, nested).state : now.state[key];
    expect(orNone(value)).toEqual(orNone(plain(expected[key])));
  }
}

const PHASE_KEYS = ['status', 'started_at', 'completed_at'];

/** A task whose phases are taken apart: what is state in them, and the task without it. */
function takePhases(task: Values): {kiro: Values; rest: Values} {
  const {kiro_workflow: map, ...others} = task as {kiro_workflow?: Values};
  if (!map) return {kiro: {}, rest: task};
  const {current_phase, phases, ...own} = map as {current_phase?: unknown; phases?: Record<string, Values | null>};
  const apart = Object.entries(phases ?? {}).map(([name, phase]) => [name, split(phase ?? {}, PHASE_KEYS)] as const);
  const of = (part: 'state' | 'rest') =>
    Object.fromEntries(apart.flatMap(([name, parts]) => (isEmpty(parts[part]) ? [] : [[name, parts[part]]])));
  const kiro = {...(current_phase != null && {current_phase}), ...(!isEmpty(of('state')) && {phases: of('state')})};
  return {kiro, rest: {...others, kiro_workflow: {...own, phases: of('rest')}}};
}

function isEmpty(map: Values): boolean {
  return Object.keys(map).length === 0;
}

/** The phases are as wanted where there is a map for them, and else nothing is made. */
function expectPhases(before: Values, after: Values, want: TaskFields | undefined): void {
  const {kiro_workflow: wanted = {}} = want ?? {kiro_workflow: takePhases(before).kiro};
  const expected = 'kiro_workflow' in before ? takePhases({kiro_workflow: wanted as Values}).kiro : {};
  expect(takePhases(after).kiro).toEqual(expected);
}

/** An empty map is as good as none. */
function orNone(value: unknown): unknown {
  return JSON.stringify(value) === '{}' ? undefined : value;
}

test('any plan: state is what it should be but where something is merged in, the rest is as it was, and once is enough', () => {
  fc.assert(
    fc.property(file, wanted, ({text, eol, kept: lines}, state) => {
      const {layout, problems} = readPlanText(text, 'm.yaml');
      expect(problems.filter(({severity}) => severity === 'error')).toEqual([]);
      const out = renderPlan(text, JSON.parse(JSON.stringify(layout)), state);

      const [before, after] = [load(text), load(out)];
      const {tasks: tasksBefore, ...headBefore} = before;
      const {tasks: tasksAfter, ...headAfter} = after;
      expectState(headBefore, headAfter, MILESTONE_FIELDS, {...state});
      const written = load(text, {merge: false}).tasks;
      for (const [index, task] of tasksBefore.entries()) {
        const now = tasksAfter[index] as Values;
        const want = '<<' in (written[index] as Values) ? undefined : state.tasks.get(task.id as string);
        expectState(takePhases(task).rest, takePhases(now).rest, TASK_FIELDS, want as Values);
        expectPhases(task, now, want);
      }

      const linesAfter = out.replace(/^\uFEFF/, '').split(eol);
      let at = 0;
      for (const line of lines) {
        at = linesAfter.indexOf(line, at) + 1;
        expect(at, `the line ${JSON.stringify(line)} is gone`).toBeGreaterThan(0);
      }

      const again = readPlanText(out, 'm.yaml');
      expect(hasErrors(again.problems)).toBe(false);
      expect(renderPlan(out, again.layout!, state)).toBe(out);
    }),
    {numRuns: 100},
  );
});

test('any plan: the state that is there already changes nothing', () => {
  fc.assert(
    fc.property(file, ({text}) => {
      const {tasks: list, ...head} = load(text);
      const current = {
        ...(plain(split(head, MILESTONE_FIELDS).state) as Omit<StateFields, 'tasks'>),
        tasks: new Map(
          list.map(task => {
            const {kiro, rest} = takePhases(task);
            return [task.id as string, {...split(rest, TASK_FIELDS).state, kiro_workflow: kiro} as TaskFields];
          }),
        ),
      };
      expect(render(text, current)).toBe(text);
    }),
    {numRuns: 100},
  );
});

test('an empty block of text gives way to a value, and its line stays a line', () => {
  const text = 'id: m\ntitle: M\nstatus: planned\ntasks:\n- id: a\n  title: A\n  attempts: | # none\npriority: high\n';
  expect(render(text, tasks({a: {attempts: 2}}))).toBe(text.replace('|', '2'));
});
