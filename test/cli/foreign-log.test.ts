// A log that the slash commands wrote which this format comes from: no number, no checksum, now and then no JSON.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const FOREIGN =
  '{"timestamp":"2025-01-17T20:00:00Z","event":"milestone_started","milestone_id":"release","details":{"tasks":2}}\n' +
  '{"timestamp":"2025-01-17T20:05:00Z","event":"progress_updated","details":{"progress_percentage":,}}\n';

const PLAN = `id: release
title: The release
status: in_progress
tasks:
  - {id: a, title: A, status: completed, run: 'exit 9'}
  - {id: b, title: B, status: in_progress, run: 'echo b > b', dependencies: [a]}
`;

function keptLogs(rig: MilestoneRig): string[] {
  const names = fs.readdirSync(rig.path('.milestones/logs')).filter(name => name.includes('.foreign-'));
  return names.map(name => rig.read(`.milestones/logs/${name}`));
}

test.concurrent.each([
  ['lines', true, FOREIGN],
  ['an object over several lines', false, '{\n  "event": "milestone_started"\n}\n'],
  ['a report', false, '=== Executing milestone release ===\nstarted at 20:00\n'],
])('a log that another program wrote (%s) is set aside, and its plan imported', async (_, git, text) => {
  await using rig = await MilestoneRig.create({git});
  await rig.writeMilestone('release', PLAN);
  rig.write('.milestones/logs/execution-release.jsonl', text);
  expect(await rig.milestone('status')).toMatchObject({exitCode: 0});
  const run = await rig.milestone('execute', 'release');
  expect(run).toMatchObject({exitCode: 0});
  expect(run.stderr).toMatch(
    /warning: the event log was written by another program: it is kept as it was in `.*\.foreign-/,
  );
  expect(keptLogs(rig)).toEqual([text]);
  expect(git ? rig.git('show', 'milestone/release:b') : rig.read('b').trim()).toBe('b');
  const events = rig.events('release').map(({event}) => event);
  expect(events[0]).toBe('milestone_activated');
  expect(events.filter(event => event === 'task_started')).toHaveLength(1);
});

test.concurrent('every command that only looks is content with a log that another program wrote, and leaves it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', PLAN);
  rig.write('.milestones/logs/execution-release.jsonl', FOREIGN);
  for (const command of [['list'], ['validate'], ['log', 'release'], ['execute', '--dry-run']])
    expect(await rig.milestone(...command), command.join(' ')).toMatchObject({exitCode: 0});
  expect((await rig.milestone('doctor')).stdout).toContain("the event log is another program's");
  expect(rig.read('.milestones/logs/execution-release.jsonl')).toBe(FOREIGN);
  expect(await rig.milestone('execute', 'release')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('doctor')).toMatchObject({exitCode: 0});
});

test.concurrent('lines of another program among ours are passed over, and taken out by the next execution', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const flag = rig.path('..', 'mended');
  await rig.writeMilestone('release', [{id: 'a', run: `test -e ${flag}`, no_changes: true, retries: 0}]);
  expect(await rig.milestone('execute', 'release')).toMatchObject({exitCode: 4});
  const log = rig.path('.milestones/logs/execution-release.jsonl');
  const own = fs.readFileSync(log, 'utf8');
  const lines = own.split(/(?<=\n)/);
  const mixed = [FOREIGN, ...lines.slice(0, 3), FOREIGN, ...lines.slice(3), FOREIGN].join('');
  fs.writeFileSync(log, mixed);
  expect(await rig.status('release')).toMatchObject({status: 'blocked', counts: {failed: 1}});
  expect(await rig.milestone('log', 'release', '--last', '1')).toMatchObject({exitCode: 0});
  expect((await rig.milestone('doctor')).stdout).toContain('has lines of another program (6)');
  fs.writeFileSync(flag, '');
  const retried = await rig.milestone('retry', 'release', 'a');
  expect(retried).toMatchObject({exitCode: 0, stderr: expect.stringContaining('had 6 lines of another program')});
  expect(keptLogs(rig)).toEqual([mixed]);
  expect(fs.readFileSync(log, 'utf8').startsWith(own)).toBe(true);
  expect(await rig.milestone('resume', 'release')).toMatchObject({exitCode: 0});
  expect(keptLogs(rig)).toHaveLength(1);
});

test.concurrent('a line that another program appends while a milestone is executed does not end it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const task = await rig.command('task');
  await rig.writeMilestone('release', [{id: 'a', run: task.shell, no_changes: true}]);
  const execution = rig.milestone('execute', 'release');
  const run = await task.nextRun();
  await rig.waitForEvent('release', 'task_working');
  fs.appendFileSync(rig.path('.milestones/logs/execution-release.jsonl'), FOREIGN);
  run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
  expect((await rig.status('release')).status).toBe('completed');
});

test.concurrent('a damaged line of ours is no foreign one', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', [{id: 'a', run: 'exit 1', retries: 0}]);
  await rig.milestone('execute', 'release');
  const log = rig.path('.milestones/logs/execution-release.jsonl');
  const lines = fs.readFileSync(log, 'utf8').split(/(?<=\n)/);
  // Without its number and its checksum it looks foreign; then its number is missing.
  const {seq: _, sum: __, ...rest} = JSON.parse(lines[3] as string);
  lines[3] = `${JSON.stringify(rest)}\n`;
  fs.writeFileSync(log, lines.join(''));
  const {exitCode, stderr} = await rig.milestone('resume', 'release');
  expect({exitCode, stderr}).toEqual({exitCode: 9, stderr: expect.stringContaining('damaged in line 5')});
});
