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

test.concurrent('what a person commits or lands meanwhile is his', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('other', [{id: 'b', run: 'echo b > b'}]);
  expect(await rig.milestone('execute', 'other')).toMatchObject({exitCode: 0});
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: `echo a > a; ${work.shell}`}]);
  const run = rig.milestone('execute', ID);
  const attempt = await work.nextRun();
  const mine = rig.commit('mine');
  // No checkout of a person's has that branch then: only its own log tells who moved it.
  rig.git('switch', '-q', '--detach');
  expect(await rig.milestone('land', 'other')).toMatchObject({exitCode: 0});
  await attempt.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(rig.git('rev-parse', 'main^')).toBe(mine);
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

test.concurrent('what changed beside the work stays in the status, however much happens since', async () => {
  await using rig = await MilestoneRig.create();
  const others = [1, 2].map(number => ({id: `t${number}`, run: `echo > ${number}`, dependencies: ['a']}));
  await rig.writeMilestone(ID, [{id: 'a', run: 'git tag v1; git config user.email agent@example.org'}, ...others]);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  const {milestone} = JSON.parse((await rig.milestone('status', ID, '--json')).stdout);
  expect(milestone.warnings.map(({message}: {message: string}) => message).sort()).toEqual(
    [
      'while tasks or checks ran, `tags/v1` was made, at <commit>',
      'while tasks or checks ran, the setting `user.email` of the repository was changed',
    ].map(text => text.replace('<commit>', rig.git('rev-parse', 'v1').slice(0, 10))),
  );
  for (const format of ['text', 'md'])
    expect((await rig.milestone('status', ID, '--format', format)).stdout).toContain('user.email');
});

test.concurrent('checks are watched as attempts are, and files that all checkouts obey as refs are', async () => {
  await using rig = await MilestoneRig.create();
  const hook = 'printf "#!/bin/sh\\n" > "$(git rev-parse --git-common-dir)/hooks/pre-commit"';
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a', verify: 'git tag -f checked'}], {
    settings: {verify_final: hook},
  });
  const result = await rig.milestone('execute', ID);
  expect(result).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'repository_changed').map(({details}) => details)).toMatchObject([
    {during: [{task: 'a', attempt: 1}], changes: [{kind: 'ref', name: 'refs/tags/checked'}]},
    {during: [], changes: [{kind: 'file', name: 'hooks/pre-commit'}]},
  ]);
  expect(result.stdout).toContain('`.git/hooks/pre-commit`, which all checkouts share, was changed');
});

test.concurrent('what an attempt pushes is named, what the program pushes is not', async () => {
  await using rig = await MilestoneRig.create();
  rig.git('init', '-q', '--bare', rig.path('..', 'origin.git'));
  rig.git('remote', 'add', 'origin', rig.path('..', 'origin.git'));
  rig.git('push', '-q', '-u', 'origin', 'main');
  const run = 'echo a > a; git add -A; git commit -qm a; git push -q origin HEAD:refs/heads/side';
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run},
      {id: 'b', run: 'echo b > b', dependencies: ['a']},
    ],
    {
      settings: {git: {sync: 'push'}},
    },
  );
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  expect(rig.git('rev-parse', `refs/remotes/origin/milestone/${ID}`)).toBe(rig.git('rev-parse', `milestone/${ID}`));
  expect(eventsOf(rig, ID, 'repository_changed').flatMap(({details}) => details.changes)).toMatchObject([
    {kind: 'ref', name: 'refs/remotes/origin/side'},
  ]);
});

test.concurrent('the branch of another milestone is one of the things that an attempt may lose', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('other', [{id: 'a', run: 'echo a > a'}]);
  expect(await rig.milestone('execute', 'other')).toMatchObject({exitCode: 0});
  const head = rig.git('rev-parse', 'milestone/other');
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo b > b; git branch -D milestone/other'}]);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'repository_changed').flatMap(({details}) => details.changes)).toEqual([
    {kind: 'ref', name: 'refs/heads/milestone/other', from: head},
  ]);
});
