// What slots share with the user's checkout: branches, tags, the stash, the configuration.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, filesAt, outcomes} from './support.ts';

const ID = 'release';

test.concurrent('what an attempt changes beside its work is named, and put back where that is certain', async () => {
  await using rig = await MilestoneRig.create();
  rig.git('branch', 'keep');
  rig.git('pack-refs', '--all');
  const [main, keep] = [rig.git('rev-parse', 'main'), rig.git('rev-parse', 'keep')];
  const run = `git config user.email agent@example.org; git branch -D keep; git branch side; git tag v1
echo m > m; git add -A; git commit -qm m; git update-ref refs/heads/main HEAD`;
  await rig.writeMilestone(ID, [{id: 'a', run}]);
  const result = await rig.milestone('execute', ID);
  expect(result).toMatchObject({exitCode: 0});
  for (const name of ['keep', 'main', 'side', 'tags/v1', 'user.email'])
    expect(result.stdout + result.stderr).toContain(`\`${name}\``);
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect(eventsOf(rig, ID, 'repository_changed').map(({details}) => details)).toMatchObject([
    {
      during: [{task: 'a', attempt: 1}],
      changes: [
        {kind: 'ref', name: 'refs/heads/keep', from: keep},
        {kind: 'ref', name: 'refs/heads/main', from: main, put_back: true},
        {kind: 'ref', name: 'refs/heads/side'},
        {kind: 'ref', name: 'refs/tags/v1'},
        {kind: 'config', name: 'user.email'},
      ],
    },
  ]);
});

test.concurrent('what a person commits meanwhile is his', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: `echo a > a; ${work.shell}`}]);
  const run = rig.milestone('execute', ID);
  const attempt = await work.nextRun();
  const mine = rig.commit('mine');
  await attempt.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(rig.git('rev-parse', 'main')).toBe(mine);
  expect(eventsOf(rig, ID, 'repository_changed')).toEqual([]);
});

test.concurrent.each([[[]], [['--include-untracked']]])(
  'a stash entry that an attempt takes comes back, and is not committed (%j)',
  async flags => {
    await using rig = await MilestoneRig.create();
    rig.write(flags.length > 0 ? 'new' : 'README', 'mine\n');
    rig.git('stash', 'push', '-q', ...flags, '-m', 'my work');
    const before = rig.git('stash', 'list', '--format=%H %gs');
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo b > b; git stash pop', retries: 0}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4, stderr: expect.stringContaining('stash')});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'failed', cause: 'out_of_area'}]);
    expect(rig.git('stash', 'list', '--format=%H %gs')).toBe(before);
    expect(filesAt(rig, `milestone/${ID}`)).toEqual(['README']);
  },
);
