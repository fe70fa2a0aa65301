// `git.sync`: the milestone's branch at a remote, here a bare repository beside ours.

import {execFileSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const BRANCH = 'milestone/release';

/** A repository whose `main` follows the one of a bare `origin`. */
async function rigWithRemote(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  rig.git('init', '-q', '--bare', rig.path('..', 'origin.git'));
  rig.git('remote', 'add', 'origin', rig.path('..', 'origin.git'));
  rig.git('push', '-q', '-u', 'origin', 'main');
  return rig;
}

function remoteHead(rig: MilestoneRig, branch = BRANCH): string | undefined {
  return rig.git('ls-remote', 'origin', `refs/heads/${branch}`).split('\t')[0] || undefined;
}

/** Somebody else's commit on a branch of the remote. */
function pushStrangers(rig: MilestoneRig, parent: string): string {
  const commit = rig.git('commit-tree', '-m', 'A stranger was here', '-p', parent, `${parent}^{tree}`);
  const origin = rig.path('..', 'origin.git');
  execFileSync('git', ['push', '-q', '--force', origin, `${commit}:refs/heads/${BRANCH}`], {
    cwd: rig.folder,
    env: rig.env,
  });
  return commit;
}

test.concurrent('with `push` the branch is at the remote after each round, and nothing else is', async () => {
  await using rig = await rigWithRemote();
  const second = await rig.command('second');
  const main = remoteHead(rig, 'main');
  await rig.writeMilestone(
    'release',
    [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `(${second.shell}); echo b > b`, dependencies: ['a']},
    ],
    {settings: {git: {sync: 'push'}}},
  );
  const execution = rig.milestone('execute', 'release');
  const run = await second.nextRun();
  const {details} = await rig.waitForEvent('release', 'branch_synced');
  expect(details).toEqual({branch: BRANCH, remote: 'origin', action: 'pushed', head: rig.git('rev-parse', BRANCH)});
  expect(remoteHead(rig)).toBe(details.head);
  run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0, stderr: ''});
  expect(remoteHead(rig)).toBe(rig.git('rev-parse', BRANCH));
  expect(remoteHead(rig, 'main')).toBe(main);
  expect(
    rig
      .git('ls-remote', 'origin')
      .split('\n')
      .map(line => line.split('\t')[1]),
  ).toEqual(['HEAD', 'refs/heads/main', `refs/heads/${BRANCH}`]);
});

test.concurrent('a push that is refused is a warning, never forced, and tried again after the next round', async () => {
  await using rig = await rigWithRemote();
  const second = await rig.command('second');
  await rig.writeMilestone(
    'release',
    [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `(${second.shell}); echo b > b`, dependencies: ['a']},
    ],
    {settings: {git: {sync: 'push'}}},
  );
  const strangers = pushStrangers(rig, 'main');
  const execution = rig.milestone('execute', 'release');
  const run = await second.nextRun();
  await execution.line(/did not work/);
  expect(remoteHead(rig)).toBe(strangers);
  rig.git('push', '-q', 'origin', `:refs/heads/${BRANCH}`);
  run.exit(0);
  const {exitCode, stderr} = await execution;
  expect(exitCode).toBe(0);
  expect(stderr.match(/`git\.sync: push` did not work, and is tried again/g)).toHaveLength(1);
  expect(remoteHead(rig)).toBe(rig.git('rev-parse', BRANCH));
});

test.concurrent('what could not be pushed is pushed by the next session', async () => {
  await using rig = await rigWithRemote();
  await rig.writeMilestone(
    'release',
    [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', title: 'By hand', driver: 'manual', dependencies: ['a']},
    ],
    {
      settings: {git: {sync: 'push'}},
    },
  );
  rig.git('remote', 'set-url', 'origin', rig.path('..', 'moved.git'));
  const {exitCode, stderr} = await rig.milestone('execute', 'release');
  expect({exitCode, stderr}).toEqual({exitCode: 6, stderr: expect.stringContaining('`git.sync: push` did not work')});
  rig.git('remote', 'set-url', 'origin', rig.path('..', 'origin.git'));
  expect(await rig.milestone('resume', 'release')).toMatchObject({exitCode: 6});
  expect(remoteHead(rig)).toBe(rig.git('rev-parse', BRANCH));
});

test.concurrent('with `fetch` it is known how far both have come apart, and no branch moves', async () => {
  await using rig = await rigWithRemote();
  const task = await rig.command('task');
  const settings = {git: {sync: 'fetch'}, agents: {'git-integration': {every: '1s'}}};
  await rig.writeMilestone('release', [{id: 'a', run: `${task.shell}; echo a > a`}], {settings});
  const execution = rig.milestone('execute', 'release');
  const run = await task.nextRun();
  expect((await rig.waitForEvent('release', 'branch_synced')).details).toEqual({
    branch: BRANCH,
    remote: 'origin',
    action: 'fetched',
  });
  const before = rig.git('for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags');
  const strangers = pushStrangers(rig, BRANCH);
  const synced = await rig.waitForEvent(
    'release',
    event => event.event === 'branch_synced' && event.details.head !== undefined,
  );
  expect(synced.details).toEqual({
    branch: BRANCH,
    remote: 'origin',
    action: 'fetched',
    head: strangers,
    ahead: 0,
    behind: 1,
  });
  expect(rig.git('for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags')).toBe(before);
  run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
  expect(remoteHead(rig)).toBe(strangers);
});

test.concurrent('without a remote it is said once', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('release', [{id: 'a', run: 'echo a > a'}], {settings: {git: {sync: 'push'}}});
  const {exitCode, stderr} = await rig.milestone('execute', 'release');
  expect(exitCode).toBe(0);
  expect(stderr.match(/there is no remote/g)).toHaveLength(1);
});
