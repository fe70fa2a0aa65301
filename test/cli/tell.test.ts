// What an execution tells others about itself: people, through their channels, and the machine that it runs on.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';

const ID = 'release';

/** A `systemd-inhibit` that writes down when it begins, and runs what it is given. */
function inhibitor(rig: MilestoneRig): {env: Record<string, string>; diary: string} {
  const diary = rig.path('../inhibited');
  const say = `echo "$*" > '${diary}.part'; mv '${diary}.part' '${diary}'`;
  rig.write('../bin/systemd-inhibit', `#!/bin/sh\n${say}\nfor last; do :; done\nexec "$last"\n`);
  fs.chmodSync(rig.path('../bin/systemd-inhibit'), 0o755);
  return {
    env: {PATH: `${rig.path('../bin')}:${rig.env.PATH}`},
    diary,
  };
}

describe('notifications', () => {
  test.concurrent('reach a command as they happen, the last one too', async () => {
    await using rig = await MilestoneRig.create();
    const command = 'cat >> told.jsonl; echo >> told.jsonl';
    const events = ['milestone_activated', 'task_failed', 'milestone_blocked', 'session_ended'];
    await rig.writeMilestone(ID, [{id: 'a', run: 'exit 1', retries: 0}], {settings: {notify: [{command, events}]}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    const told = rig
      .read('told.jsonl')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(told.map(({event}) => event)).toEqual(events);
    expect(told[1]).toMatchObject({milestone_id: ID, details: {task_id: 'a'}});
  });

  test.concurrent('that cannot be sent are a warning and no failure', async () => {
    await using rig = await MilestoneRig.create();
    rig.write(
      '.milestones/config.yaml',
      'notify: [{command: "exit 7", events: [task_completed, milestone_completed]}]\n',
    );
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    const ended = await rig.milestone('execute', ID);
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr.match(/warning: the notification command `exit 7` failed with exit code 7/g)).toHaveLength(1);
  });

  test.concurrent('that hang hold up neither the run nor its end', async () => {
    await using rig = await MilestoneRig.create();
    rig.write('.milestones/config.yaml', 'notify: [{command: "sleep 1000"}]\n');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('was not done when the execution ended'),
    });
    await rig.untilNoProcessLeft();
  });
});

test.skipIf(process.platform !== 'linux')(
  'the machine is kept awake while attempts run, and not after kill -9',
  async () => {
    await using rig = await MilestoneRig.create();
    const {env, diary} = inhibitor(rig);
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID, {env});
    const attempt = await work.nextRun();
    await waitForFile(diary);
    expect(fs.readFileSync(diary, 'utf8')).toMatch(/^--what=idle:sleep .* cat\n$/);
    run.kill('SIGKILL');
    await run;
    await attempt.kill();
    await rig.untilNoProcessLeft();
  },
);
