// `milestone validate`: every problem with its place, without git, without activation, and without running anything.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {everythingBelow, ID, plannedRig} from './reading-rig.ts';

const BAD = `id: release
title: The release
tasks:
  - {id: a, title: A, run: x, retries: many}
  - {id: b, title: B, run: x, dependencies: [c]}
`;

test.concurrent('a sound home is valid', async () => {
  await using rig = await plannedRig([{id: 'a', run: 'true'}]);
  rig.write('.milestones/config.yaml', 'settings: {max_parallel: 2}\n');
  const {exitCode, stdout} = await rig.milestone('validate');
  expect({exitCode, stdout}).toEqual({
    exitCode: 0,
    stdout: 'valid: .milestones/config.yaml\nvalid: .milestones/active/release.yaml\n',
  });
  expect((await rig.milestone('validate', '--json')).json()).toEqual({
    ok: true,
    results: [
      {id: null, file: rig.path('.milestones/config.yaml'), valid: true, problems: []},
      {id: ID, file: rig.path(rig.planFile(ID)), valid: true, problems: []},
    ],
  });
});

test.concurrent('all problems of all files at once, each with its place and a way out', async () => {
  await using rig = await plannedRig(BAD);
  rig.write('.milestones/config.yaml', 'setings: {}\nsettings: {max_parallel: none}\n');
  const {exitCode, stdout} = await rig.milestone('validate');
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^\.milestones\/active\/release\.yaml:4:\d+: error: /m);
  expect(stdout).toMatch(/^\.milestones\/active\/release\.yaml:5:\d+: error: .*`c`/m);
  expect(stdout).toMatch(/^\.milestones\/config\.yaml:1:\d+: error: .*\n {2}hint: did you mean `settings`\?/m);
  const {ok, results, error} = (await rig.milestone('validate', '--json')).json();
  expect({ok, error}).toEqual({ok: false, error: {code: 'PLAN_INVALID', message: '2 of 2 files are invalid'}});
  expect(results).toMatchObject([
    {id: null, valid: false},
    {
      id: ID,
      valid: false,
      problems: [
        {
          severity: 'error',
          code: expect.any(String),
          message: expect.any(String),
          where: {line: 4, column: expect.any(Number)},
        },
        {severity: 'error', where: {line: 5}},
      ],
    },
  ]);
});

test.concurrent('ids and files can be named, also outside any home', async () => {
  await using rig = await MilestoneRig.create({git: false});
  rig.write('plans/release.yaml', BAD);
  expect(await rig.milestone('validate', 'plans/release.yaml')).toMatchObject({exitCode: 2});
  expect(await rig.milestone('validate', 'plans/none.yaml')).toMatchObject({exitCode: 2});
  expect(await rig.milestone('validate', 'release')).toMatchObject({exitCode: 3});
  await rig.writeMilestone('good', [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('validate', 'good', 'plans/release.yaml')).toMatchObject({exitCode: 2});
  expect(await rig.milestone('validate', 'good')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('validate', 'goood')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('did you mean `good`?'),
  });
});

test.concurrent('a required milestone that nobody knows is a warning at its place', async () => {
  await using rig = await plannedRig(
    'id: release\ntitle: R\ndependencies:\n  requires:\n    - foundation\n    - fundation\ntasks:\n  - {id: a, title: A, run: x}\n',
  );
  await rig.writeMilestone('foundation', [{id: 'a', run: 'true'}]);
  const {results} = (await rig.milestone('validate', ID, '--json')).json();
  expect(results).toMatchObject([
    {
      valid: true,
      problems: [
        {
          severity: 'warning',
          code: 'UNKNOWN_REQUIREMENT',
          hint: 'did you mean `foundation`?',
          where: {line: 6, column: 7},
        },
      ],
    },
  ]);
});

test.concurrent('nothing of the repository runs, and nothing is written', async () => {
  await using rig = await MilestoneRig.create();
  rig.git('config', 'core.fsmonitor', 'touch fsmonitor-ran');
  await rig.writeMilestone(ID, [{id: 'a', run: 'touch ran'}], {
    settings: {verify: 'touch verify-ran', workspace: {setup: 'touch setup-ran'}},
  });
  const before = everythingBelow(rig.folder);
  await rig.milestone('validate');
  expect(everythingBelow(rig.folder)).toEqual(before);
});

test.concurrent('what it says of drivers, notifications and prompts is held against what there is', async () => {
  await using rig = await plannedRig(`id: release
title: The release
settings:
  budget: {usd: 5}
  driver: codex
  fallback: [claude, opencod]
  notify:
    - {command: cat, events: [task_failed, milestone_complete]}
tasks:
  - {id: a, title: A, run: x}
  - {id: b, title: B, driver: fast, budget: {usd: 1}}
  - {id: c, title: C, review: {driver: nobody}}
`);
  rig.write(
    '.milestones/config.yaml',
    'drivers:\n  fast: {driver: codex}\n  broken: {model: x}\nnotify: [{webhook: "https://example.org", events: [taskfailed]}]\n',
  );
  rig.write('.milestones/prompts/task.md', '{{#each}}');
  const {exitCode, stdout} = await rig.milestone('validate');
  expect(exitCode).toBe(2);
  const lines = stdout.split('\n');
  const plan = '.milestones/active/release.yaml';
  const config = '.milestones/config.yaml';
  const expectLine = (start: string, ...texts: string[]) => {
    const line = lines.find(one => one.startsWith(start) && texts.every(text => one.includes(text)));
    expect(line, `${start} ${texts}\n${stdout}`).toBeDefined();
  };
  expectLine(`${plan}:4:17: warning: `, '`budget.usd` does not hold the driver `codex`');
  expectLine(`${plan}:4:17: warning: `, '`budget.usd` does not hold the driver `fast`');
  expectLine(`${plan}:6:22: warning: `, 'the driver `opencod` is not known');
  expectLine(`${plan}:8:44: warning: `, 'there is no event `milestone_complete`');
  expectLine('  hint: did you mean `milestone_completed`?');
  expectLine(`${plan}:11:`, 'the driver `fast`');
  expectLine(`${plan}:12:`, 'the driver `nobody` is not known');
  expectLine(`${config}:3:`, 'error: the driver `broken` does not say which `driver` it is');
  expectLine(`${config}:4:`, 'warning: there is no event `taskfailed`');
  expectLine('.milestones/prompts/task.md:', 'error: ');
  expect(everythingBelow(rig.path('.milestones')).filter(name => name.includes('cache'))).toEqual([]);
});

test.concurrent('a link that leads nowhere is no milestone, and nothing that its log could bring back', async () => {
  await using rig = await plannedRig([{id: 'a', run: 'true'}]);
  fs.symlinkSync('nowhere.yaml', rig.path(rig.planFile('broken')));
  const {results} = (await rig.milestone('validate', '--json')).json();
  const broken = results.find(({id}: {id: string}) => id === 'broken');
  expect(broken).toMatchObject({valid: false, problems: [{code: 'FILE_MISSING'}]});
  expect(broken.problems[0].hint).not.toEqual(expect.stringContaining('doctor'));
  const named = await rig.milestone('status', 'broken');
  expect(named).toMatchObject({exitCode: 3, stderr: expect.stringContaining('there is no milestone `broken`')});
  expect(named.stderr).not.toContain('did you mean');
});

test.concurrent('ids of milestones that differ in case alone are an error in both', async () => {
  await using rig = await plannedRig([{id: 'a', run: 'true'}]);
  await rig.writeMilestone('Other', [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('validate')).toMatchObject({exitCode: 0});
  const text = rig.read(rig.planFile('Other')).replaceAll('Other', 'RELEASE');
  rig.write(rig.planFile('RELEASE', 'completed'), text);
  const {results} = (await rig.milestone('validate', '--json')).json();
  expect(results).toMatchObject([
    {id: 'Other', valid: true},
    {
      id: ID,
      valid: false,
      problems: [{code: 'DUPLICATE_ID', message: expect.stringContaining('`release` and `RELEASE` (`completed/`)')}],
    },
    {id: 'RELEASE', valid: false, problems: [{code: 'DUPLICATE_ID'}]},
  ]);
});

const UNKNOWN = `id: release
title: The release
priority: high
tasks:
  - {id: a, title: A, run: 'true', assigned_to: Ada}
`;

test.concurrent('a key that nobody knows is a warning, which `execute` prints too, and with `--strict` an error', async () => {
  await using rig = await plannedRig(UNKNOWN);
  const lenient = await rig.milestone('validate', ID);
  expect(lenient.exitCode).toBe(0);
  expect(lenient.stdout).toContain('release.yaml:3:1: warning: milestone does not know the key `priority`');
  const strict = await rig.milestone('validate', ID, '--strict');
  expect(strict.exitCode).toBe(2);
  expect(strict.stdout).toContain('release.yaml:3:1: error: milestone does not know the key `priority`');
  expect((await rig.milestone('validate', ID, '--strict', '--json')).json().ok).toBe(false);
  const {exitCode, stderr} = await rig.milestone('execute', ID);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('warning: milestone does not know the key `priority` of a milestone');
  expect(stderr).toContain('the key `assigned_to` of a task; it is kept (release.yaml:5)');
});

test.concurrent('a misspelt key keeps a plan from being executed', async () => {
  await using rig = await plannedRig(UNKNOWN.replace('assigned_to: Ada', 'dependancies: [b]'));
  const run = await rig.milestone('execute', ID);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toMatch(/^error: milestone does not know the key `dependancies` of a task .*release\.yaml:5:\d+/);
  expect(run.stderr).toContain('hint: did you mean `dependencies`?');
  const dry = await rig.milestone('execute', ID, '--dry-run', '--json');
  expect({exitCode: dry.exitCode, error: dry.json().error}).toMatchObject({exitCode: 2, error: {code: 'PLAN_INVALID'}});
});

test.concurrent('what is no YAML is shown with its line, a caret below it, and what to write', async () => {
  await using rig = await plannedRig('id: release\ntitle: Fix: the bug\ntasks: []\n');
  const shown = '  2 | title: Fix: the bug\n    |        ^\n';
  const run = await rig.milestone('execute', ID);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(`${shown}hint: put the value in quotes: \`title: "Fix: the bug"\``);
  expect((await rig.milestone('validate', ID)).stdout).toContain(`${shown}  hint: put the value in quotes`);
});
