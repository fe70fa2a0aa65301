// Whoever is killed as he replaces a file leaves a temporary one beside it, in whichever folder: the next run takes it away.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {temporaryName, walkFolder} from '../../src/platform/files.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {kiroTask} from './kiro-plan.ts';

test.each([
  {where: 'in slots', git: true, isolation: 'worktree'},
  {where: 'in the checkout', git: true, isolation: 'shared'},
  {where: 'without git', git: false, isolation: undefined},
])(
  '$where: temporary files of killed writers go, whichever folder of the program they are in',
  async ({git, isolation}) => {
    await using rig = await MilestoneRig.create({git});
    const tasks = [
      {id: 'late', run: 'true', dependencies: ['early'], no_changes: true},
      {id: 'early', run: 'true', uses: ['port'], no_changes: true},
      kiroTask('papers'),
    ];
    await rig.writeMilestone('m', tasks, {settings: {max_parallel: 1, ...(isolation && {isolation})}});
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    rig.write('.milestones/inbox/m/notes.txt', 'not a request');
    const folders = ['.milestones', '.git/milestone', '.git/worktrees'].flatMap(name => foldersWithFiles(rig, name));
    expect(folders.map(folder => path.relative(rig.folder, folder))).toEqual(
      expect.arrayContaining([
        '.milestones/approvals/m',
        '.milestones/deliverables/m/papers/design',
        '.milestones/inbox/m',
        '.milestones/logs/m/documents',
        '.milestones/sessions/agents',
        `${git ? '.git/milestone' : '.milestones'}/locks/uses/port`,
      ]),
    );
    const names = folders.map(folder => path.join(folder, temporaryNameOfNobody(folder)));
    for (const name of names) fs.writeFileSync(name, 'half');

    const {exitCode, stderr} = await rig.milestone('resume', '--gates', 'auto');
    expect(exitCode, stderr).toBe(0);
    expect(names.filter(name => fs.existsSync(name))).toEqual([]);
  },
);

/** Folders in which the program writes files, or might: whatever holds other things than folders, or nothing. */
function foldersWithFiles(rig: MilestoneRig, name: string): string[] {
  if (!rig.exists(name)) return [];
  const below = walkFolder(rig.path(name)).filter(entry => entry.isDirectory());
  const all = [rig.path(name), ...below.map(entry => path.join(entry.parentPath, entry.name))];
  return all.filter(folder => {
    const entries = fs.readdirSync(folder, {withFileTypes: true});
    return entries.length === 0 || entries.some(entry => !entry.isDirectory());
  });
}

/** As a writer would call it that is dead. */
function temporaryNameOfNobody(folder: string): string {
  return path.basename(temporaryName(path.join(folder, 'file'))).replace(`.${process.pid}-`, '.999999999-');
}
