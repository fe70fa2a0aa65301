// `milestone log`: what happened, filtered, from the end, and as it happens.

import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {encodeRecord} from '../../src/events/record.ts';
import {withDeadline} from '../rig/deadline.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import type {Program} from '../rig/program.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {ID, plannedRig, stoppedRig} from './reading-rig.ts';
import {saveAs} from './support.ts';

describe('what is recorded', () => {
  test.concurrent('every event on a line, and as JSON just as it was recorded', async () => {
    await using rig = await stoppedRig();
    const events = rig.events(ID);
    const {stdout} = await rig.milestone('log');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(events.length);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d task_failed +check #1 {2}failed with exit code 3$/m);
    const recorded: MilestoneEvent[] = (await rig.milestone('log', '--json')).json().events;
    expect(recorded.map(({seq, event}) => [seq, event])).toEqual(events.map(({seq, event}) => [seq, event]));
  });

  test.concurrent('filters by task, attempt, event and session, from either end', async () => {
    await using rig = await stoppedRig();
    const log = async (...words: string[]): Promise<MilestoneEvent[]> =>
      (await rig.milestone('log', ...words, '--json')).json().events;
    const names = async (...words: string[]) => (await log(...words)).map(({event}) => event);
    expect(await names('--task', 'build')).toEqual(await names(ID, 'build'));
    expect(await names('build', '--event', 'task_started,task_completed')).toEqual(['task_started', 'task_completed']);
    expect(await names('build', '--attempt', '2')).toEqual([]);
    expect(await names('--event', 'task_completed', '--last', '1')).toEqual(['task_completed']);
    const all = await log();
    expect(await log('--last', '3')).toEqual(all.slice(-3));
    expect(await log('--last', '100000')).toEqual(all);
    expect(await log('--session', all[1]!.session_id)).toEqual(
      all.filter(({session_id}) => session_id === all[1]?.session_id),
    );
  });

  test.concurrent('a misspelt task, event, session or milestone is named', async () => {
    await using rig = await stoppedRig();
    expect(await rig.milestone('log', ID, 'chek')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`check`'),
    });
    // One object, also when it turns out late that there is nothing of the kind.
    expect((await rig.milestone('log', ID, 'chek', '--json')).json()).toMatchObject({
      ok: false,
      error: {code: 'UNKNOWN_TASK'},
    });
    expect(await rig.milestone('log', '--session', 'session-of-nobody')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no session `session-of-nobody` worked on `release`'),
    });
    expect(await rig.milestone('log', '--event', 'task_fail')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('`task_failed`'),
    });
    await rig.writeMilestone('other', [{id: 'a', run: 'true'}]);
    fs.rmSync(rig.path('.milestones/active/current.txt'));
    expect(await rig.milestone('log', 'relase')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`release`'),
    });
    expect(await rig.milestone('log', 'other')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('not executed'),
    });
  });

  test.concurrent('a reader that has seen enough ends it quietly', async () => {
    await using rig = await plannedRig();
    const event = (seq: number) =>
      encodeRecord({
        seq,
        timestamp: '2026-11-23T10:00:00.000Z',
        event: 'agent_registered',
        milestone_id: ID,
        session_id: 's',
        details: {agent: 'x'.repeat(100)},
      });
    rig.write(rig.logFile(ID), Array.from({length: 20_000}, (_, place) => event(place + 1)).join(''));
    const command = `"${process.execPath}" "${new URL('../../bin/milestone.js', import.meta.url).pathname}" log; echo "exit $?" >&2`;
    const ended = await rig.start('/bin/sh', '-c', `{ ${command}; } | head -1`);
    expect(ended.stdout.split('\n')).toHaveLength(2);
    expect(ended.stderr).toBe('exit 0\n');
  });

  test.concurrent('control characters in what others wrote are shown, not obeyed', async () => {
    await using rig = await stoppedRig();
    await rig.milestone('skip', '--yes', ID, 'check', '--reason', 'because \u001b[2J');
    const {stdout} = await rig.milestone('log', '--event', 'task_skipped');
    expect(stdout).toContain('because \\x1b[2J');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('what an attempt printed', () => {
  test.concurrent('the last attempt or a named one, byte for byte into a pipe', async () => {
    await using rig = await plannedRig([{id: 'a', run: 'printf "\\033[1mloud\\n"; exit 1', retries: 1}]);
    await rig.milestone('execute');
    expect((await rig.milestone('log', ID, 'a', '--output')).stdout).toContain('\u001b[1mloud\n');
    expect((await rig.milestone('log', 'a', '--output', '--attempt', '1', '--json')).json()).toMatchObject({
      ok: true,
      task_id: 'a',
      attempt: 1,
      truncated: false,
      output: expect.stringContaining('loud'),
    });
    expect(await rig.milestone('log', 'a', '--output', '--attempt', '9')).toMatchObject({exitCode: 3});
    expect(await rig.milestone('log', 'b', '--output')).toMatchObject({exitCode: 3});
    expect(await rig.milestone('log', '--output')).toMatchObject({exitCode: 2});
  });
});

describe('what happens', () => {
  test.concurrent('is streamed until the session ends, and closes with its exit code', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell, retries: 0}]);
    const follower = rig.milestone('log', ID, '--follow', '--json', '--event', 'task_started,task_failed');
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    await follower.line('"task_started"');
    await attempt.exit(2);
    await run;
    const ended = await follower;
    expect(ended.exitCode).toBe(4);
    expect(ended.jsonLines()).toMatchObject([
      {event: 'task_started'},
      {event: 'task_failed'},
      {ok: false, exit: 4, error: {code: 'STOPPED', message: expect.any(String)}},
    ]);
  });

  test.concurrent('of a session that is over there is nothing to wait for', async () => {
    await using rig = await plannedRig([{id: 'a', run: 'true'}]);
    await rig.milestone('execute', ID);
    const ended = await rig.milestone('log', ID, '--follow', '--json', '--last', '1');
    expect(ended.exitCode).toBe(0);
    expect(ended.jsonLines()).toMatchObject([{seq: rig.events(ID).length}, {ok: true, exit: 0}]);
  });

  test.concurrent('of an executor that was killed ends as a failure of the machine', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    const follower = rig.milestone('log', ID, '--follow');
    await follower.line('task_working');
    run.kill('SIGKILL');
    expect(await follower).toMatchObject({exitCode: 9, stderr: expect.stringContaining('the executor is gone')});
    expect(await rig.milestone('log', ID, '--follow')).toMatchObject({exitCode: 9});
  });

  test.concurrent('in a session or to a task that there is not is not waited for', async () => {
    await using rig = await plannedRig([{id: 'a', run: 'true'}]);
    const follow = (...words: string[]) => rig.milestone('log', ID, '--follow', ...words);
    expect(await follow('--session', 'session-none')).toMatchObject({exitCode: 3});
    await rig.milestone('execute', ID);
    expect(await follow('--session', 'session-none')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/no session `session-none` worked on .*\nhint: the last one is `session-/),
    });
    expect(await follow('--task', 'b')).toMatchObject({exitCode: 3, stderr: expect.stringContaining('no task `b`')});
  });

  test.concurrent('Ctrl-C ends the following and nothing else', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    const follower = rig.milestone('log', ID, '--follow', '--json');
    await follower.line('task_started');
    follower.kill('SIGINT');
    const ended = await follower;
    expect(ended.exitCode).toBe(130);
    expect(ended.jsonLines().at(-1)).toMatchObject({ok: false, exit: 130});
    await attempt.exit(0);
    expect(await run).toMatchObject({exitCode: 0});
  });
});

/** More than a pipe holds: whoever prints an event with it waits for its reader. */
const LONG = 'x'.repeat(500_000);

/** Resolves once a program prints; from then on nothing of it is read before `stdout.resume()`. */
async function untilItPrints(program: Program): Promise<void> {
  await withDeadline(once(program.stdout, 'data'), 'the first output', () => program.printed.stderr);
  program.stdout.pause();
}

/** Environment in which a program that looks once a second looks when the file `go` is there, and then says so. */
function looksWhenTold(rig: MilestoneRig, go: string): Record<string, string> {
  const preload = path.join(rig.root, 'looks-when-told.cjs');
  const script = `const fs = require('node:fs');
    const {setTimeout} = globalThis;
    let looks = 0;
    globalThis.setTimeout = (ring, ms, ...rest) => {
      if (ms !== 1000) return setTimeout(ring, ms, ...rest);
      const wait = () => {
        if (!fs.existsSync('${go}')) return setTimeout(wait, 1);
        ring();
        setImmediate(() => fs.writeFileSync('${go}-' + ++looks, ''));
      };
      return setTimeout(wait, 0);
    };`;
  fs.writeFileSync(preload, script);
  return {NODE_OPTIONS: `--require ${preload}`};
}

describe('a reader that pauses', () => {
  test.concurrent('is shown all of a session whose executor has long ended, and how that ended', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    const go = path.join(rig.root, 'go');
    const follower = rig.milestone('log', ID, '--follow', '--json', {env: looksWhenTold(rig, go)});
    await follower.line('task_working');
    follower.stdout.pause();
    const more = `  - {id: b, title: B, run: "true", description: ${LONG}}\n`;
    saveAs(rig, rig.planFile(ID), `${rig.read(rig.planFile(ID))}${more}`);
    await rig.waitForEvent(ID, 'plan_changed');
    await attempt.exit(0);
    expect(await run).toMatchObject({exitCode: 0});
    fs.writeFileSync(go, '');
    await waitForFile(`${go}-2`);
    follower.stdout.resume();
    const ended = await follower;
    expect(ended.exitCode).toBe(0);
    expect(ended.jsonLines().map(({seq}) => seq)).toEqual([...rig.events(ID).map(({seq}) => seq), undefined]);
    expect(ended.jsonLines().at(-1)).toEqual({ok: true, exit: 0});
  });

  test.concurrent('is shown what is recorded while it is shown what was', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    const [a, b] = [
      {id: 'a', run: work.shell, description: LONG},
      {id: 'b', run: work.shell, dependencies: ['a']},
    ];
    await rig.writeMilestone(ID, [a, b]);
    const run = rig.milestone('execute', ID);
    const first = await work.nextRun();
    const follower = rig.milestone('log', ID, '--follow', '--json', '--last', '1000');
    await untilItPrints(follower);
    await first.exit(0);
    const second = await work.nextRun();
    follower.stdout.resume();
    await follower.line(/"task_started".*"b"/);
    await second.exit(0);
    await run;
    const ended = await follower;
    expect(ended.exitCode).toBe(0);
    expect(ended.jsonLines().map(({seq}) => seq)).toEqual([...rig.events(ID).map(({seq}) => seq), undefined]);
  });

  test.concurrent('is shown the end of a session that came while it was shown the beginning', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell, retries: 0, description: LONG}]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    const follower = rig.milestone('log', ID, '--follow', '--json', '--last', '1000');
    await untilItPrints(follower);
    await attempt.exit(3);
    await run;
    follower.stdout.resume();
    const ended = await follower;
    expect(ended.exitCode).toBe(4);
    expect(ended.jsonLines().map(({seq}) => seq)).toEqual([...rig.events(ID).map(({seq}) => seq), undefined]);
  });
});

test.concurrent('a stream that is asked for in a wrong way ends with the exit code as well', async () => {
  await using rig = await plannedRig();
  for (const words of [
    ['--follow', '--json', '--last', '0'],
    ['-f', '--json', '--bogus'],
  ]) {
    const ended = await rig.milestone('log', ...words);
    expect(ended.exitCode).toBe(2);
    expect(ended.json()).toMatchObject({ok: false, exit: 2, error: {code: 'USAGE'}});
  }
  expect((await rig.milestone('log', '--json', '--bogus')).json()).not.toHaveProperty('exit');
});
