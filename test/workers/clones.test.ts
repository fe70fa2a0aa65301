import path from 'node:path';
import {expect, test} from 'vitest';
import {Clones} from '../../src/worker/clones.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const DAY_MS = 86_400_000;

test('a clone keeps what could not be pushed for a month, and what it was offered no longer than its worker lives', async () => {
  await using rig = await MilestoneRig.create();
  const order = {remote: rig.folder, repository: 'repo', objectFormat: 'sha1' as const};
  const clonesAt = (now: number) => new Clones(path.join(rig.root, 'clones'), rig.env, () => now).of(order);
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
