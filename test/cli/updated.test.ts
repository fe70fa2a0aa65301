import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the program that a test may take away. */
function copyOfProgram(rig: MilestoneRig): string {
  const folder = path.join(rig.root, 'program');
  for (const part of ['bin', 'dist', 'package.json'])
    fs.cpSync(path.join(PACKAGE, part), path.join(folder, part), {recursive: true});
  return folder;
}

test('an execution goes on when the program is updated under it', async () => {
  await using rig = await MilestoneRig.create();
  const program = copyOfProgram(rig);
  const work = await rig.command('work');
  await rig.writeMilestone('m', [
    {id: 'a', run: `(${work.shell}); echo a > a`},
    {id: 'b', run: 'echo b > b', verify: 'test -e b', dependencies: ['a']},
  ]);
  const execution = rig.start(process.execPath, path.join(program, 'bin/milestone.js'), 'execute', 'm');
  const run = await work.nextRun();
  fs.rmSync(path.join(program, 'dist/chunks'), {recursive: true});
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
});

test('a check that nobody could foresee when it was updated runs all the same', async () => {
  await using rig = await MilestoneRig.create();
  const program = copyOfProgram(rig);
  const work = await rig.command('work');
  const first = {id: 'a', run: `(${work.shell}); echo a > a`};
  await rig.writeMilestone('m', [first]);
  const execution = rig.start(process.execPath, path.join(program, 'bin/milestone.js'), 'execute', 'm');
  const run = await work.nextRun();
  const chunks = path.join(program, 'dist/chunks');
  for (const name of fs.readdirSync(chunks))
    if (/^(?:execa|task-prompt|review)/.test(name)) fs.rmSync(path.join(chunks, name));
  await rig.writeMilestone('m', [first, {id: 'b', run: 'echo b > b', verify: 'test -e b', dependencies: ['a']}]);
  await rig.waitForEvent('m', 'plan_changed');
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
});
