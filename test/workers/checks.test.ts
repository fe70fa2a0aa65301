// Checks of the merge queue at workers: they come to the same as here, and survive what attempts survive.

import fs from 'node:fs';
import path from 'node:path';
import {describe, expect} from 'vitest';
import {Postgres} from './postgres.ts';
import {endWhileAway} from './while-away.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

/** Says where it runs. */
const CHECK = 'echo "checked by $' + '{MARK:-nobody}"';

describe.each(['here', 'any'])('verify_where: %s', verify_where => {
  async function create() {
    const workers = await WorkersRig.create();
    if (verify_where !== 'here') workers.worker();
    return workers;
  }

  test('base, rounds and the whole are checked, and the logs have what was printed', async () => {
    await using workers = await create();
    const {rig} = workers;
    const late = await rig.command('late');
    const settings = {
      verify_where,
      verify: CHECK,
      verify_final: `echo whole; ${CHECK}`,
      workspace: {setup: 'echo set up'},
    };
    const tasks = [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `(${late.shell}); echo b > b`, verify: 'echo its own; test -f b'},
    ];
    await rig.writeMilestone('m', tasks, {settings});
    const run = workers.milestone('execute', 'm', {env: {MARK: 'coordinator'}});
    const held = await late.nextRun();
    await rig.waitForEvent('m', 'task_completed');
    await held.exit(0);
    expect((await run).exitCode).toBe(0);
    const by = verify_where === 'here' ? 'coordinator' : 'nobody';
    const checks = rig.read('.milestones/logs/m/checks.log');
    expect(checks).toContain(`$ ${CHECK}\nchecked by ${by}\n`);
    expect(checks).toContain(`whole\nchecked by ${by}\n`);
    expect(checks).toContain('set up\n');
    // Of one alone, its round's checks are in its own log.
    const log = rig.read('.milestones/logs/m/b.1.log');
    expect(log.split('its own\n')).toHaveLength(3);
    expect(log).toContain('checked by coordinator\n');
    expect(log).toContain(`checked by ${by}\n`);
    const checked = rig.events('m').flatMap(({event}) => (/_checked$/.test(event) ? event : []));
    expect(checked).toEqual(['baseline_checked', 'round_checked', 'final_checked']);
    expect(workers.remoteRefs()).toEqual([]);
  });

  test('of two that are red together the later one fails, with what its check says', async () => {
    await using workers = await create();
    const {rig} = workers;
    const late = await rig.command('late');
    const verify = 'if test -f a && test -f b; then echo error: both >&2; exit 9; fi';
    const tasks = [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `(${late.shell}); echo b > b`, retries: 0},
    ];
    await rig.writeMilestone('m', tasks, {settings: {verify_where, verify, verify_retries: 0}});
    const run = workers.milestone('execute', 'm');
    const held = await late.nextRun();
    await rig.waitForEvent('m', 'task_completed');
    await held.exit(0);
    expect((await run).exitCode).toBe(4);
    const round = rig.events('m').find(({event}) => event === 'round_checked');
    expect(round?.details).toMatchObject({
      tasks: ['b'],
      ok: false,
      checks: [{name: 'milestone', ok: false, exit_code: 9, output_tail: expect.stringContaining('error: both')}],
    });
    const ended = rig.events('m').find(({event}) => event === 'attempt_ended');
    expect(ended?.details).toMatchObject({task_id: 'b', outcome: {kind: 'failed', cause: 'check', exit_code: 9}});
  });

  test('a setup that fails is the failure of those who wait for it', async () => {
    await using workers = await create();
    const {rig} = workers;
    const late = await rig.command('late');
    const tasks = [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `(${late.shell}); echo b > b`, retries: 0},
    ];
    // Where both lie together.
    const setup = 'if test -f a && test -f b; then exit 3; fi';
    const settings = {verify_where, verify: 'true', workspace: {setup, setup_when: ['a', 'b']}};
    await rig.writeMilestone('m', tasks, {settings});
    const run = workers.milestone('execute', 'm');
    const held = await late.nextRun();
    await rig.waitForEvent('m', 'task_completed');
    await held.exit(0);
    expect((await run).exitCode).toBe(4);
    const ended = rig.events('m').find(({event}) => event === 'attempt_ended');
    expect(ended?.details).toMatchObject({task_id: 'b', outcome: {kind: 'failed', cause: 'setup'}});
  });
});

test('a machine that lacks what the setup needs is asked again when it has it', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const tool = path.join(rig.env.HOME as string, 'tool');
  const settings = {verify_where: 'any', verify: 'true', workspace: {setup: `test -f '${tool}'`}};
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {settings});
  workers.worker();
  const run = await workers.milestone('execute', 'm');
  expect(run.stderr).toContain('(`workspace.setup`) failed with exit code 1');
  expect(run.exitCode).toBe(9);
  fs.writeFileSync(tool, '');
  expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
});

test('a check that takes too long is red wherever it runs', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const settings = {verify_where: 'any', verify_final: 'sleep 600', verify_timeout: '1s', verify_retries: 0};
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {settings});
  workers.worker();
  expect((await workers.milestone('execute', 'm')).exitCode).toBe(4);
  const checked = rig.events('m').find(({event}) => event === 'final_checked');
  expect(checked?.details).toMatchObject({
    ok: false,
    checks: [{exit_code: null, output_tail: expect.stringMatching(/took longer than 1 ?s/)}],
  });
});

describe('a check that is at a worker', () => {
  async function create() {
    const workers = await WorkersRig.create();
    const whole = await workers.rig.command('whole');
    const settings = {verify_where: 'any', verify_final: whole.shell};
    await workers.rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {settings});
    return {workers, whole};
  }

  const sent = ({rig}: WorkersRig) => rig.events('m').filter(({event}) => event === 'checks_dispatched');

  test('is sent again when its worker is killed', async () => {
    const {workers, whole} = await create();
    await using _ = workers;
    const first = workers.worker();
    const run = workers.milestone('execute', 'm');
    await whole.nextRun();
    process.kill(first.pid, 'SIGKILL');
    workers.worker();
    await (await whole.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
    expect(sent(workers)).toHaveLength(2);
  });

  test('is asked for again by the next executor, not run again', async () => {
    const {workers, whole} = await create();
    await using _ = workers;
    const {rig} = workers;
    workers.worker();
    const first = workers.milestone('execute', 'm');
    const held = await whole.nextRun();
    process.kill(first.pid, 'SIGKILL');
    await first;
    await held.exit(0);
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(sent(workers)).toHaveLength(1);
    expect(whole.timesRun).toBe(1);
    expect(rig.events('m').filter(({event}) => event === 'final_checked')).toHaveLength(1);
  });

  test('ends with the execution that is told to stop, and is run anew by the next one', async () => {
    const {workers, whole} = await create();
    await using _ = workers;
    workers.worker();
    const run = workers.milestone('execute', 'm');
    const held = await whole.nextRun();
    expect((await workers.milestone('pause', 'm', '--now')).exitCode).toBe(0);
    expect((await run).exitCode).toBe(6);
    await held.ended;
    const again = workers.milestone('resume', 'm');
    await (await whole.nextRun()).exit(0);
    expect((await again).exitCode).toBe(0);
    expect(sent(workers)).toHaveLength(2);
  });

  test('goes on while the database is away, and is taken when that is back', async () => {
    await using database = await Postgres.start();
    await using workers = await WorkersRig.create({}, database.createDatabase('own'));
    const {rig} = workers;
    const whole = await rig.command('whole');
    const settings = {verify_where: 'any', verify_final: whole.shell};
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {settings});
    workers.worker();
    const run = workers.milestone('execute', 'm');
    const held = await whole.nextRun();
    await endWhileAway(database, rig, held);
    expect((await run).exitCode).toBe(0);
    expect(rig.events('m').filter(({event}) => event === 'blocker_resolved')).toHaveLength(1);
  });

  test('ends with the milestone that is cancelled while nobody executes it', async () => {
    const {workers, whole} = await create();
    await using _ = workers;
    workers.worker();
    const run = workers.milestone('execute', 'm');
    const held = await whole.nextRun();
    process.kill(run.pid, 'SIGKILL');
    await run;
    expect((await workers.milestone('cancel', 'm')).exitCode).toBe(0);
    await held.ended;
    expect(workers.remoteRefs()).toEqual([]);
  });

  test('waits for a worker that carries the labels, as a blocker says', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const settings = {verify_where: 'big', verify: 'true'};
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {settings});
    const run = workers.milestone('execute', 'm');
    const blocker = await rig.waitForEvent('m', 'blocker_detected');
    expect(blocker.details).toMatchObject({type: 'no_worker', hint: expect.stringContaining('--label big')});
    workers.worker('--label', 'big');
    expect((await run).exitCode).toBe(0);
    // Before attempts that wait for the same worker.
    expect(workers.ask("select priority from milestone.job where name = 'milestone/labels/big'")).toBe('1');
    expect(rig.events('m').map(({event}) => event)).toContain('blocker_resolved');
  });
});
