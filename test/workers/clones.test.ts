import path from 'node:path';
import {expect, test} from 'vitest';
import {Clones} from '../../src/worker/clones.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const DAY_MS = 86_400_000;

test('a clone keeps what could not be pushed for a month, and what it was offered no longer than its worker lives', async () => {
  await using rig = await MilestoneRig.create();
  const order = {remote: rig.folder, repository: 'repo', objectFormat: 'sha1' as const};
  const clonesAt = (now: number) =>
    new Clones({folder: path.join(rig.root, 'clones'), env: rig.env, now: () => now, isQuiet: () => true}).of(order);
  const now = Date.now();
  const clone = await clonesAt(now);
  const commit = rig.git('rev-parse', 'HEAD');
  const base = 'refs/milestone/base/exec-1';
  rig.git('update-ref', base, commit);
  expect(await clone.fetch({ref: base, commit})).toBe(true);
  const rescue = 'refs/milestone/rescue/m/a.1';
  const refs = () =>
    rig.git('--git-dir', path.join(clone.repo.topLevel, '.git'), 'for-each-ref', '--format=%(refname)');
  rig.git('--git-dir', path.join(clone.repo.topLevel, '.git'), 'update-ref', rescue, commit);
  expect(refs()).toBe(`${base}\n${rescue}`);
  await clonesAt(now + 29 * DAY_MS);
  expect(refs()).toBe(rescue);
  await clonesAt(now + 31 * DAY_MS);
  expect(refs()).toBe('');
});

test('a worker that runs for months tidies a clone once a day, when nobody else works in it', async () => {
  await using rig = await MilestoneRig.create();
  const order = {remote: rig.folder, repository: 'repo', objectFormat: 'sha1' as const};
  const start = Date.now();
  let [days, isQuiet] = [0, true];
  const clones = new Clones({
    folder: path.join(rig.root, 'clones'),
    env: rig.env,
    now: () => start + days * DAY_MS,
    isQuiet: () => isQuiet,
  });
  const {repo} = await clones.of(order);
  const commit = rig.git('rev-parse', 'HEAD');
  const base = 'refs/milestone/base/exec-1';
  rig.git('update-ref', base, commit);
  const offered = async () => {
    const {fetch} = await clones.of(order);
    await fetch({ref: base, commit});
  };
  const refs = () => rig.git('--git-dir', path.join(repo.topLevel, '.git'), 'for-each-ref', '--format=%(refname)');
  await offered();
  for ([days, isQuiet] of [
    [0.9, true],
    [40, false],
  ] as const) {
    await clones.of(order);
    expect(refs()).toBe(base);
  }
  isQuiet = true;
  await clones.of(order);
  expect(refs()).toBe('');
  await offered();
  await clones.of(order);
  expect(refs()).toBe(base);
});
