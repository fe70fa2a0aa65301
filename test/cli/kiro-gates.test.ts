// Nothing passes a gate but those whom the plan names, for the documents that they have seen.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MILESTONE, MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';
import {attemptsOf, documentPath, executeOnly, freeTask, kiroTask, phasesOf, writes} from './kiro-plan.ts';
import {diary, eventsOf, filesAt, outcomes, readPlan, subjects} from './support.ts';

/** A milestone whose task `a` waits for the approval of its design. */
async function waitingRig(
  extra: Record<string, unknown> = {},
  {task = kiroTask('a'), git = false}: {task?: TaskText; git?: boolean} = {},
): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git});
  await rig.writeMilestone('m', [task], extra);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  return rig;
}

/** The same, outside git and without anything special: executed once for all who begin with it. */
const plainlyWaiting = copiesOf(waitingRig);

async function approved(rig: MilestoneRig, ...words: string[]): Promise<void> {
  const {exitCode, stderr} = await rig.milestone('approve', '--yes', 'm', 'a', ...words);
  expect(exitCode, stderr).toBe(0);
}

const voids = (rig: MilestoneRig) =>
  eventsOf(rig, 'm', 'kiro_approval_voided').map(({details}) => `${details.phase}: ${details.reason}`);

describe('who lets a phase through', () => {
  test.concurrent('all roles that the plan names, each once; a rejection by one of them is one, and all are asked again', async () => {
    const gate = {required: true, approvers: ['architect', 'security'], criteria: ['short']};
    await using rig = await waitingRig({kiro_configuration: {approval_gates: {design_to_spec: gate}}});
    await approved(rig, '--role', 'security');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design']);
    expect((await rig.milestone('approve', '--yes', 'm', 'a', '--role', 'security')).stderr).toContain(
      'has approved it already',
    );
    expect((await rig.milestone('approve', '--yes', 'm', 'a', '--role', 'boss')).stderr).toContain(
      'nobody is asked in the role',
    );
    await rig.milestone('reject', '--yes', 'm', 'a', '--role', 'architect', '-m', 'no');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    await approved(rig, '--role', 'architect');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 design']);
    await approved(rig);
    await rig.milestone('resume');
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 design', 'a.3 spec']);
  });

  test.concurrent('a phase says for itself whether it needs approval', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const gates = {spec_to_task: {required: false}, task_to_execute: {required: true}};
    const task = kiroTask('a', {design: {approval_required: false}});
    await rig.writeMilestone('m', [task], {kiro_configuration: {approval_gates: gates}});
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    expect(phasesOf(rig, 'm')).toEqual(['a design completed', 'a spec completed', 'a task waiting_approval']);
  });

  test.concurrent('with `--gates auto` nobody, and the record says so', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const gate = {required: true, approvers: ['architect', 'security']};
    await rig.writeMilestone('m', [kiroTask('a')], {kiro_configuration: {approval_gates: {design_to_spec: gate}}});
    expect(await rig.milestone('execute', '--gates', 'auto')).toMatchObject({exitCode: 0});
    const granted = eventsOf(rig, 'm', 'kiro_approval_granted').map(({details}) => [details.phase, details.by]);
    expect(granted).toEqual([
      ['design', 'auto'],
      ['spec', 'auto'],
    ]);
  });
});

describe('a rejection', () => {
  test.concurrent('sends the phase back to work, which is told why', async () => {
    const design = `echo "<$MILESTONE_REJECTION>"; ls "$MILESTONE_DELIVERABLES"; ${writes('architecture.md', 'api-spec.yaml')}`;
    await using rig = await waitingRig({}, {task: kiroTask('a', {design: {run: design}})});
    const rejected = await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'no "plan" for $failure\nat all');
    expect(rejected).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(rig.read('.milestones/logs/m/a.1.log')).toContain('<>\n');
    expect(rig.read('.milestones/logs/m/a.2.log')).toContain(
      '<no "plan" for $failure\nat all>\napi-spec.yaml\narchitecture.md\n',
    );
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 design']);
    expect(eventsOf(rig, 'm', 'kiro_approval_requested')).toHaveLength(2);
    await approved(rig);
    await rig.milestone('resume');
    expect(rig.read('.milestones/logs/m/a.3.log')).not.toContain('plan');
  });

  test.concurrent('with no attempt left it is a blocker, until somebody tries again', async () => {
    await using rig = await waitingRig({}, {task: kiroTask('a', {}, {max_attempts: 2})});
    await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'first');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'second');
    expect(await rig.milestone('resume')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('was rejected, and no attempt is left: second'),
    });
    expect((await rig.status('m')).blockers).toMatchObject([{type: 'approval_rejected', task_id: 'a'}]);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 4});
    expect(attemptsOf(rig, 'm')).toHaveLength(2);
    await rig.milestone('retry', 'm', 'a');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm')).toHaveLength(3);
    expect(phasesOf(rig, 'm').at(-1)).toBe('a design waiting_approval');
  });
});

describe('a document that changes after it was approved', () => {
  const architecture = documentPath('m', 'a', 'design', 'architecture.md');

  test.concurrent('is asked for again before the next phase starts; so is one that is gone, or has become a link', async () => {
    await using rig = await waitingRig({}, {git: true});
    await approved(rig);
    rig.write(architecture, 'something else\n');
    expect(await rig.milestone('resume')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('the design of task `a` waits for approval'),
    });
    expect(voids(rig)).toEqual([
      'design: `deliverables/m/a/design/architecture.md` changed after the design was approved: it has to be approved again',
    ]);

    await approved(rig);
    fs.renameSync(rig.path(architecture), rig.path('elsewhere.md'));
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(voids(rig)).toHaveLength(2);
    expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('is gone or empty, or no regular file: there is nothing to approve'),
    });

    // Even to the same bytes: no link is laid into a slot.
    fs.renameSync(rig.path('elsewhere.md'), rig.path(architecture));
    await approved(rig);
    fs.renameSync(rig.path(architecture), rig.path('elsewhere.md'));
    fs.symlinkSync(rig.path('elsewhere.md'), rig.path(architecture));
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(voids(rig)).toHaveLength(3);
    expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no regular file: there is nothing to approve'),
    });

    // Nothing was tried that could not go on.
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design']);
    fs.renameSync(rig.path('elsewhere.md'), rig.path(architecture));
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 spec']);
    expect(phasesOf(rig, 'm').at(-1)).toBe('a spec waiting_approval');
  });

  test.concurrent('does not keep anything else from starting in its place', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const [one, two, late] = [await rig.command('one'), await rig.command('two'), await rig.command('late')];
    await rig.writeMilestone(
      'm',
      [kiroTask('a'), {id: 'one', run: one.shell}, {id: 'two', run: two.shell}, {id: 'late', run: late.shell}],
      {settings: {max_parallel: 2}},
    );
    const execution = rig.milestone('execute', 'm');
    const [first, second] = [await one.nextRun(), await two.nextRun()];
    await rig.waitForEvent('m', 'kiro_approval_requested');
    await approved(rig);
    await rig.waitForEvent('m', 'kiro_phase_transition');
    rig.write(architecture, 'something else\n');
    // There is one place, and `a` is first in line for it.
    await first.exit();
    await (await late.nextRun()).exit();
    expect(voids(rig)).toHaveLength(1);
    await second.exit();
    expect(await execution).toMatchObject({exitCode: 6});
  });

  test.concurrent('is not let through by an approval of what was there before', async () => {
    await using rig = await plainlyWaiting();
    rig.write(architecture, 'changed before anybody looked\n');
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(voids(rig)).toEqual([]);
    const [granted] = eventsOf(rig, 'm', 'kiro_approval_granted');
    const [asked] = eventsOf(rig, 'm', 'kiro_approval_requested');
    expect(granted!.details.deliverables).toHaveLength(2);
    expect(granted!.details.deliverables![0]!.sha256).not.toBe(asked!.details.deliverables[0]!.sha256);
  });

  const modes: Array<[string, string[], string]> = [
    ['on a branch', [], 'echo done > done.txt'],
    ['with nothing to commit', [], ':'],
    ['without git', ['--no-git'], 'echo done > done.txt'],
  ];
  test.concurrent.each(modes)('holds finished work back: %s', async (_, flags, last) => {
    await using rig = await MilestoneRig.create();
    const execute = await rig.command('execute');
    const run = `${execute.shell.replace('exec ', '')} && ${last}`;
    await rig.writeMilestone('m', [kiroTask('a', {spec: {approval_required: false}, execute: {run}})]);
    await rig.milestone('execute', ...flags);
    await approved(rig);
    const execution = rig.milestone('resume');
    const running = await execute.nextRun();
    rig.write(architecture, 'something else\n');
    await running.exit();
    expect(await execution).toMatchObject({exitCode: 6});
    expect(voids(rig)).toHaveLength(1);
    expect(eventsOf(rig, 'm', 'task_completed')).toEqual([]);
    if (flags.length === 0) expect(subjects(rig, 'm')).toEqual([]);
    if (last !== ':' && flags.length === 0) expect(filesAt(rig, 'refs/milestone/rescue/m/a.4')).toContain('done.txt');
    // It goes on in the same way wherever it is: on a branch it has most to do.
    if (flags.length > 0 || last === ':') return;
    expect((await rig.status('m')).tasks[0].kiro).toMatchObject({
      current_phase: 'execute',
      phases: {design: 'waiting_approval', spec: 'completed', task: 'completed', execute: 'in_progress'},
    });

    await approved(rig, 'design');
    const again = rig.milestone('resume');
    await (await execute.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0});
    expect(attemptsOf(rig, 'm').at(-1)).toBe('a.5 execute');
  });

  test.concurrent('and is rejected then, sends the task back; what comes later has to pass its gates again', async () => {
    await using rig = await plainlyWaiting();
    await approved(rig);
    await rig.milestone('resume');
    await approved(rig);
    rig.write(architecture, 'something else\n');
    await rig.milestone('resume');
    expect(await rig.milestone('reject', '--yes', 'm', 'a', 'design', '-m', 'put it back')).toMatchObject({
      exitCode: 0,
    });
    expect((await rig.status('m')).tasks[0].kiro).toMatchObject({
      current_phase: 'design',
      phases: {design: 'in_progress', spec: 'pending', task: 'pending', execute: 'pending'},
    });
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(phasesOf(rig, 'm').slice(-2)).toEqual(['a design waiting_approval', 'a spec waiting_approval']);
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  });
});

describe('nothing else passes a gate', () => {
  test.concurrent('no resume, retry, restart, flag or skip of another task', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('m', [kiroTask('a'), {id: 'other', run: 'false', retries: 0}], {
      settings: {max_parallel: 1},
    });
    await rig.milestone('execute');
    await rig.milestone('retry', 'm');
    expect(await rig.milestone('retry', 'm', 'a')).toMatchObject({exitCode: 3});
    await rig.milestone('execute', 'm', '--only', 'a');
    await rig.milestone('resume', 'm', '--max-parallel', '5');
    await rig.milestone('skip', '--yes', 'm', 'other', '--reason', 'x');
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm').filter(attempt => attempt.startsWith('a.'))).toEqual(['a.1 design']);
  });

  test.concurrent('no executor that is killed while the gate is closed', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const other = await rig.command('other');
    await rig.writeMilestone('m', [kiroTask('a'), {id: 'other', run: other.shell}]);
    const first = rig.milestone('execute');
    await other.nextRun();
    await rig.waitForEvent('m', 'kiro_approval_requested');
    first.kill('SIGKILL');
    await first;
    const second = rig.milestone('resume', 'm');
    await (await other.nextRun()).exit();
    expect(await second).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm').filter(attempt => attempt.startsWith('a.'))).toEqual(['a.1 design']);
    expect(eventsOf(rig, 'm', 'kiro_approval_requested')).toHaveLength(1);
  });

  test.concurrent('no status that is written into the plan, and no approval file', async () => {
    await using rig = await plainlyWaiting();
    const file = '.milestones/approvals/m/approval-m-a-design-spec.yaml';
    rig.write(file, rig.read(file).replaceAll('pending', 'approved').replace('status: approved', 'status: granted'));
    rig.write(rig.planFile('m'), rig.read(rig.planFile('m')).replaceAll('waiting_approval', 'approved'));
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design']);
    expect(readPlan(rig, 'm').tasks[0].kiro_workflow.phases.design.status).toBe('waiting_approval');
  });

  test.concurrent('nobody who calls from inside an attempt', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    const self = `${process.execPath} ${MILESTONE}`;
    const call = (command: string) => `code=0; ${self} ${command} --yes || code=$?; echo $code >> ${file}`;
    const run = [call('approve m a'), call('reject m a -m no'), call('skip m a'), call('answer m a x')].join('\n');
    await rig.writeMilestone('m', [kiroTask('a'), {id: 'b', run, dependencies: []}], {settings: {max_parallel: 1}});
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    expect(lines()).toEqual(['3', '3', '3', '3']);
    expect(phasesOf(rig, 'm')).toEqual(['a design waiting_approval']);
    expect(attemptsOf(rig, 'm')).toHaveLength(2);
  });
});

describe('the gate behind the last phase', () => {
  const gated = (run: string, rest: Record<string, unknown> = {}) =>
    executeOnly('a', {run, approval_required: true}, rest);

  test.concurrent('finished work waits: rejected it is worked on again, approved it is integrated as it was checked, and not done again', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const verify = `echo check >> ${file}; echo left > left-by-check.txt; test -s done.txt`;
    await rig.writeMilestone('m', [
      gated(`echo run >> ${file}; echo "done $MILESTONE_REJECTION" > done.txt`, {verify}),
      {id: 'after', run: 'cat done.txt', dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    expect(subjects(rig, 'm')).toEqual([]);
    expect(filesAt(rig, 'refs/milestone/rescue/m/a.4')).toEqual(['README', 'done.txt']);
    const results = documentPath('m', 'a', 'execute', 'test-results.md');
    expect(rig.read(results)).toContain('The check passed.');
    await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'once more');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
    expect(lines().filter(line => line === 'run')).toHaveLength(2);
    expect(rig.git('show', 'milestone/m:done.txt')).toBe('done once more');
    expect(subjects(rig, 'm')).toEqual(['feat(milestone-m): a']);
    expect(filesAt(rig, 'milestone/m')).toEqual(['README', 'done.txt']);
    const summary = rig.read(documentPath('m', 'a', 'execute', 'implementation-summary.md'));
    expect(summary).toContain(`Commit \`${rig.git('rev-parse', 'milestone/m')}\``);
  });

  test.concurrent('`execute_completion` closes it as well; without git too', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const task = executeOnly('a', {run: 'echo run >> runs'});
    const gates = {approval_gates: {execute_completion: {required: true, approvers: ['owner']}}};
    await rig.writeMilestone('m', [task], {kiro_configuration: gates});
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    expect((await rig.status('m')).approvals).toMatchObject([
      {id: 'approval-m-a-execute-completion', status: 'pending'},
    ]);
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
    expect(rig.read('runs')).toBe('run\n');
  });

  test.concurrent('the work is checked on a head that has moved meanwhile', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [gated('echo done > done.txt', {verify: 'test ! -e broken.txt', retries: 0})]);
    await rig.milestone('execute');
    await approved(rig);
    rig.git('switch', '-q', 'milestone/m');
    rig.write('broken.txt', 'x');
    rig.git('add', 'broken.txt');
    rig.git('commit', '-q', '-m', 'Break it');
    rig.git('switch', '-q', 'main');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 4});
    expect(subjects(rig, 'm')).toEqual(['Break it']);
    expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'check'}]);
  });

  test.concurrent.each(['worktree', 'shared'])(
    'work that is lost, or does not fit any more, is done again, and asked for again (%s)',
    async isolation => {
      await using rig = await MilestoneRig.create();
      await rig.writeMilestone('m', [gated('cat README >> one.txt; echo "$MILESTONE_ATTEMPT" >> one.txt')], {
        settings: {isolation},
      });
      expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
      rig.git('update-ref', '-d', 'refs/milestone/rescue/m/a.4');
      await approved(rig);
      expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
      expect(outcomes(rig, 'm')).toMatchObject([{message: expect.stringContaining('is gone')}]);

      await approved(rig);
      if (isolation === 'worktree') rig.git('switch', '-q', 'milestone/m');
      rig.write('one.txt', 'somebody else\n');
      rig.git('add', 'one.txt');
      rig.git('commit', '-q', '-m', 'Meanwhile');
      if (isolation === 'worktree') rig.git('switch', '-q', 'main');
      expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
      expect(outcomes(rig, 'm')).toMatchObject([{}, {kind: 'conflict'}]);
      expect(subjects(rig, 'm')).toEqual(['Meanwhile']);
      expect(eventsOf(rig, 'm', 'kiro_approval_requested')).toHaveLength(3);

      await approved(rig);
      expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
      expect(rig.git('show', 'milestone/m:one.txt')).toBe('somebody else\nA project.\n8');
    },
  );

  test.concurrent('what is left of it when the executor dies is taken up again', async () => {
    await using rig = await MilestoneRig.create();
    const check = await rig.command('check');
    await rig.writeMilestone('m', [gated('echo done > done.txt', {verify: check.shell})]);
    const first = rig.milestone('execute');
    await (await check.nextRun()).exit();
    expect(await first).toMatchObject({exitCode: 6});
    await approved(rig);
    const second = rig.milestone('resume');
    await check.nextRun();
    second.kill('SIGKILL');
    await second;
    const third = rig.milestone('resume');
    await (await check.nextRun()).exit();
    expect(await third).toMatchObject({exitCode: 0});
    expect(subjects(rig, 'm')).toEqual(['feat(milestone-m): a']);
    expect(eventsOf(rig, 'm', 'kiro_approval_requested')).toHaveLength(1);
  });
});

test.concurrent('a skipped kiro task is done with, whatever waits', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [kiroTask('a'), freeTask('b', {}, {dependencies: ['a']}), {id: 'c', driver: 'manual'}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  await rig.milestone('skip', '--yes', 'm', 'a', '--reason', 'not needed');
  expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({exitCode: 3});
  expect(await rig.milestone('resume')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('task `c` waits for a person'),
  });
  expect((await rig.status('m')).tasks).toMatchObject([
    {status: 'skipped', progress: 100},
    {status: 'completed'},
    {status: 'pending'},
  ]);
});

describe('finished work that waits for its approval', () => {
  const execute = {run: 'echo done > done.txt', approval_required: true};
  const task = executeOnly('a', execute, {verify: 'echo left > left-by-check.txt'});

  test.concurrent('is what was checked, without what checks left, also in a shared checkout', async () => {
    await using rig = await waitingRig({settings: {isolation: 'shared'}}, {task, git: true});
    expect(filesAt(rig, 'refs/milestone/rescue/m/a.4')).toContain('done.txt');
    expect(filesAt(rig, 'refs/milestone/rescue/m/a.4')).not.toContain('left-by-check.txt');
    await approved(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
    expect(filesAt(rig, 'milestone/m')).toContain('done.txt');
    expect(filesAt(rig, 'milestone/m')).not.toContain('left-by-check.txt');
  });
});
