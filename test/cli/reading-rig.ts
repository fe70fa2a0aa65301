// Milestones in every condition that somebody may look at.

import fs from 'node:fs';
import path from 'node:path';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';

export const ID = 'release';

export const TASKS: TaskText[] = [
  {id: 'build', title: 'Build it', run: 'true'},
  {id: 'check', title: 'Check it', run: 'exit 3', dependencies: ['build'], retries: 0},
  {id: 'ship', title: 'Ship it', run: 'true', dependencies: ['check']},
  {id: 'notes', title: 'Write the notes', dependencies: ['build'], driver: 'manual'},
];

/** Outside git, with a plan that nobody has executed. */
export async function plannedRig(
  tasks: TaskText[] | string = TASKS,
  extra: Record<string, unknown> = {},
): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, tasks, extra);
  return rig;
}

/** Executed as far as it goes: one task done, one failed, one waiting, one for a person. */
export const stoppedRig = copiesOf(async () => {
  const rig = await plannedRig(TASKS, {title: 'The release'});
  await rig.milestone('execute', ID);
  return rig;
});

/**
 * Path, size and time of everything below a folder: what must not change. But the time of git's objects: git renews it
 * where it would write one that is there.
 */
export function everythingBelow(folder: string): string[] {
  const names = fs.readdirSync(folder, {recursive: true, encoding: 'utf8'}).sort();
  return names.map(name => {
    const {size, mtimeMs} = fs.lstatSync(path.join(folder, name));
    return /^\.git\/objects\/..\/./.test(name) ? `${name} ${size}` : `${name} ${size} ${mtimeMs}`;
  });
}
