import fc from 'fast-check';
import {expect, test} from 'vitest';
import {findPlainTasks} from '../../../src/plan/file/plain-tasks.ts';
import {type PlanFile, readPlanText} from '../../../src/plan/file/read-plan-text.ts';
import {renderPlan} from '../../../src/plan/layout.ts';

/** A text with an odd character is left to the library; this one is in a comment of the same length. */
const HEAD = 'id: m # -\ntitle: M\n';
const LIBRARY_HEAD = 'id: m # \u00a0\ntitle: M\n';

function read(tasks: string, head = HEAD): PlanFile {
  return readPlanText(`${head}${tasks}`, 'm.yaml');
}

function plainTasksOf(tasks: string): unknown[] | undefined {
  return findPlainTasks(`${HEAD}${tasks}`)?.tasks.map(({data}) => data);
}

test.each([
  ['lines of JSON', '- {"id":"a","title":"A, {b}","run":"true"}\n- { "id": "b", "retries": 2 }\n'],
  ['long lines', `- {"id":"a","title":"${'a'.repeat(5000)}"}\n- id: b\n  title: ${'b '.repeat(4000)}b\n`],
  ['a line for each key', '- id: a\n  title: Build & test:a/b#1\n  run: "true"\n  dependencies: [b, c]\n- id: b\n'],
  [
    'entries further in, with comments and empty lines between',
    '  # one\n  - id: a\n\n    title: Ä\n\n# two\n  - id: b\n',
  ],
])('tasks are read at a glance: %s', (_, tasks) => {
  const plain = plainTasksOf(`tasks:\n${tasks}`);
  expect(plain).toHaveLength(2);
  expect(read(`tasks:\n${tasks}`)).toEqual(read(`tasks:\n${tasks}`, LIBRARY_HEAD));
});

test('what is left has its offsets, and a `0` where each plain task was', () => {
  const text = `${HEAD}tasks:\n  - id: a # not plain\n  - id: b\n    title: B\n  - {"id":"c"}\npriority: 1\n`;
  expect(findPlainTasks(text)?.textWithoutThem).toBe(
    `${HEAD}tasks:\n  - id: a # not plain\n  - 0    \n            \n  - 0         \npriority: 1\n`,
  );
});

test.each([
  ['a comment', '- id: a # b\n'],
  ['a text over two lines', '- id: a\n  title: b\n    c\n'],
  ['a block of text', '- id: a\n  description: |\n    b: c\n'],
  ['words that are no texts', '- id: a\n  title: Null\n'],
  ['a number that is written in its own way', '- id: a\n  retries: 02\n'],
  ['two keys of one name', '- id: a\n  id: a\n'],
  ['two keys of one name in JSON', '- {"id":"a","id":"b"}\n'],
  ['a number that JSON cannot hold', '- {"id":"a","retries":9007199254740993}\n'],
  ['an anchor', '- &a {"id":"a"}\n'],
  ['an alias', '- id: *a\n'],
  ['a tag', '- !!map {"id":"a"}\n'],
  ['a merge', '- <<: *a\n  id: b\n'],
  ['state in a line of JSON', '- {"id":"a","status":"completed"}\n'],
  ['a list in lines', '- id: a\n  dependencies:\n    - b\n'],
  ['a prototype', '- {"id":"a","__proto__":{}}\n'],
  ['a line of wide spaces', '- id: a\n  \u3000\n  title: A\n'],
  ['a space behind a text', '- id: a\n  checked: "b" \n'],
])('no task is plain with %s', (_, tasks) => {
  expect(plainTasksOf(`tasks:\n${tasks}`)).toBeUndefined();
});

test('lines of any length are read', () => {
  const tasks = `tasks:\n- {"id":"a","title":"${'a b'.repeat(1_000_000)}"}\n- id: b\n  title: ${'b b'.repeat(1_000_000)}\n`;
  expect(read(tasks).plan?.tasks.map(({title}) => title.length)).toEqual([3_000_000, 3_000_000]);
});

test('a key that is too long for YAML is too long in any way', () => {
  const tasks = `tasks:\n- {"id":"a","title":"A","budget":{"${'k'.repeat(2000)}":1}}\n`;
  expect(read(tasks)).toEqual(read(tasks, LIBRARY_HEAD));
});

test('what only looks like tasks is read as what it is', () => {
  const tasks = 'tasks:\n  - id: a\n    title: A\n';
  const inText = `id: m # -\ntitle: M\ndescription: |\n  of\n\n  tasks:\n  - id: b\ntasks: [{id: a, title: A}]\n`;
  expect(readPlanText(inText, 'm.yaml').plan?.tasks).toEqual([{id: 'a', title: 'A'}]);
  const anchored = `id: m\ntitle: M\nx: &x [1]\ny: *x\n${tasks}`;
  expect(readPlanText(anchored, 'm.yaml').plan?.tasks).toHaveLength(1);
});

test('however a plan is written, its plain tasks mean what they mean to the library', () => {
  const times = {plain: 0};
  fc.assert(
    fc.property(fc.array(entry(), {minLength: 1, maxLength: 3}), fc.constantFrom('', '  '), (entries, margin) => {
      const lines = entries.map((entryAt, index) => entryAt(`t${index}`)).join('');
      const tasks = `tasks:\n${lines.replace(/^(?=.)/gm, margin)}success_criteria: [green]\n`;
      const [mine, librarys] = [read(tasks), read(tasks, LIBRARY_HEAD)];
      expect(JSON.stringify(mine.plan)).toBe(JSON.stringify(librarys.plan));
      expect(mine).toEqual(librarys);
      if (mine.problems.length === 0 && plainTasksOf(tasks)) times.plain++;
      if (!mine.layout) return;
      const fields = {status: 'completed', attempts: 2, commit: 'abc'};
      const state = {status: 'in_progress', tasks: new Map(mine.layout.tasks.map(({id}) => [id, fields]))};
      const written = readPlanText(renderPlan(`${HEAD}${tasks}`, mine.layout, state), 'm.yaml');
      expect(written.plan).toEqual(mine.plan);
    }),
    {numRuns: RUNS},
  );
  expect(times.plain).toBeGreaterThan(RUNS / 20);
});

test('one character more or less anywhere: still what the library reads', () => {
  const tasks =
    'tasks:\n  - {"id":"a","title":"A, {a}","retries":2}\n  - id: b\n    title: B:b#c\n    status: pending\n    dependencies: [a, c-1]\n  - id: c-1\n    title: "C: \\"c\\""\nsuccess_criteria: [green]\n';
  const at = fc.nat({max: tasks.length - 1});
  const character = fc.constantFrom(...CHARACTERS, '\n', '  ', '\n  ', '\n    ', '\n    \u3000', '- ');
  fc.assert(
    fc.property(at, fc.nat({max: 3}), fc.oneof(character, fc.constant('')), (start, removed, added) => {
      const text = `${tasks.slice(0, start)}${added}${tasks.slice(start + removed)}`;
      expect(read(text)).toEqual(read(text, LIBRARY_HEAD));
    }),
    {numRuns: RUNS},
  );
});

const CHARACTERS = 'aaZ0 :#-,[]{}"\'&*!|>%@`?\\/.~<=\tÄ日😀\u2028\u3000\u2003';
const RUNS = Number(process.env.PLAIN_RUNS ?? 500);

type EntryAt = (id: string) => string;

function entry(): fc.Arbitrary<EntryAt> {
  const pairs = fc.uniqueArray(fc.tuple(key(), written()), {maxLength: 3, selector: ([name]) => name});
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(written(), pairs).map(
        ([title, rest]): EntryAt =>
          id =>
            inLines([['id', id], ['title', title], ...rest]),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.array(fc.tuple(key(), written()), {minLength: 1, maxLength: 3}).map(rest => () => inLines(rest)),
    },
    {
      weight: 6,
      arbitrary: fc.tuple(fc.string({unit: 'grapheme', minLength: 1}), json()).map(
        ([title, rest]): EntryAt =>
          id =>
            `- ${JSON.stringify({id, title, ...rest})}\n`,
      ),
    },
    {weight: 1, arbitrary: json().map(data => () => `- ${JSON.stringify(data).replaceAll(/([,:{}])/g, '$1 ')}\n`)},
    {weight: 1, arbitrary: fc.constantFrom(...ODD_ENTRIES).map(text => () => text)},
  );
}

const ODD_ENTRIES = [
  '- {"id":"x1","retries":1e1,"title":"a\\/b"}\n',
  '- {"id":"x2","title":"A"} # c\n',
  '- {"id":"x2","title":"A"}\n  \n  b\n',
  '- {"id":"x3","title":"A"\n  }\n',
  '- id: x4\n  title: A\n# c\n  run: b\n',
  '- id: x5\n  title: A\n\n\n  run: b\n',
  '- id: x6\n   title: A\n',
  '- id: x7\n title: A\n',
  '-\n  id: x8\n',
  '-   id: x9\n    title: A\n',
  '- 0\n',
  '- - id: y1\n',
  '- |\n  id: y2\n',
  '# - id: y3\n',
  '- ? id\n  : y4\n',
  '- id: y5\n  title: "a\n  b"\n',
  '- id: y6\n  title: A\n  acceptance_criteria:\n  - run: b\n',
  '- id: y7\n  title: a\n\t\n',
  '---\n- id: y8\n',
  '...\n',
];

function inLines(pairs: ReadonlyArray<readonly [string, string]>): string {
  return `- ${pairs.map(([name, text]) => `${name}: ${text}\n`).join('  ')}`;
}

function key(): fc.Arbitrary<string> {
  return fc.oneof(
    {weight: 19, arbitrary: fc.constantFrom('description', 'run', 'model', 'retries', 'status', 'attempts', 'checked')},
    {
      weight: 1,
      arbitrary: fc.constantFrom('title', 'mine', 'kiro_workflow', 'null', 'true', 'a b', '"title"', '<<', ''),
    },
  );
}

/** A value as somebody might write it. */
function written(): fc.Arbitrary<string> {
  return fc.oneof(
    {weight: 12, arbitrary: fc.constantFrom('A', 'make all', '"true"', '"a: b"', '2', 'pending', 'Ä b', 'a#b:c')},
    {
      weight: 4,
      arbitrary: fc.array(fc.constantFrom(...CHARACTERS), {maxLength: 5}).map(characters => `a${characters.join('')}`),
    },
    {weight: 1, arbitrary: fc.string()},
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'False',
        'NULL',
        '~',
        '1.0',
        '0x1',
        '.5',
        '-1',
        '[a, b]',
        '[null]',
        '[a, a: b]',
        '[[a]]',
        "''",
      ),
    },
  );
}

function json(): fc.Arbitrary<Record<string, unknown>> {
  const text = fc.string({unit: 'grapheme', minLength: 1});
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        {
          run: text,
          description: text,
          budget: fc.record({usd: fc.double({min: 1e-3, noNaN: true})}, {requiredKeys: []}),
        },
        {requiredKeys: []},
      ),
    },
    {weight: 1, arbitrary: fc.dictionary(fc.string(), fc.jsonValue({maxDepth: 2}), {maxKeys: 3})},
  );
}
