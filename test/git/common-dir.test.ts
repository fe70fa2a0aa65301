import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {findCommonDir} from '../../src/git/common-dir.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

function asGitSays(rig: MilestoneRig, folder: string): string {
  return fs.realpathSync(rig.git('-C', folder, 'rev-parse', '--path-format=absolute', '--git-common-dir'));
}

test('it is the folder that git names: at the top, below it, in a linked worktree, in a submodule', async () => {
  await using rig = await MilestoneRig.create({files: {'a/b/c.txt': ''}});
  rig.git('worktree', 'add', '-q', '../linked');
  rig.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', rig.folder, 'sub');
  for (const folder of ['.', 'a/b', '../linked', '../linked/a', 'sub', 'sub/a'])
    expect(findCommonDir(rig.path(folder)), folder).toBe(asGitSays(rig, folder));
});

test('outside git there is none, and what only looks like a git folder is passed over', async () => {
  await using rig = await MilestoneRig.create({git: false});
  expect(findCommonDir(rig.folder)).toBeUndefined();
  rig.write('sub/.git/config', '');
  expect(findCommonDir(rig.path('sub'))).toBeUndefined();
  rig.write('other/.git', 'not a pointer\n');
  expect(findCommonDir(rig.path('other'))).toBeUndefined();
  rig.git('init', '-q');
  expect(findCommonDir(rig.path('sub'))).toBe(path.join(rig.folder, '.git'));
});
