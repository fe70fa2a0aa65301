// A key that nobody reads: an error where it was meant for one of ours, else a remark.

import {expect, test} from 'vitest';
import {readConfigText, readPlanText} from '../../../src/plan/file/read-plan-text.ts';
import type {Problem} from '../../../src/plan/plan.ts';

const plan = (head: string, task = '') => `id: m\ntitle: M\n${head}tasks:\n  - {id: a, title: A, run: x${task}}\n`;
const problemsOf = (text: string) => readPlanText(text, 'm.yaml').problems;
const short = ({severity, hint}: Problem) => `${severity}: ${hint}`;

test.each([
  ['a task', plan('', ', dependancies: [b]'), 'dependencies'],
  ['a task, in other words', plan('', ', depends_on: [b]'), 'dependencies'],
  ['a task, in the style of another language', plan('', ', dependsOn: [b]'), 'dependencies'],
  ['a task that needs others', plan('', ', needs: [b]'), 'dependencies'],
  ['a task with a command', 'id: m\ntitle: M\ntasks:\n  - {id: a, title: A, command: x}\n', 'run'],
  ['a task that has an area', plan('', ', touch: [x]'), 'touches'],
  ['a task that is tried again', plan('', ', retry: 1'), 'retries'],
  ['a task whose status counts at the start', plan('', ', stauts: completed'), 'status'],
  ['a milestone', plan('sucess_criteria: [a]\n'), 'success_criteria'],
  ['its settings', plan('settings: {max_paralel: 1}\n'), 'max_parallel'],
  ['its settings, in the style of another language', plan('settings: {maxParallel: 1}\n'), 'max_parallel'],
  ['its workspace', plan('settings: {workspace: {set_up: x}}\n'), 'setup'],
  ['its git', plan('settings: {git: {snyc: push}}\n'), 'sync'],
  ['its budget', plan('settings: {budget: {minuts: 3}}\n'), 'minutes'],
  ['its agents', plan('settings: {agents: {session-manger: {every: 1m}}}\n'), 'session-manager'],
  ['an agent', plan('settings: {agents: {session-manager: {evry: 1m}}}\n'), 'every'],
  ['a notification', plan('settings: {notify: [{comand: x}]}\n'), 'command'],
  ['its weights', plan('kiro_configuration: {phase_weights: {desing: 15}}\n'), 'design'],
  ['its gates', plan('kiro_configuration: {approval_gates: {design_to_specs: {required: true}}}\n'), 'design_to_spec'],
  ['a gate', plan('kiro_configuration: {approval_gates: {design_to_spec: {aprovers: [x]}}}\n'), 'approvers'],
  ['a workflow', plan('', ', kiro_workflow: {enabled: true, phase: {}}'), 'phases'],
  ['its phases', plan('', ', kiro_workflow: {enabled: true, phases: {desing: {run: x}}}'), 'design'],
  ['a phase', plan('', ', kiro_workflow: {enabled: true, phases: {design: {deliverable: [x]}}}'), 'deliverables'],
  ['a review', plan('', ', review: {drivr: x}'), 'driver'],
])('a misspelt key of %s is an error that names the right one', (_, text, meant) => {
  const unknown = problemsOf(text).filter(({code}) => code === 'UNKNOWN_KEY');
  expect(unknown.map(short)).toEqual([`error: did you mean \`${meant}\`?`]);
});

test.each(['taks', 'task', 'tasls'])('`%s` in place of `tasks` is named', key => {
  expect(problemsOf(`id: m\ntitle: M\n${key}:\n  - {id: a, title: A, run: x}\n`)).toContainEqual(
    expect.objectContaining({
      code: 'NO_TASKS',
      hint: `write \`tasks\` in place of \`${key}\``,
      where: expect.objectContaining({line: 3}),
    }),
  );
});

test('`tasks` without any is not called a mistake for itself', () => {
  const {problems} = readPlanText('id: m\ntitle: M\ntasks: []\n', '/home/m.yaml');
  expect(problems).toMatchObject([{code: 'NO_TASKS', hint: 'add at least one under `tasks:`'}]);
});

test('a milestone that waits for another says so with `requires`', () => {
  expect(problemsOf(plan('depends_on: [b]\n')).map(short)).toEqual([
    'error: did you mean `dependencies`, with `requires` in it?',
  ]);
  expect(problemsOf(plan('dependencies: [b]\n'))).toMatchObject([
    {code: 'WRONG_TYPE', hint: 'write `dependencies: {requires: [b]}`'},
  ]);
});

test('a misspelt key of config.yaml and of its drivers is an error', () => {
  const problems = readConfigText(
    'setings: {}\ndrivers: {mine: {comand: x, quota_words: y}}\n',
    'config.yaml',
  ).problems;
  expect(problems.map(short)).toEqual([
    'error: did you mean `settings`?',
    'error: did you mean `command`?',
    'warning: it has no effect',
  ]);
});

test('a setting that stands beside `settings` is an error when its value is one for it', () => {
  expect(problemsOf(plan('verify: npm test\nagents: [designer, coder]\n', ', max_parallel: 1')).map(short)).toEqual([
    'error: put it under `settings`',
    'warning: put it under `settings`',
    'error: put it under `settings`',
  ]);
});

test('an approval that nobody would be asked for is an error, and the phases have one name', () => {
  const [asked, renounced] = [true, false].map(value =>
    problemsOf(plan('', `, approval_required: ${value}`)).map(short),
  );
  expect(asked).toEqual(['error: put it under a phase of `kiro_workflow`; here nobody is asked']);
  expect(renounced).toEqual(['warning: put it under a phase of `kiro_workflow`; here nobody is asked']);
  expect(problemsOf(plan('', ', kiro: {design: {}}')).map(short)).toEqual(['error: did you mean `kiro_workflow`?']);
});

test('what plans of this kind carry besides is kept, with a remark at most', () => {
  const text = plan(
    `priority: high
category: api
timeline: {start: 2024-07-15}
progress: {percentage: 90, tasks_completed: 4, last_update: x, velocity: 3}
execution: {id: e, agents_used: 4}
dependencies: {requires: [], enables: [later], external: [x]}
deliverables: [x]
risks: [x]
resources: {team: [x]}
requirements: [x]
created_at: 2024-07-15
kiro_configuration: {enabled: false}
`,
    ', assigned_to: x, reviewer: y, mode: z, users: [u], started: 2024, completed: true, priority: high',
  );
  const {problems, plan: read} = readPlanText(text, 'm.yaml');
  expect(problems.filter(({severity}) => severity === 'error')).toEqual([]);
  expect(problems.map(({message}) => /`(\w+)`/.exec(message)?.[1])).not.toContain('velocity');
  expect(read).toBeDefined();
});

test('a plan with a misspelt key is read, and its file is left alone', () => {
  const {plan: read, layout} = readPlanText(plan('', ', dependancies: [b]'), 'm.yaml');
  expect(read?.tasks).toMatchObject([{id: 'a'}]);
  expect(layout).toBeUndefined();
});

test.each([
  ['settings: {budget: 20}', 'write `budget: {usd: 20}`'],
  ['settings: {git: push}', 'write `git: {sync: push}`'],
  ['settings: {workspace: npm ci}', 'write `workspace: {setup: npm ci}`'],
  ['settings: {verify: false}', '`verify: none` switches an inherited check off'],
  ['settings: {verify_final: false}', '`verify_final: none` switches an inherited check off'],
  ['settings: {verify: true}', 'put it in quotes: `"true"`'],
  ['settings: {touches: src/**}', 'write it as a list: `[src/**]`'],
  ['kiro_configuration: {approval_gates: {design_to_spec: false}}', 'write `design_to_spec: {required: false}`'],
])('`%s` is an error that says how it is written', (head, hint) => {
  const problems = problemsOf(plan(`${head}\n`));
  expect(problems).toMatchObject([{severity: 'error', hint}]);
});

test.each([
  ['verify: false', '`verify: none` switches an inherited check off'],
  ['budget: 20', 'write `budget: {usd: 20}`'],
  ['review: codex', 'write `review: {driver: codex}`'],
  ['kiro_workflow: true', 'write `kiro_workflow: {enabled: true}`'],
  ['dependencies: b', 'write it as a list: `[b]`'],
])('`%s` of a task is an error that says how it is written', (task, hint) => {
  const text = `id: m\ntitle: M\ntasks:\n  - {id: a, title: A, ${task}}\n  - {id: b, title: B}\n`;
  expect(problemsOf(text)).toMatchObject([{severity: 'error', hint}]);
});
