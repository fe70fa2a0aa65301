import {expect} from 'vitest';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

test('a task goes to a worker, comes home as a commit, and is checked and merged', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  await rig.writeMilestone('m', [
    {id: 'greet', run: 'echo hello from $MILESTONE_TASK; echo hi > greeting', where: 'any', verify: 'grep hi greeting'},
  ]);
  const worker = workers.worker('--once');
  const run = await workers.milestone('execute', 'm');
  expect(run.stdout + run.stderr).toContain('complete');
  expect(run.exitCode).toBe(0);
  expect((await worker).exitCode).toBe(0);
  expect(rig.git('show', 'milestone/m:greeting')).toBe('hi');
  expect(rig.read('.milestones/logs/m/greet.1.log')).toContain('hello from greet');
  // What comes later needs neither of them.
  rig.git('remote', 'set-url', 'origin', '/nowhere');
  rig.env.MILESTONE_WORKERS_URL = 'postgres://127.0.0.1:1/nowhere';
  expect(await workers.milestone('land', 'm')).toMatchObject({exitCode: 0, stderr: ''});
});
