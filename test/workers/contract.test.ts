// What an attempt is, wherever it works: the same plans, done here and by a worker, come to the same.

import {describe, expect} from 'vitest';
import type {EventName} from '../../src/events/event.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

describe.each(['here', 'any'])('where: %s', where => {
  async function create(files: Record<string, string> = {}) {
    const workers = await WorkersRig.create({files});
    if (where !== 'here') workers.worker('--slots', '2');
    return workers;
  }

  test('work is checked, merged and committed as its author says, in the order of its dependencies', async () => {
    await using workers = await create();
    const {rig} = workers;
    await rig.writeMilestone(
      'm',
      [
        {id: 'one', run: 'echo 1 > one; echo printed by one'},
        {id: 'two', run: 'cat one > two; echo 2 >> two', dependencies: ['one'], verify: 'grep 2 two'},
        {id: 'three', run: 'rm one', dependencies: ['two'], type: 'chore'},
      ],
      {settings: {where, verify: 'true'}},
    );
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(rig.git('ls-tree', '--name-only', 'milestone/m')).toBe('README\ntwo');
    expect(rig.git('log', '--format=%s', 'main..milestone/m').split('\n')).toEqual([
      'chore(milestone-m): three',
      'feat(milestone-m): two',
      'feat(milestone-m): one',
    ]);
    expect(rig.read('.milestones/logs/m/one.1.log')).toContain('printed by one');
    expect(names(workers, 'm', 'two', ['attempt_dispatched', 'task_working'])).toEqual([
      'task_started',
      'task_claimed',
      'task_verified',
      'task_queued',
      'task_integrating',
      'task_completed',
    ]);
  });

  test('what fails is tried again, and says with which code and which words', async () => {
    await using workers = await create();
    const {rig} = workers;
    const task = {id: 'a', run: 'echo half > half; echo it broke >&2; exit 7', retries: 1};
    await rig.writeMilestone('m', [task], {settings: {where}});
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(4);
    const ended = rig.events('m').filter(event => event.event === 'attempt_ended');
    expect(ended.map(({details}) => details)).toEqual(
      [1, 2].map(attempt => ({
        task_id: 'a',
        attempt,
        outcome: {
          kind: 'failed',
          cause: 'exit',
          exit_code: 7,
          message: 'failed with exit code 7',
          output_tail: expect.stringContaining('it broke'),
        },
      })),
    );
    expect(rig.git('show', 'refs/milestone/rescue/m/a.2:half')).toBe('half');
  });

  test.each([
    ['a red check', {run: 'echo x > x', verify: 'test -f y'}, 'check'],
    ['a file outside its areas', {run: 'echo x > x', touches: ['src/**']}, 'out_of_area'],
    ['a plan of its own', {run: 'mkdir -p .milestones/active; echo x > .milestones/active/x.yaml'}, 'out_of_area'],
    ['too much time', {run: 'sleep 600', timeout: '1s'}, 'timeout'],
    ['silence', {run: 'sleep 600', silent: '1s'}, 'stalled'],
    ['a setup that fails', {run: 'true', where}, 'setup'],
  ])('%s ends an attempt', async (_, task, cause) => {
    await using workers = await create();
    const {rig} = workers;
    const settings = {where, ...(cause === 'setup' && {workspace: {setup: 'exit 3'}})};
    await rig.writeMilestone('m', [{id: 'a', ...task, retries: 0}], {settings});
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(4);
    const ended = rig.events('m').find(event => event.event === 'attempt_ended');
    expect(ended?.details).toMatchObject({outcome: {kind: 'failed', cause}});
  });

  test('the environment is what the plan adds and takes away', async () => {
    await using workers = await create();
    const {rig} = workers;
    rig.env.TAKEN = 'away';
    const run = 'echo "$ADDED/$TAKEN/$MILESTONE_ID/$MILESTONE_TASK/$MILESTONE_ATTEMPT" > env';
    const settings = {where, env: {ADDED: 'by the plan'}, env_deny: ['TAKEN']};
    await rig.writeMilestone('m', [{id: 'a', run}], {settings});
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(rig.git('show', 'milestone/m:env')).toBe('by the plan//m/a/1');
  });

  test('two that change one line conflict, and the later one runs again on what the first left', async () => {
    await using workers = await create({line: 'base\n'});
    const {rig} = workers;
    const [one, two] = [await rig.command('one'), await rig.command('two')];
    const edit = (id: string, shell: string) => ({id, run: `(${shell}); cat line; echo ${id} > line`});
    await rig.writeMilestone('m', [edit('one', one.shell), edit('two', two.shell)], {settings: {where}});
    const run = workers.milestone('execute', 'm');
    const [first, second] = [await one.nextRun(), await two.nextRun()];
    await first.exit(0);
    await rig.waitForEvent('m', 'task_completed');
    await second.exit(0);
    await (await two.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
    expect(rig.git('show', 'milestone/m:line')).toBe('two');
    expect(rig.read('.milestones/logs/m/two.2.log')).toContain('one');
  });

  test('a milestone that is cancelled leaves no process, and keeps what was done', async () => {
    await using workers = await create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'a', run: `echo half > half; ${build.shell}`}], {settings: {where}});
    const run = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    expect((await workers.milestone('cancel', 'm')).exitCode).toBe(0);
    expect((await run).exitCode).toBe(3);
    await held.ended;
    expect(rig.git('show', 'refs/milestone/rescue/m/a.1:half')).toBe('half');
  });

  test('an agent that fails goes on with its own work', async () => {
    await using workers = await create();
    const {rig} = workers;
    rig.write('work.sh', 'cat > prompt; if test -f half; then echo whole > whole; else echo half > half; exit 1; fi\n');
    rig.commit('The agent');
    rig.write(
      '.milestones/config.yaml',
      `${rig.read('.milestones/config.yaml')}drivers: {own: {command: sh ./work.sh}}\n`,
    );
    await rig.writeMilestone('m', [{id: 'a', driver: 'own', description: 'Make it whole.'}], {settings: {where}});
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(rig.git('show', 'milestone/m:whole')).toBe('whole');
    expect(rig.git('show', 'milestone/m:prompt')).toContain('Make it whole.');
  });
});

/** Names of the events of a task. */
function names({rig}: WorkersRig, id: string, task: string, without: readonly EventName[]): EventName[] {
  const own = rig.events(id).filter(({details}) => (details as {task_id?: string}).task_id === task);
  return own.map(({event}) => event).filter(event => !without.includes(event));
}
