// `execute --detach`: an executor that goes on without the terminal, and a start that is not believed but known.

import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, everythingBelow} from './support.ts';

const ID = 'release';

/** Process group, session and terminal of a process. */
function placeOf(pid: number): {group: number; session: number; terminal: number} {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [, , group, session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {group: Number(group), session: Number(session), terminal: Number(terminal)};
}

describe('an execution in the background', () => {
  test.concurrent('has begun when the command returns, and goes on by itself', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const started = await rig.milestone('execute', ID, '--detach');
    expect(started).toMatchObject({exitCode: 0, stderr: ''});
    const [session] = eventsOf(rig, ID, 'session_started');
    expect(started.stdout).toContain(`process ${session?.details.pid}, ${session?.session_id}`);
    expect(started.stdout).toContain(`milestone status ${ID} --watch`);
    expect(started.stdout).toContain(`milestone wait ${ID}`);
    await (await work.nextRun()).exit();
    await rig.waitForEvent(ID, 'milestone_completed');
  });

  test.skipIf(process.platform !== 'linux')('has a session of its own and no terminal', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const {pid, ...answer} = (await rig.milestone('execute', ID, '--detach', '--json')).json();
    expect(answer).toEqual({
      ok: true,
      milestone_id: ID,
      exit: 0,
      session_id: eventsOf(rig, ID, 'session_started')[0]?.session_id,
      log: expect.stringContaining(`/logs/${ID}/executor-`),
    });
    expect(placeOf(pid)).toEqual({group: pid, session: pid, terminal: 0});
    expect(fs.readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null');
    await (await work.nextRun()).exit();
    await rig.untilNoProcessLeft();
    const printed = fs.readFileSync(answer.log, 'utf8');
    expect(printed).toContain('milestone release completed');
    expect(fs.statSync(answer.log).mode & 0o777).toBe(0o600);
    expect(rig.git('status', '--short', '--untracked-files=all')).not.toContain('executor-');
  });

  test.concurrent('gets the flags of the command line, and is resumed in the same way', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: work.shell},
      {id: 'b', run: work.shell},
    ]);
    await rig.milestone('execute', '--detach', '--format', 'json', '--only', 'a', ID);
    await (await work.nextRun()).exit();
    await rig.waitForEvent(ID, 'session_ended');
    await rig.untilNoProcessLeft();
    expect(await rig.milestone('resume', '--detach')).toMatchObject({exitCode: 0});
    await (await work.nextRun()).exit();
    await rig.waitForEvent(ID, 'milestone_completed');
    expect(eventsOf(rig, ID, 'session_started').map(({details}) => details.command)).toEqual(['execute', 'resume']);
  });
});

describe('an execution that cannot begin', () => {
  test.concurrent('fails as it would in the foreground, and leaves nothing behind', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true', dependencies: ['b']}]);
    const [before, attached] = [everythingBelow(rig.path('.milestones')), await rig.milestone('execute', ID)];
    const detached = await rig.milestone('execute', ID, '--detach');
    expect(detached).toMatchObject({exitCode: 2, stdout: '', stderr: attached.stderr});
    expect((await rig.milestone('execute', ID, '--detach', '--json')).json()).toMatchObject({
      ok: false,
      milestone_id: ID,
      exit: 2,
      error: {code: 'PLAN_INVALID', message: expect.stringContaining('`b`')},
    });
    expect(await rig.milestone('resume', 'nothing', '--detach')).toMatchObject({exitCode: 3});
    expect(everythingBelow(rig.path('.milestones/logs')).filter(name => path.extname(name) === '.log')).toEqual([]);
    expect(everythingBelow(rig.path('.milestones')).filter(name => !before.includes(name))).toEqual(['logs']);
  });

  test.concurrent('names the one that is there already', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    await rig.milestone('execute', ID, '--detach');
    const run = await work.nextRun();
    expect(await rig.milestone('execute', ID, '--detach')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('another executor holds this milestone'),
    });
    await run.exit();
    await rig.waitForEvent(ID, 'milestone_completed');
  });

  test.concurrent('because it is killed is a failure of the machine', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    // Whoever asks git anything dies of it.
    rig.write('../bin/git', '#!/bin/sh\nkill -9 $PPID\n');
    fs.chmodSync(rig.path('../bin/git'), 0o755);
    const env = {PATH: `${rig.path('../bin')}:${rig.env.PATH}`};
    expect(await rig.milestone('execute', ID, '--detach', {env})).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining('the executor was ended by SIGKILL before it began'),
    });
  });
});
