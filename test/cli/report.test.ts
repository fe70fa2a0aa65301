// What a person reads in the morning: worked out from log and branch, in every form.

import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {MorningReport} from '../../src/reports/morning/report-shape.ts';
import {STAGES} from '../../src/state/stage-times.ts';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';
import {freeTask, kiroTask} from './kiro-plan.ts';
import {eventsOf} from './support.ts';

const CLAIM = JSON.stringify({status: 'done', summary: 'Did it.', assumptions: ['cookies are fine']});
const DRIVER = `drivers: {x: {command: "cat > /dev/null; echo x > agent; echo '${CLAIM.replaceAll('"', '\\"')}'"}}\n`;

/** Done, done by an agent, flaky, unchecked with a test that is gone, failed, and held up by that. */
function nightTasks(rig: MilestoneRig): TaskText[] {
  const flag = path.join(rig.root, 'flag');
  return [
    {id: 'sound', title: 'Build it', run: 'echo a > sound', verify: 'test -f sound'},
    {id: 'agent', title: 'Write it', driver: 'x', verify: 'test -f agent'},
    {id: 'flaky', title: 'Shake it', run: 'echo f > flaky', verify: `test -e ${flag} || { touch ${flag}; false; }`},
    {id: 'lazy', title: 'Drop it', run: 'git rm -q test/old.test.js'},
    {id: 'bad', title: 'Break it', run: 'echo half > bad; echo why; exit 3', retries: 1},
    {id: 'after', title: 'Ship it', run: 'true', dependencies: ['bad']},
  ];
}

const night = copiesOf(async () => {
  const rig = await MilestoneRig.create({files: {'test/old.test.js': "test('old', f);\n"}});
  rig.write('.milestones/config.yaml', DRIVER);
  await rig.writeMilestone('m', nightTasks(rig), {title: 'The first'});
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  return rig;
});

async function reportOf(rig: MilestoneRig, ...args: string[]): Promise<MorningReport> {
  const {stdout, exitCode} = await rig.milestone('report', '--json', ...args);
  expect(exitCode).toBe(0);
  const {ok, report} = JSON.parse(stdout);
  expect(ok).toBe(true);
  return report;
}

/** Together the time from when an attempt could begin to its end. */
function expectStagesToAddUp({timeline, at}: MorningReport): void {
  for (const {from, started, to, stage_times} of timeline) {
    expect(Date.parse(from)).toBeLessThanOrEqual(Date.parse(started));
    const sum = STAGES.reduce((all, stage) => all + stage_times[stage], 0);
    expect(sum).toBe(Date.parse(to ?? at) - Date.parse(from));
  }
}

describe('the report of a night', () => {
  test.concurrent('has all that was done and proved, what failed and why, and what is left to do', async () => {
    await using rig = await night();
    const report = await reportOf(rig);
    const head = rig.git('rev-parse', 'milestone/m');
    expect(report.milestone).toEqual({
      id: 'm',
      title: 'The first',
      status: 'blocked',
      branch: 'milestone/m',
      base: rig.git('rev-parse', 'main'),
      head,
    });
    expect(report.headline).toMatchObject({done: 4, total: 6, checked: 3, unchecked: 1, failed: 1, cost_usd: null});
    expect(report.headline.minutes).toBeGreaterThan(0);
    expect(report.headline.text).toMatch(/^blocked: 4 of 6 tasks done, 3 checked, 1 unchecked, 1 failed, \d/);
    expect(report.needs_you[0]).toMatchObject({kind: 'failed', command: 'milestone retry m bad'});
    const commits = new Map(eventsOf(rig, 'm', 'task_completed').map(({details}) => [details.task_id, details.commit]));
    expect(report.done.map(({task, commit}) => [task, commit])).toEqual(
      ['sound', 'agent', 'flaky', 'lazy'].map(task => [task, commits.get(task)]),
    );
    const [sound, , flaky, lazy] = report.done;
    expect(sound).toMatchObject({title: 'Build it', attempts: 1, cost_usd: null});
    expect(sound?.checks).toEqual([
      {command: 'test -f sound', ok: true, duration_ms: expect.any(Number), flaky: false},
    ]);
    expect(flaky?.checks).toMatchObject([{ok: true, flaky: true}]);
    expect(lazy?.checks).toEqual([]);
    expect(report.unchecked).toEqual(['lazy']);
    expect(report.assumptions).toEqual([{task: 'agent', text: 'cookies are fine'}]);
    expect(report.removed_tests).toMatchObject([{task: 'lazy', file: 'test/old.test.js', lines: 1}]);
    expect(report.failed).toMatchObject([
      {task: 'bad', cause: 'exit', message: 'failed with exit code 3', output_tail: 'why\n', attempts: 2},
    ]);
    expect(rig.git('show', `${report.failed[0]?.work_at}:bad`)).toBe('half');
    expect(report.gates).toEqual([]);
    expect(report.review).toEqual(['milestone diff m', 'milestone show m bad', 'milestone show m lazy']);
    expect(report.critical_path).toHaveLength(2);
  });

  test.concurrent('its timeline has every attempt, whose stages add up to its time', async () => {
    await using rig = await night();
    const report = await reportOf(rig);
    expectStagesToAddUp(report);
    expect(report.timeline.map(({task, attempt, outcome, cause}) => [task, attempt, outcome, cause]).sort()).toEqual(
      [
        ['agent', 1, 'completed', undefined],
        ['bad', 1, 'failed', 'exit'],
        ['bad', 2, 'failed', 'exit'],
        ['flaky', 1, 'completed', undefined],
        ['lazy', 1, 'completed', undefined],
        ['sound', 1, 'completed', undefined],
      ].sort(),
    );
    expect(report.timeline.find(({task}) => task === 'agent')).toMatchObject({driver: 'x'});
    expect(report.sessions).toMatchObject([{exit: 4}]);
  });

  test.concurrent('as text, as Markdown and as JUnit XML', async () => {
    await using rig = await night();
    const {stdout: text} = await rig.milestone('report', 'm');
    expect(text).toMatch(/^m: The first\nblocked · 4 of 6 tasks done · 3 checked · 1 unchecked · 1 failed · /);
    for (const part of [
      '\nneeds you\n  task `bad` failed with exit code 3\n    milestone retry m bad\n',
      '\nunchecked\n  lazy\n',
      '\nassumptions\n  agent: cookies are fine\n',
      '\n  lazy: test/old.test.js deleted (1 line): old\n',
      '\nfailed\n  bad (exit): failed with exit code 3 (first of 2 attempts)\n    | why\n    its work: `milestone diff m bad`\n',
      '\nreview\n  milestone diff m\n',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/\n {2}flaky {2}\w{10} {2}checked by `test -e .*` \(flaky\), /);
    expect(text).toMatch(/\n {2}bad 2 +\d.*failed: exit\n/);
    const {stdout: markdown} = await rig.milestone('report', 'm', '--format', 'md');
    expect(markdown).toMatch(/^# m: The first\n\n\*\*blocked\*\* · 4 of 6 tasks done · /);
    expect(markdown).toContain('\n## Failed\n\n**`bad`** Break it: failed with exit code 3 (exit)\n\n```\nwhy\n```\n');
    expect(markdown).toContain('\n## Review\n\n```\nmilestone diff m\n');
    const {stdout: xml} = await rig.milestone('report', 'm', '--format', 'junit');
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="milestone" tests="6" failures="1"/,
    );
    expect(xml).toContain('<failure message="failed with exit code 3" type="exit">why\n</failure>');
    expect(xml.match(/<testcase /g)).toHaveLength(6);
    expect(xml.match(/<skipped /g)).toHaveLength(1);
  });
});

test.concurrent('while it runs, what is running is in the timeline, up to now', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: work.shell}]);
  const run = rig.milestone('execute', 'm');
  const attempt = await work.nextRun();
  await rig.waitForEvent('m', 'task_working');
  const report = await reportOf(rig, 'm');
  expect(report.milestone.status).toBe('in_progress');
  expect(report.timeline).toMatchObject([{task: 'a', to: null, outcome: 'running'}]);
  expectStagesToAddUp(report);
  await attempt.exit(0);
  expect(await run).toMatchObject({exitCode: 0});
  expect((await reportOf(rig)).timeline).toMatchObject([{task: 'a', outcome: 'completed'}]);
});

test.concurrent('before it was executed there is a plan to report of', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  const report = await reportOf(rig, 'm');
  expect(report).toMatchObject({origin: 'plan', milestone: {status: 'planned', branch: null}, done: [], timeline: []});
  expect((await rig.milestone('report', 'm')).stdout).toBe('m\nplanned · 0 of 1 tasks done\n');
});

test.concurrent('gates say who let them through; those without a person are shown', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [kiroTask('a'), freeTask('b')]);
  expect(await rig.milestone('execute', 'm', '--gates', 'auto')).toMatchObject({exitCode: 0});
  const report = await reportOf(rig);
  expect(report.gates).toMatchObject([
    {task: 'a', gate: 'design_to_spec', by: 'auto'},
    {task: 'a', gate: 'spec_to_task', by: 'auto'},
  ]);
  expect(report.timeline.map(({task, phase}) => [task, phase])).toContainEqual(['a', 'design']);
  const {stdout} = await rig.milestone('report');
  expect(stdout).toContain('\ngates passed without a person\n  a design_to_spec\n  a spec_to_task\n');
});

test.concurrent('what waits for approval says so', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [kiroTask('a', {spec: {approval_required: false}})]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 6});
  const {stdout} = await rig.milestone('report');
  expect(stdout).toContain('\nnot done\n  a: its design waits for approval\n');
  expect(stdout).toMatch(/\n {2}a design 1 .* waits for approval\n/);
  expect((await rig.milestone('report', '--format', 'md')).stdout).toContain(
    '\n- the design of task `a` waits for approval: `milestone approve m a design`\n',
  );
});

test.concurrent('what failed without a word has no output; attempts are those of a phase', async () => {
  await using rig = await MilestoneRig.create();
  const flag = path.join(rig.root, 'flag');
  const twice = `test -e ${flag} && echo x > x || { touch ${flag}; exit 1; }`;
  await rig.writeMilestone('m', [
    {id: 'mute', run: 'exit 3', retries: 0},
    {id: 'quiet', run: 'echo q > q', verify: 'printf "\\n"; exit 1', retries: 0},
    freeTask('once', {}, {retries: 1}),
    freeTask('again', {execute: {run: twice}}, {retries: 1}),
  ]);
  await rig.milestone('execute', 'm');
  const report = await reportOf(rig);
  expect(report.failed).toMatchObject([
    {task: 'mute', output_tail: null},
    {task: 'quiet', output_tail: null},
  ]);
  expect((await rig.milestone('report', '--format', 'html')).stdout).not.toMatch(/<pre>\s*<\/pre>/);
  expect(report.done).toMatchObject([
    {task: 'once', attempts: 1},
    {task: 'again', attempts: 2},
  ]);
  expect(report.tasks.map(({attempts}) => attempts)).toEqual([1, 1, 1, 2]);
  const {stdout} = await rig.milestone('report');
  expect(stdout).toMatch(/\n {2}again .*, 2 attempts, /);
  expect(stdout).not.toMatch(/\n {2}once .* attempts/);
});

test.concurrent('a fresh clone tells what its file and its commits say', async () => {
  await using rig = await MilestoneRig.create({
    files: {'test/old.test.js': "test('adds, and takes away', () => {})\n"},
  });
  rig.write('.milestones/config.yaml', DRIVER);
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a', verify: 'test -f a'},
    {id: 'b', run: 'rm test/old.test.js', dependencies: ['a']},
    {id: 'c', driver: 'x', verify: 'true', dependencies: ['b']},
  ]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const here = await reportOf(rig);
  rig.git('merge', '--quiet', 'milestone/m');
  rig.commit('Record the milestone');
  const clone = path.join(rig.root, 'clone');
  rig.git('clone', '--quiet', rig.folder, clone);
  expect(fs.existsSync(path.join(clone, '.milestones/logs'))).toBe(false);
  const {stdout} = await rig.milestone('report', 'm', '--json', {cwd: clone});
  const {report} = JSON.parse(stdout) as {report: MorningReport};
  expect(report).toMatchObject({origin: 'commits', unchecked: ['b'], assumptions: here.assumptions, timeline: []});
  expect(here.removed_tests).toHaveLength(1);
  expect(report).toMatchObject({removed_tests: here.removed_tests, removed_tests_unknown: []});
  expect(report.milestone).toEqual(here.milestone);
  expect(report.headline).toMatchObject({done: 3, checked: 2, unchecked: 1});
  expect(report.done.map(({task, commit, attempts}) => [task, commit, attempts])).toEqual(
    here.done.map(({task, commit, attempts}) => [task, commit, attempts]),
  );
  expect(report.done[0]?.checks).toMatchObject([{command: 'test -f a', ok: true, flaky: false}]);
  expect((await rig.milestone('report', 'm', {cwd: clone})).stdout).toContain('as its file and its commits say\n');
  const shallow = path.join(rig.root, 'shallow');
  rig.git('clone', '--quiet', '--depth', '1', `file://${rig.folder}`, shallow);
  const unknown = (await rig.milestone('report', 'm', {cwd: shallow})).stdout.replaceAll('\n', ' ');
  expect(unknown).toContain('tests deleted, removed or skipped: not known of a, b, c, whose commits are not here');
  expect(unknown).toContain('3 of 3 tasks done · 2 checked · 1 unchecked');
  expect(unknown).toMatch(/ a +[0-9a-f]{10} +checked +b +[0-9a-f]{10} +unchecked /);
});

test.concurrent('without an id it is of the one that ran last; a title that is markup or obeyed by terminals is text', async () => {
  await using rig = await MilestoneRig.create();
  const title = 'A <b>*bold*</b> \u001b[31mred\u001b]8;;http://x\u0007 \u202eright | title]]>';
  await rig.writeMilestone('other', [{id: 'a', run: 'true'}]);
  await rig.writeMilestone('m', [{id: 'a', title, run: 'true'}], {title});
  await rig.milestone('execute', 'm');
  for (const [format, inFormat] of [
    ['text', 'A <b>*bold*</b>'],
    ['md', '\\<b\\>\\*bold\\*\\</b\\>'],
    ['junit', 'A &lt;b&gt;*bold*&lt;/b&gt;'],
  ] as const) {
    const {stdout, exitCode} = await rig.milestone('report', '--format', format);
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(stdout).toContain('\\x1b');
    expect(stdout).toContain(inFormat);
  }
  expect(await rig.milestone('report', 'none')).toMatchObject({exitCode: 3});
});
