import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {expect, test, vi} from 'vitest';
import {git} from '../../../src/git/git.ts';
import {withMarker} from '../../../src/git/repository.ts';
import {systemClock} from '../../../src/platform/clock.ts';
import {endMarkedGit, isGitAtWork} from '../../../src/platform/processes/git-processes.ts';
import {GitRig} from '../../git/git-rig.ts';
import {FakeClock} from '../../rig/fake-clock.ts';

/** A git that answers one question and then waits for the next. */
async function waitingGit(cwd: string, env: NodeJS.ProcessEnv) {
  const child = spawn('git', ['cat-file', '--batch-check'], {cwd, env, stdio: ['pipe', 'pipe', 'ignore']});
  child.stdin.write('HEAD\n');
  await once(child.stdout, 'data');
  return child;
}

test('a git at work in a repository is seen while it lives, where it may be as old as a lock', async () => {
  using rig = GitRig.create();
  const now = () => systemClock.now();
  expect(isGitAtWork([rig.repo], now())).toBe(false);
  const child = await waitingGit(path.join(rig.repo, 'src'), rig.env);
  expect(isGitAtWork([rig.repo], now())).toBe(true);
  expect(isGitAtWork([rig.repo], now() - 60_000)).toBe(false);
  expect(isGitAtWork([path.join(rig.repo, 'other')], now())).toBe(false);
  child.stdin.end();
  await once(child, 'close');
  expect(isGitAtWork([rig.repo], now())).toBe(false);
});

test('what a dead executor left of git is ended by its marker, and nothing else is', async () => {
  using rig = GitRig.create();
  const marker = path.basename(rig.folder);
  const repo = withMarker(await rig.open(), marker);
  const [ours, other] = await Promise.all([waitingGit(rig.repo, repo.environment), waitingGit(rig.repo, rig.env)]);
  const closed = once(ours, 'close');
  await endMarkedGit(marker, systemClock);
  expect(await closed).toEqual([null, 'SIGTERM']);
  expect(other.exitCode).toBeNull();
  other.stdin.end();
  await once(other, 'close');
});

test('what not even SIGKILL ends is an error that names it, half a minute later', async () => {
  using rig = GitRig.create();
  const marker = path.basename(rig.folder);
  const repo = withMarker(await rig.open(), marker);
  const child = await waitingGit(rig.repo, repo.environment);
  const clock = new FakeClock();
  const signals = vi.spyOn(process, 'kill').mockReturnValue(true);
  try {
    await expect(clock.runUntil(endMarkedGit(marker, clock), 1_000)).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining(`(pid ${child.pid})`),
      hint: expect.stringContaining(`-p ${child.pid}`),
    });
    expect(signals.mock.calls[0]).toEqual([child.pid, 'SIGTERM']);
    expect(signals.mock.lastCall).toEqual([child.pid, 'SIGKILL']);
    expect(clock.elapsed()).toBeGreaterThanOrEqual(35_000);
    expect(clock.elapsed()).toBeLessThan(40_000);
  } finally {
    signals.mockRestore();
    child.stdin.end();
  }
  await once(child, 'close');
});

test('a failed git is an error that says which command and why', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  await expect(git(repo, ['-c', 'a.b=c', 'read-tree', 'nowhere'])).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringMatching(/^`git read-tree` failed: fatal: /),
  });
  fs.rmSync(rig.repo, {recursive: true});
  await expect(git(repo, ['status'])).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('gone'),
  });
});
