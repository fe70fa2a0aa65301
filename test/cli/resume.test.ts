// Ended by signals, by death, by somebody else: what is done stays done, the rest goes on.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {EventLog} from '../../src/events/log.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {diary, eventsOf, fileAt, outcomes, readPlan, subjects, tasksIn} from './support.ts';

const ID = 'release';
const CLOCK = fileURLToPath(new URL('../rig/shifted-clock.cjs', import.meta.url));

describe('signals', () => {
  test.concurrent.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends what runs, exits %i, and the milestone can go on', async (signal, code) => {
    const git = signal === 'SIGINT'; // and the whole way, which is the same for all
    await using rig = await MilestoneRig.create({git});
    const {file, lines} = diary(rig);
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'first', run: `echo first >> '${file}'; echo 1 > first`},
      {id: 'second', run: `echo mine > left; setsid -f sleep 1000; ${work.shell}`, dependencies: ['first']},
    ]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    run.kill(signal);
    expect(await run).toMatchObject({exitCode: code, signal: null});
    await attempt.ended;
    expect(rig.processesLeft()).toEqual([]);
    expect(readPlan(rig, ID)).toMatchObject({
      status: 'paused',
      execution: {paused_reason: expect.any(String)},
      tasks: [{status: 'completed'}, {status: 'pending'}],
    });
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'interrupted', executor_died: false}]);
    expect(eventsOf(rig, ID, 'session_ended').map(({details}) => details.exit)).toEqual([code]);
    if (!git) return;
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/second.1`, 'left')).toBe('mine');
    const again = rig.milestone('resume', ID);
    const second = await work.nextRun();
    expect(second.env.MILESTONE_ATTEMPT).toBe('2');
    await second.exit();
    expect(await again).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['first']);
    const sessions = eventsOf(rig, ID, 'session_started').map(event => event.session_id);
    expect(eventsOf(rig, ID, 'session_resumed')[0]!.details.previous_session_id).toBe(sessions[0]);
  });

  test.concurrent('a second Ctrl-C ends at once what ignores the first', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const stubborn = await rig.command('stubborn', {ignoresSignals: ['SIGINT', 'SIGTERM', 'SIGHUP']});
    await rig.writeMilestone(ID, [{id: 'a', run: stubborn.shell}]);
    const run = rig.milestone('execute', ID, {detached: true});
    const attempt = await stubborn.nextRun();
    run.killGroup('SIGINT'); // as a terminal does
    await attempt.received('SIGINT');
    run.killGroup('SIGINT');
    expect(await run).toMatchObject({exitCode: 130, signal: null});
    await attempt.ended;
    expect(rig.processesLeft()).toEqual([]);
  });

  test.concurrent('Ctrl-C during a check and during the last moments loses nothing', async () => {
    await using rig = await MilestoneRig.create();
    const check = await rig.command('check');
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a', verify: check.shell}]);
    const run = rig.milestone('execute', ID);
    await check.nextRun();
    run.kill('SIGINT');
    expect(await run).toMatchObject({exitCode: 130});
    expect(rig.processesLeft()).toEqual([]);
    expect(tasksIn(rig, ID, 'task_completed')).toEqual([]);
    const again = rig.milestone('resume', ID);
    await (await check.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toHaveLength(1);
  });
});

describe('a dead executor', () => {
  test.concurrent('what is finished is not done again, and what was running ends before it runs again', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'done', run: `echo done >> '${file}'; echo 1 > done`},
      // A child that left the group, with nobody who waits for it.
      {id: 'work', run: `echo half > half; setsid -f sleep 1000; ${work.shell}`, dependencies: ['done']},
    ]);
    const run = rig.milestone('execute', ID);
    const orphan = await work.nextRun();
    run.kill('SIGKILL');
    await run;
    expect(work.running).toEqual([orphan]);

    const again = rig.milestone('execute', ID);
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0});
    expect(work.mostAtOnce).toBe(1);
    expect(lines()).toEqual(['done']);
    expect(rig.processesLeft()).toEqual([]);
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'interrupted', executor_died: true}]);
    expect(eventsOf(rig, ID, 'session_resumed')).toHaveLength(1);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/work.1`, 'half')).toBe('half');
  });

  test.concurrent('a signal while its leftovers are ended counts: nothing is taken up, and the milestone is paused', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const stubborn = await rig.command('stubborn', {ignoresSignals: ['SIGINT', 'SIGTERM', 'SIGHUP']});
    await rig.writeMilestone(ID, [{id: 'a', run: stubborn.shell}]);
    const run = rig.milestone('execute', ID);
    const orphan = await stubborn.nextRun();
    run.kill('SIGKILL');
    await run;
    const plan = rig.read(rig.planFile(ID));
    rig.write(rig.planFile(ID), `${plan}  - {id: b, title: B, run: "true"}\n`);

    const again = rig.milestone('resume', ID);
    await orphan.received('SIGINT');
    again.kill('SIGINT');
    await rig.waitForEvent(ID, 'milestone_paused');
    again.kill('SIGINT');
    expect(await again).toMatchObject({exitCode: 130});
    expect(eventsOf(rig, ID, 'milestone_resumed')).toEqual([]);
    expect(
      eventsOf(rig, ID, 'agent_registered').filter(({seq}) => seq > eventsOf(rig, ID, 'milestone_paused')[0]!.seq),
    ).toEqual([]);
    expect(eventsOf(rig, ID, 'session_ended').map(({details}) => details.exit)).toEqual([130]);
    expect(await rig.status(ID)).toMatchObject({status: 'paused', executor: null});
    expect(readPlan(rig, ID)).toMatchObject({status: 'paused', execution: {paused_reason: 'stopped by SIGINT'}});

    const third = rig.milestone('resume', ID);
    await (await stubborn.nextRun()).exit();
    expect(await third).toMatchObject({exitCode: 0});
    expect(tasksIn(rig, ID, 'task_completed').sort()).toEqual(['a', 'b']);
  });

  test.concurrent('a signal while its leftovers are ended leaves a merge that was cut off to the next session', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    const stubborn = await rig.command('stubborn', {ignoresSignals: ['SIGINT', 'SIGTERM', 'SIGHUP']});
    await rig.writeMilestone(ID, [
      {id: 'a', run: work.shell},
      {id: 'b', run: stubborn.shell},
    ]);
    const run = rig.milestone('execute', ID);
    const [, orphan] = [await work.nextRun(), await stubborn.nextRun()];
    run.kill('SIGKILL');
    await run;
    const onto = rig.git('rev-parse', `milestone/${ID}`);
    const commit = rig.git('commit-tree', `${onto}^{tree}`, '-p', onto, '-m', 'The work of a');
    const log = EventLog.open(rig.path(rig.logFile(ID)), {milestoneId: ID, sessionId: 'dead', clock: systemClock});
    log.append({event: 'task_claimed', details: {task_id: 'a', attempt: 1, result: {}}});
    log.append({event: 'task_integrating', details: {task_id: 'a', attempt: 1, commit, onto}});
    log.close();

    const again = rig.milestone('resume', ID);
    await orphan.received('SIGINT');
    again.kill('SIGINT');
    await rig.waitForEvent(ID, 'milestone_paused');
    again.kill('SIGINT');
    expect(await again).toMatchObject({exitCode: 130});
    expect(rig.git('rev-parse', `milestone/${ID}`)).toBe(onto);
    expect(eventsOf(rig, ID, 'attempt_ended').map(({details}) => details.task_id)).toEqual(['b']);

    const third = rig.milestone('resume', ID);
    await (await stubborn.nextRun()).exit();
    expect(await third).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'task_completed').map(({details}) => details.task_id)).toEqual(['a', 'b']);
    expect(work.timesRun).toBe(1);
  });

  test.concurrent('a task that must not run twice by itself waits for a person', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'deploy', run: work.shell, on_interrupt: 'ask'},
      {id: 'other', run: 'true'},
      {id: 'after', run: 'true', dependencies: ['deploy']},
    ]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    run.kill('SIGKILL');
    await run;
    const asked = await rig.milestone('execute', ID);
    expect(asked).toMatchObject({exitCode: 6, stderr: expect.stringContaining('milestone skip')});
    expect(work.timesRun).toBe(1);
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['other']);
    expect(readPlan(rig, ID).status).toBe('paused');
    expect(await rig.milestone('skip', '--yes', ID, 'deploy')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  });

  test.concurrent('a torn last line is cut, and kept beside the log; damage before it stops everything, with its line', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'exit 1', retries: 0}]);
    await rig.milestone('execute', ID);
    fs.appendFileSync(rig.path(rig.logFile(ID)), '{"seq":99,"times');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
    expect(rig.events(ID).at(-1)!.event).toBe('session_ended');
    const folder = rig.path('.milestones/logs');
    const beside = fs
      .readdirSync(folder)
      .filter(name => name.startsWith(`execution-${ID}`) && !name.endsWith('.jsonl'));
    expect(beside.map(name => fs.readFileSync(path.join(folder, name), 'utf8'))).toContain('{"seq":99,"times');

    const good = rig.read(rig.logFile(ID));
    rig.write(rig.logFile(ID), good.replace('"session_started"', '"session_STARTED"'));
    const before = rig.read(rig.logFile(ID));
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 9,
      stderr: expect.stringMatching(/^error: .*(line|:)\s?\d+[\s\S]*\nhint: .*doctor/),
    });
    expect(rig.read(rig.logFile(ID))).toBe(before);
  });

  test.concurrent('found completed in its log but still active, the move is finished', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    for (const command of ['execute', 'resume']) {
      fs.renameSync(rig.path(rig.planFile(ID, 'completed')), rig.path(rig.planFile(ID)));
      expect(await rig.milestone(command, ID)).toMatchObject({exitCode: 0});
      expect(rig.exists(rig.planFile(ID))).toBe(false);
    }
    expect(tasksIn(rig, ID, 'task_started')).toEqual(['a']);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('completed'),
    });
  });
});

describe('one executor at a time', () => {
  test.concurrent('the second exits 5, names the first and changes nothing', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const first = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    await rig.waitForEvent(ID, 'task_working');
    const second = await rig.milestone('resume', ID);
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toMatch(new RegExp(`^error: .*${first.pid}`));
    const json = (await rig.milestone('execute', ID, '--json')).jsonLines().at(-1);
    expect(json).toMatchObject({
      ok: false,
      exit: 5,
      error: {code: 'LOCKED', message: expect.stringContaining(`${first.pid}`)},
    });
    await attempt.exit();
    expect(await first).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'session_started')).toHaveLength(1);
  });

  test.concurrent('nor from another checkout of the same repository', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    rig.git('worktree', 'add', '-q', '../other', '-b', 'other');
    fs.cpSync(rig.path('.milestones'), rig.path('../other/.milestones'), {recursive: true});
    const first = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    expect(await rig.milestone('execute', ID, {cwd: '../other'})).toMatchObject({exitCode: 5});
    await attempt.exit();
    expect(await first).toMatchObject({exitCode: 0});
  });
});

describe('sessions', () => {
  test.concurrent('a session file tells who executed, how far it came and where a resume starts', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: 'exit 1', retries: 0},
      {id: 'c', run: work.shell, dependencies: ['a']},
    ]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    await rig.waitForEvent(ID, 'task_failed');
    run.kill('SIGINT');
    expect(await run).toMatchObject({exitCode: 130});
    const session = rig.events(ID)[0]!.session_id;
    expect(session).toMatch(/^session-\d{8}-\d{6}-\w{4}$/);
    const file = rig.path(`.milestones/sessions/${session}.yaml`);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(parse(fs.readFileSync(file, 'utf8'))).toMatchObject({
      session: {
        session_id: session,
        milestone_id: ID,
        status: 'ended',
        pid: run.pid,
        exit: 130,
        saved_at: expect.stringMatching(/^\d{4}-.*Z$/),
        save_reason: 'stopped by SIGINT',
      },
      context: {
        command: 'execute',
        branch: `milestone/${ID}`,
        repository: rig.folder,
        working_directory: rig.folder,
        git_branch: `milestone/${ID}`,
        git_commit: rig.git('rev-parse', `milestone/${ID}`),
        uncommitted_changes: expect.any(Number),
        active_agents: expect.any(Array),
      },
      execution_state: {
        status: 'paused',
        current_task: null,
        next_tasks: ['c'],
        tasks_completed: 1,
        tasks_total: 3,
        counts: {completed: 1, failed: 1},
      },
      resume_points: expect.arrayContaining([
        expect.objectContaining({task_id: 'b', status: 'failed'}),
        expect.objectContaining({task_id: 'c', status: 'pending', attempt: 1}),
      ]),
    });

    expect(await rig.milestone('resume', '--session', 'session-20000101-000000-aaaa')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error: there is no session/),
    });
    await rig.writeMilestone('another', [{id: 'x', run: 'true'}]);
    const again = rig.milestone('resume', '--session', session);
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 4});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'c']);
  });

  test.concurrent('the file of a session that was killed is settled by the next one', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell, no_changes: true}]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    await rig.waitForEvent(ID, 'session_saved');
    const session = rig.events(ID)[0]!.session_id;
    const fileOf = (name: string) => parse(rig.read(`.milestones/sessions/${name}.yaml`));
    expect(fileOf(session)).toMatchObject({session: {status: 'running', save_reason: 'auto_save'}});
    run.kill('SIGKILL');
    await run;
    const again = rig.milestone('resume', ID);
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0});
    const next = rig.events(ID).at(-1)!.session_id;
    expect(fileOf(session).session).toMatchObject({status: 'died', reason: 'its executor died', resumed_by: next});
    expect(fileOf(next).session).toMatchObject({
      status: 'ended',
      resumed_from: session,
      resumed_at: expect.stringMatching(/Z$/),
    });
    expect(parse(rig.read(rig.planFile(ID, 'completed'))).progress).toEqual({
      percentage: 100,
      tasks_completed: 1,
      tasks_total: 1,
      last_update: expect.stringMatching(/Z$/),
    });
  });
});

describe('status', () => {
  test.concurrent('`resume` starts nothing that is planned, neither command what is over', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`milestone execute ${ID}`),
    });
    expect(await rig.milestone('execute', ID, '--resume')).toMatchObject({exitCode: 3});
    expect(rig.exists('.milestones/logs')).toBe(false);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    for (const command of ['resume', 'execute']) expect(await rig.milestone(command, ID)).toMatchObject({exitCode: 3});
    await rig.writeMilestone('dropped', [{id: 'a', run: 'exit 1', retries: 0}]);
    await rig.milestone('execute', 'dropped');
    expect(await rig.milestone('cancel', 'dropped')).toMatchObject({exitCode: 0});
    for (const command of ['resume', 'execute'])
      expect(await rig.milestone(command, 'dropped')).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining('cancelled'),
      });
  });

  test.concurrent('a plan that was executed elsewhere is history, until it is adopted', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: 'exit 1', retries: 0},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    const before = readPlan(rig, ID).execution.id;
    fs.rmSync(rig.path(rig.logFile(ID)));
    fs.rmSync(rig.path('.milestones/cache'), {recursive: true, force: true});
    const text = rig.read(rig.planFile(ID));
    for (const command of ['execute', 'resume'])
      expect(await rig.milestone(command, ID)).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(`milestone resume --adopt ${ID}`),
      });
    rig.write(rig.planFile(ID), text.replace('exit 1', 'echo b > b'));
    expect(await rig.milestone('resume', ID, '--adopt')).toMatchObject({exitCode: 0});
    expect(tasksIn(rig, ID, 'task_started')).toEqual(['b']);
    expect(readPlan(rig, ID, 'completed').execution.id).toBe(before);
    expect(subjects(rig, ID)).toHaveLength(2);
    // From then on it is as if it had begun where it was adopted.
    expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({into: 'main', tasks: ['a', 'b']});
  });

  test.concurrent('what the branch says is done is never done again when the log has lost its end', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run: 'echo a > a'},
        {id: 'b', run: `echo b >> '${file}'; echo b > b`, dependencies: ['a']},
        {id: 'c', run: `echo c > c; test -e '${rig.path('go')}'`, dependencies: ['b'], retries: 0},
      ],
      {settings: {max_parallel: 1}},
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    const kept = rig.git('rev-parse', `refs/milestone/rescue/${ID}/c.1`);
    const log = rig.read(rig.logFile(ID)).split('\n');
    const cutAfter = (name: string, task: string) => {
      const end = log.findIndex(line => line.includes(`"event":"${name}"`) && line.includes(`"task_id":"${task}"`));
      rig.write(rig.logFile(ID), `${log.slice(0, end + 1).join('\n')}\n`);
    };
    // Before b began, while it was worked at, and before a was done: whatever is asked for.
    for (const [name, task, unknown, ...commands] of [
      ['task_completed', 'a', '(`b`)', ['execute', ID]],
      ['task_started', 'b', '(`b`)', ['skip', ID, 'b', '--yes'], ['retry', ID]],
      ['task_claimed', 'b', '(`b`)', ['redo', ID, 'a']],
      ['task_claimed', 'a', '(`a`, `b`)', ['resume', ID], ['resume', '--plan', ID]],
    ] as const) {
      cutAfter(name, task);
      const before = rig.read(rig.logFile(ID));
      for (const command of commands) {
        const {exitCode, stdout, stderr} = await rig.milestone(...command);
        expect([exitCode, stdout + stderr]).toEqual([
          3,
          expect.stringContaining(`${unknown}: the log has lost its end`),
        ]);
        expect(stdout + stderr).toContain(`milestone resume --adopt ${ID}`);
      }
      expect(rig.read(rig.logFile(ID))).toBe(before);
    }
    // That one was on its way: a look at the branch settles it.
    cutAfter('task_integrating', 'b');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
    rig.git('update-ref', `refs/milestone/rescue/${ID}/c.1`, kept);

    cutAfter('task_claimed', 'a');
    rig.write('go', '');
    expect(await rig.milestone('resume', ID, '--adopt')).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['b']);
    expect(subjects(rig, ID)).toHaveLength(3);
    // Its number was given out again.
    expect(rig.git('for-each-ref', '--format=%(objectname)', `refs/milestone/rescue/${ID}/`).split('\n')).toContain(
      kept,
    );
  });

  test.concurrent('the clock may go backwards between and during runs', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: work.shell, dependencies: ['a']},
    ]);
    const run = rig.milestone('execute', ID, {env: {NODE_OPTIONS: `--require ${CLOCK}`, CLOCK_DRIFT: '-3600000'}});
    await (await work.nextRun()).kill();
    const attempt = await work.nextRun();
    run.kill('SIGKILL');
    await run;
    expect(attempt.env.NODE_OPTIONS).toBeDefined();
    const shifted = {NODE_OPTIONS: `--require ${CLOCK}`, CLOCK_SHIFT: '-86400000', CLOCK_DRIFT: '-60000'};
    const again = rig.milestone('execute', ID, {env: shifted});
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0, stderr: ''});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  });
});

describe('who is told to end while what a finished command has left is ended', () => {
  /** Resolves when the command has ended, and what it has left does not let itself be ended by the first signal. */
  async function ending(rig: MilestoneRig) {
    const [left, work] = [await rig.command('left', {ignoresSignals: ['SIGTERM']}), await rig.command('work')];
    const check = await rig.command('check');
    await rig.writeMilestone(ID, [{id: 'a', run: `(${left.shell}) & ${work.shell}`, verify: check.shell}]);
    const run = rig.milestone('execute', ID);
    const behind = await left.nextRun();
    await (await work.nextRun()).exit();
    await behind.received('SIGTERM');
    return {run, check};
  }

  test.concurrent('by a signal ends, unchecked', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {run, check} = await ending(rig);
    run.kill('SIGINT');
    expect(await run).toMatchObject({exitCode: 130});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'interrupted', executor_died: false}]);
    expect(check.timesRun).toBe(0);
  });

  test.concurrent('by `cancel` is not integrated any more', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {run, check} = await ending(rig);
    expect(await rig.milestone('cancel', ID)).toMatchObject({exitCode: 0});
    expect(await run).toMatchObject({exitCode: 3});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual([]);
    expect(check.timesRun).toBe(0);
  });
});

describe('what another milestone has left running when its executor died', () => {
  async function orderOf(task: Record<string, unknown>, extra: Record<string, unknown> = {}) {
    await using rig = await MilestoneRig.create({git: task.uses === undefined});
    const [first, second] = [await rig.command('first'), await rig.command('second')];
    await rig.writeMilestone('one', [{id: 'a', run: first.shell, ...task}], extra);
    await rig.writeMilestone('two', [{id: 'b', run: second.shell, ...task}], extra);
    const execution = rig.milestone('execute', 'one');
    const left = await first.nextRun();
    execution.kill('SIGKILL');
    await execution;
    const order: string[] = [];
    const ended = left.ended.then(() => order.push('ended'));
    const other = rig.milestone('execute', 'two');
    const next = await second.nextRun();
    order.push('started');
    await ended;
    await next.exit();
    expect(await other).toMatchObject({exitCode: 0});
    return order;
  }

  test.concurrent('is ended before a task uses what it used', async () => {
    expect(await orderOf({uses: ['database']})).toEqual(['ended', 'started']);
  });

  test.concurrent('is ended before a task works in the same checkout', async () => {
    expect(await orderOf({}, {settings: {isolation: 'shared'}})).toEqual(['ended', 'started']);
  });
});
