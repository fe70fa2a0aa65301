// A folder that was copied, home and all, has the same log: what runs for the one is none of the other's business.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import type {ScriptedCommand, ScriptedRun} from '../rig/scripted-command.ts';

/** Copy all of it, as `cp -r` does. */
function copy(rig: MilestoneRig): {cwd: string} {
  const folder = path.join(rig.root, 'copy');
  fs.cpSync(rig.folder, folder, {recursive: true, preserveTimestamps: true});
  return {cwd: folder};
}

/** Execute it until a command of its is at work, and kill the executor. @returns The command, which is left behind. */
async function killedDuring(command: ScriptedCommand, rig: MilestoneRig): Promise<ScriptedRun> {
  const killed = rig.milestone('execute', 'm');
  const left = await command.nextRun();
  killed.kill('SIGKILL');
  await killed;
  return left;
}

test.concurrent('checks of one copy go on while the other one is carried out', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const final = await rig.command('final');
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {settings: {verify_final: final.shell}});
  const left = await killedDuring(final, rig);
  const copied = copy(rig);

  const here = rig.milestone('execute', 'm');
  // What the executor that was killed has left is ended.
  await left.ended;
  const ours = await final.nextRun();
  const there = rig.milestone('execute', 'm', copied);
  const theirs = await final.nextRun();
  expect(final.running).toEqual([ours, theirs]);
  for (const run of [theirs, ours]) await run.exit(0);
  expect(await there).toMatchObject({exitCode: 0});
  expect(await here).toMatchObject({exitCode: 0});
});

test.concurrent('an attempt that a killed executor has left is ended by the home that it is of, and by no other', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  // What a lock says, copied as well, is no one's leave either.
  await rig.writeMilestone('m', [{id: 'a', run: work.shell, uses: ['port']}]);
  const left = await killedDuring(work, rig);
  const copied = copy(rig);

  const there = rig.milestone('execute', 'm', copied);
  await (await work.nextRun()).exit(0);
  expect(await there).toMatchObject({exitCode: 0});
  expect(await rig.milestone('doctor', 'm', '--repair', copied)).toMatchObject({exitCode: 0});
  expect(work.running).toEqual([left]);

  const here = rig.milestone('execute', 'm');
  await left.ended;
  await (await work.nextRun()).exit(0);
  expect(await here).toMatchObject({exitCode: 0});
});

test.concurrent('a home that was moved finds what was left there', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const final = await rig.command('final');
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {settings: {verify_final: final.shell}});
  const left = await killedDuring(final, rig);
  const moved = path.join(rig.root, 'moved');
  fs.renameSync(rig.folder, moved);
  const there = rig.milestone('execute', 'm', {cwd: moved});
  await left.ended;
  await (await final.nextRun()).exit(0);
  expect(await there).toMatchObject({exitCode: 0});
});
