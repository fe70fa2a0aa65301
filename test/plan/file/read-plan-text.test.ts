import {expect, test} from 'vitest';
import {hasErrors} from '../../../src/plan/file/problems.ts';
import {readConfigText, readPlanText} from '../../../src/plan/file/read-plan-text.ts';
import {jsonSchema} from '../../../src/plan/file/schema.ts';

/** Problems as `code line:column message`, those about unknown keys apart. */
function problemsOf(text: string, file = 'active/m.yaml'): string[] {
  return readPlanText(text, file)
    .problems.filter(({code}) => code !== 'MISSING_TITLE')
    .map(({code, message, where}) => `${code} ${where?.line}:${where?.column} ${message}`);
}

const task = (id: string, more = '') => `  - {id: ${id}, title: T${more && `, ${more}`}}\n`;
const plan = (tasks: string, head = '') => `id: m\ntitle: M\n${head}tasks:\n${tasks}`;

test('a plan is read with its plan fields alone', () => {
  const text = plan(
    '  - id: a\n    title: A\n    run: make\n    status: pending\n    attempts: 3\n    touches: [src/**]\n  - id: b\n    title: B\n    dependencies: [a, a]\n    timeout: 90s\n    kiro_workflow: {enabled: true, current_phase: design, phases: {design: {status: pending, run: x}}}\n',
    'settings: {max_parallel: 2, env: {PORT: 3000}}\ndependencies: {requires: [base]}\nprogress: 50\n',
  );
  expect(readPlanText(text, 'active/m.yaml')).toMatchObject({
    isMilestone: true,
    problems: [],
    plan: {
      id: 'm',
      title: 'M',
      requires: ['base'],
      settings: {max_parallel: 2, env: {PORT: '3000'}},
      tasks: [
        {id: 'a', title: 'A', run: 'make', touches: ['src/**']},
        {
          id: 'b',
          title: 'B',
          dependencies: ['a'],
          timeout: '90s',
          kiro_workflow: {enabled: true, phases: {design: {run: 'x'}}},
        },
      ],
    },
  });
  expect(readPlanText(text, 'active/m.yaml').plan?.tasks[0]).not.toHaveProperty('attempts');
});

test('all problems of a file come at once, each with its place and a hint', () => {
  const text = `id: Release
title: M
settings: {max_paralel: 2, timeout: 10, isolation: worktre}
tasks:
  - id: api
    title: A
    dependencies: [db]
    retries: -1
  - id: db
    title: B
    dependencies: [api, apii, db]
    touches: [/etc/passwd, ../x, 'src/**']
    run: [make]
  - id: API
    title: C
    timeout: 15 minutes
`;
  const {problems, plan} = readPlanText(text, '.milestones/active/release.yaml');
  expect(plan).toBeUndefined();
  expect(problems.map(({code, where}) => `${code} ${where?.line}:${where?.column}`)).toEqual([
    'ID_NOT_FILE_NAME 1:5',
    'UNKNOWN_KEY 3:12',
    'BAD_DURATION 3:37',
    'BAD_VALUE 3:52',
    'BAD_NUMBER 8:14',
    'DEPENDENCY_CYCLE 11:20',
    'UNKNOWN_DEPENDENCY 11:25',
    'SELF_DEPENDENCY 11:31',
    'BAD_PATTERN 12:15',
    'BAD_PATTERN 12:28',
    'WRONG_TYPE 13:10',
    'DUPLICATE_ID 14:9',
    'BAD_DURATION 16:14',
  ]);
  const byCode = (code: string) => problems.find(problem => problem.code === code);
  expect(byCode('DEPENDENCY_CYCLE')).toMatchObject({
    message: 'tasks depend on each other in a circle: `api` -> `db` -> `api`',
    hint: 'remove `api` from the `dependencies` of `db`',
    where: {file: '.milestones/active/release.yaml'},
  });
  expect(byCode('UNKNOWN_DEPENDENCY')).toMatchObject({hint: 'did you mean `api`?'});
  expect(byCode('UNKNOWN_KEY')).toMatchObject({severity: 'error', hint: 'did you mean `max_parallel`?'});
  expect(byCode('BAD_VALUE')).toMatchObject({hint: 'did you mean `worktree`?'});
  expect(byCode('BAD_DURATION')).toMatchObject({hint: 'write `10s`'});
});

test.each([
  ['an id with a slash', 'a/b', 'BAD_ID'],
  ['an id that goes up', 'a..b', 'BAD_ID'],
  ['an id that ends like a lock', 'a.lock', 'BAD_ID'],
  ['an id that ends with a dot', 'a.', 'BAD_ID'],
  ['an id that begins with a dash', '-a', 'BAD_ID'],
  ['an id of 65 characters', 'a'.repeat(65), 'BAD_ID'],
  ['an id in another script', 'задача', 'BAD_ID'],
])('%s is refused', (_, id, code) => {
  expect(problemsOf(plan(task(JSON.stringify(id))))).toEqual([expect.stringContaining(`${code} 4:10`)]);
});

test.each(['a', 'A.b_c-1', '1', 'constructor', 'a'.repeat(64)])('the id %s is fine', id => {
  expect(problemsOf(plan(task(id)))).toEqual([]);
});

test('ids may be numbers, and are compared as they are written', () => {
  const {plan: read} = readPlanText(plan(task('1.10') + task('007', 'dependencies: [1.10]')), 'm.yaml');
  expect(read?.tasks).toMatchObject([{id: '1.10'}, {id: '007', dependencies: ['1.10']}]);
});

test.each([
  ['weights that do not add up', 'kiro_configuration: {phase_weights: {design: 50}}\n', 'BAD_PHASE_WEIGHTS'],
  ['a negative budget', 'settings: {budget: {usd: -1}}\n', 'BAD_NUMBER'],
  ['a number that is none', 'settings: {budget: {usd: .nan}}\n', 'BAD_NUMBER'],
  ['a number beyond all bounds', 'settings: {max_parallel: 99999999999999999999}\n', 'BAD_NUMBER'],
  ['half an attempt', 'settings: {max_parallel: 1.5}\n', 'BAD_NUMBER'],
  ['no time at all', 'settings: {timeout: 0s}\n', 'BAD_DURATION'],
  ['a time longer than timers can wait', 'settings: {timeout: 600h}\n', 'BAD_DURATION'],
  ['control characters in a command', 'settings: {verify: "a\\u001bb"}\n', 'BAD_TEXT'],
  ['a NUL character in a text', 'description: "a\\0b"\n', 'BAD_TEXT'],
  ['a list where a map belongs', 'dependencies: [base]\n', 'WRONG_TYPE'],
  ['a milestone that requires itself', 'dependencies: {requires: [m]}\n', 'SELF_DEPENDENCY'],
  ['a required milestone that is a path', 'dependencies: {requires: [../m]}\n', 'BAD_ID'],
  ['a key twice', 'description: a\ndescription: b\n', 'DUPLICATE_KEY'],
  ['an alias without anchor', 'description: *nothing\n', 'UNKNOWN_ALIAS'],
  ['an alias to what it is part of', 'x: &x [*x]\n', 'ALIAS_CYCLE'],
  ['a merge of something else', 'x: {<<: [1]}\n', 'BAD_MERGE'],
])('%s is an error', (_, head, code) => {
  const {problems, plan: read} = readPlanText(plan(task('a'), head), 'm.yaml');
  expect(problems.filter(({severity}) => severity === 'error').map(problem => problem.code)).toEqual([code]);
  expect(problems[0]?.where?.line).toBeGreaterThan(0);
  expect(read).toBeUndefined();
});

test.each([
  [
    'weights',
    'kiro_configuration: {phase_weights: {design: 50}}\n',
    '`kiro_configuration.phase_weights` must add up to 100 (absent ones count 15, 25, 20, 40)',
  ],
  ['emptiness', 'settings: {touches: [""]}\n', '`settings.touches[0]` must not be empty'],
  ['a second document', '---\n', 'not valid YAML: `---` begins another document, and a file has one'],
])('what is wrong with %s is said to the point', (_, head, message) => {
  const {problems} = readPlanText(plan(task('a'), head), 'm.yaml');
  expect(problems[0]).toMatchObject({message});
});

test.each([
  ['a task that is a text', '  - do it\n', 'WRONG_TYPE 4:5'],
  ['a task without id', '  - title: T\n', 'MISSING_KEY 4:5'],
  ['no tasks', '', 'NO_TASKS 3:1'],
  ['tasks as a map', '  a: {title: T}\n', 'WRONG_TYPE 4:3'],
])('%s is an error', (_, tasks, start) => {
  expect(problemsOf(plan(tasks))).toEqual([expect.stringContaining(start)]);
});

test('a plan without tasks can be shown, but not executed', () => {
  const {plan: read, problems} = readPlanText('id: m\ntitle: M\ntasks: []\n', 'm.yaml');
  expect(read).toMatchObject({id: 'm', tasks: []});
  expect(hasErrors(problems)).toBe(true);
});

test('a shell task with a prompt is a contradiction that does no harm', () => {
  const {plan: read, problems} = readPlanText(plan(task('a', 'run: x, prompt: y')), 'm.yaml');
  expect(problems).toMatchObject([{code: 'CONTRADICTION', severity: 'warning'}]);
  expect(read).toBeDefined();
});

test('text that is no YAML is an error with its place, for a milestone', () => {
  expect(problemsOf('A plan for later\nid: m\ntitle: M\ntasks: []\n')[0]).toMatch(
    /^YAML_SYNTAX \d+:\d+ not valid YAML: /,
  );
  expect(problemsOf(plan('  - {id: a\n'))[0]).toMatch(/^YAML_SYNTAX/);
  expect(problemsOf('id: m\0\n')).toEqual(['NUL_BYTE 1:6 the file contains a NUL character']);
  expect(problemsOf('id: m\n---\nid: n\n')[0]).toMatch(/^YAML_SYNTAX/);
});

test('one value without quotes is one error, however many lines come behind it', () => {
  const [first, ...others] = ['a', 'b', 'c'].map(id => `  - id: ${id}\n    title: The ${id}\n    dependencies: []\n`);
  const text = `id: m\ntitle: M\ntasks:\n${first}    run: echo {currency: "EUR"} > a\n${others.join('')}`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^YAML_SYNTAX 7:10 not valid YAML: a value that has a colon with a space behind it needs/),
  ]);
});

test('a file that merely lies among the milestones is one warning', () => {
  for (const text of [
    '',
    'milestones:\n  - id: a\n',
    'milestones:\n- id: a\nother: 1\n  bad: x\n',
    '- 1\n',
    'just words\n',
  ])
    expect(readPlanText(text, 'active/dependencies.yaml')).toMatchObject({
      isMilestone: false,
      problems: [{severity: 'warning', code: 'NOT_A_MILESTONE', where: {file: 'active/dependencies.yaml'}}],
    });
});

test('plans as people wrote them before are read: older names, null, criteria that look like maps', () => {
  const text = `id: m
title: M
status: planning
dependencies: null
success_criteria:
  - API: everything documented
  - works
tasks:
  - {id: task-1, title: One, status: completed, hours: 3, type: standard, completed_at: 2024-07-15, commit: 1234567}
  - {id: task-2, title: Two, status: done, estimated_hours: null, verify: null, run: true}
  - {id: task-3, title: Three, status: skipped, kiro_workflow: {enabled: false, current_phase: execute, phases: {}}}
`;
  const {plan: read, imported, problems} = readPlanText(text, 'm.yaml');
  expect(read).toMatchObject({
    success_criteria: ['API: everything documented', 'works'],
    requires: [],
    tasks: [{id: 'task-1', estimated_hours: 3}, {id: 'task-2', run: 'true'}, {id: 'task-3'}],
  });
  expect(read?.tasks[0]).not.toHaveProperty('type');
  expect(imported).toEqual({
    status: 'planned',
    tasks: {
      'task-1': {status: 'completed', completed_at: '2024-07-15', commit: '1234567'},
      'task-3': {status: 'skipped'},
    },
  });
  expect(problems).toMatchObject([
    {code: 'READ_AS_TEXT', severity: 'warning'},
    {code: 'UNKNOWN_STATUS', severity: 'warning', hint: 'did you mean `completed`?'},
  ]);
});

test.each([
  ['completed', ['completed', 'skipped']],
  ['in_progress', ['completed', 'pending']],
  ['planned', ['pending', 'pending']],
])('a milestone without status is %s when its tasks are %j', (status, of) => {
  const text = plan(of.map((each, index) => task(`t${index}`, `status: ${each}`)).join(''));
  expect(readPlanText(text, 'm.yaml').imported.status).toBe(status);
});

test('the execution that a file records is read as text', () => {
  const text = plan(task('a'), 'status: active\nexecution: {id: 42, branch: milestone/m, commit: 61e9540, mine: 1}\n');
  expect(readPlanText(text, 'm.yaml').imported).toMatchObject({
    status: 'in_progress',
    execution: {id: '42', branch: 'milestone/m', commit: '61e9540'},
  });
});

test('a key that is not known is reported once, however often it stands there', () => {
  const text = plan(task('a', 'assigned_to: x') + task('b', 'assigned_to: y'), 'priority: high\nmax_parallel: 2\n');
  expect(readPlanText(text, 'm.yaml').problems).toMatchObject([
    {code: 'UNKNOWN_KEY', where: {line: 3, column: 1}},
    {code: 'UNKNOWN_KEY', hint: 'put it under `settings`'},
    {code: 'UNKNOWN_KEY', message: expect.stringContaining('(2 times)'), where: {line: 6}},
  ]);
});

test('anchors and merge keys are understood, with the place of what they bring', () => {
  const text = `id: m
title: M
x-defaults: &defaults
  retries: 5
  timeout: soon
tasks:
  - {<<: *defaults, id: a, title: A, retries: 1}
  - {<<: [*defaults], id: b, title: B, timeout: 1m}
`;
  expect(problemsOf(text).filter(problem => !problem.startsWith('UNKNOWN_KEY'))).toEqual([
    expect.stringMatching(/^BAD_DURATION 5:12 `timeout` of task `a` must be/),
  ]);
  const {plan: read} = readPlanText(text.replace('soon', '2m'), 'm.yaml');
  expect(read?.tasks).toMatchObject([
    {retries: 1, timeout: '2m'},
    {retries: 5, timeout: '1m'},
  ]);
});

test('byte order mark, CRLF and a missing last line break change nothing', () => {
  const text = plan(task('a') + task('b', 'dependencies: [c]'));
  const odd = `\uFEFF${text.trimEnd().replaceAll('\n', '\r\n')}`;
  expect(problemsOf(odd)).toEqual(problemsOf(text));
  expect(problemsOf(odd)).toEqual([expect.stringContaining('UNKNOWN_DEPENDENCY 5:38')]);
});

test('files made to hurt end soon, with an error', () => {
  const bomb = ['a0: &a0 [1,1,1,1,1,1,1,1,1,1]'];
  for (let level = 1; level < 9; level++) bomb.push(`a${level}: &a${level} [${`*a${level - 1},`.repeat(10)}]`);
  for (const head of [
    `${bomb.join('\n')}\n`,
    `x: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`,
    `x: ${'['.repeat(200)}${']'.repeat(200)}\n`,
  ])
    expect(['TOO_MANY_ALIASES', 'TOO_DEEP']).toContain(readPlanText(plan(task('a'), head), 'm.yaml').problems[0]?.code);
});

test('keys named like parts of objects are keys', () => {
  const text = plan(
    task('constructor', 'toString: 1') + task('a', 'dependencies: [constructor], __proto__: {retries: 9}'),
  );
  const {plan: read} = readPlanText(text, 'm.yaml');
  expect(read?.tasks).toMatchObject([{id: 'constructor'}, {id: 'a', dependencies: ['constructor']}]);
  expect(read?.tasks[1]?.retries).toBeUndefined();
});

test('a circle of 10,000 tasks is found and told shortly', () => {
  const ids = Array.from({length: 2_000}, (_, index) => `t${index}`);
  const text = plan(ids.map((id, index) => task(id, `dependencies: [t${(index + 1) % ids.length}]`)).join(''));
  expect(problemsOf(text)).toEqual([expect.stringMatching(/`t0` -> `t1` -> .* -> \(1992 more\) -> `t0`$/)]);
});

test('config.yaml has settings, drivers and notifications', () => {
  expect(readConfigText('', 'config.yaml')).toEqual({config: {}, problems: []});
  expect(
    readConfigText(
      'settings: {retries: 1, env: {CI: true}}\ndrivers: {mine: {command: x}}\nnotify: [{command: beep}]\n',
      'config.yaml',
    ),
  ).toEqual({
    config: {
      settings: {retries: 1, env: {CI: 'true'}},
      drivers: {mine: {command: 'x'}},
      notify: [{command: 'beep'}],
    },
    problems: [],
  });
  expect(readConfigText('settings: {retrys: 1, timeout: x}\nretries: 1\n', 'config.yaml').problems).toMatchObject([
    {code: 'UNKNOWN_KEY', hint: 'did you mean `retries`?'},
    {code: 'BAD_DURATION', where: {file: 'config.yaml', line: 1, column: 32}},
    {code: 'UNKNOWN_KEY', hint: 'put it under `settings`'},
  ]);
  expect(readConfigText('- 1\n', 'config.yaml').problems).toMatchObject([{code: 'WRONG_TYPE'}]);
});

test('the JSON Schema names every key and allows others', () => {
  const schema = jsonSchema('milestone');
  expect(schema).toMatchObject({
    type: 'object',
    required: ['id', 'tasks'],
    properties: {tasks: {type: 'array', items: {properties: {run: {type: 'string'}, status: {type: 'string'}}}}},
  });
  expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
});
