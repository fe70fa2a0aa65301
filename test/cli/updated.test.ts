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

test('an execution goes on when the program is updated under it, also with work that nobody could foresee', async () => {
  await using rig = await MilestoneRig.create();
  const program = copyOfProgram(rig);
  const work = await rig.command('work');
  const first = {id: 'a', run: `(${work.shell}); echo a > a`};
  const settings = {notify: [{command: 'cat > ../told', events: ['milestone_completed']}]};
  await rig.writeMilestone('m', [first], {settings});
  const execution = rig.start(process.execPath, path.join(program, 'bin/milestone.js'), 'execute', 'm');
  const run = await work.nextRun();
  await rig.writeMilestone('m', [first, {id: 'b', run: 'echo b > b', verify: 'test -e b', dependencies: ['a']}], {
    settings,
  });
  await rig.waitForEvent('m', 'plan_changed');
  fs.rmSync(path.join(program, 'dist'), {recursive: true});
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(fs.readFileSync(path.join(rig.folder, '../told'), 'utf8')).toContain('milestone_completed');
});

test('where a part of the program is gone, that is no bug', async () => {
  await using rig = await MilestoneRig.create();
  const program = copyOfProgram(rig);
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  fs.rmSync(path.join(program, 'dist/list.cjs'));
  const list = await rig.start(process.execPath, path.join(program, 'bin/milestone.js'), 'list');
  expect(list).toMatchObject({exitCode: 9, stderr: expect.stringContaining('was updated or removed')});
});
