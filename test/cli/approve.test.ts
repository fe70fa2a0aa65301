// `approvals`, `approve`, `reject`: what is asked, who decides, and what follows.

import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {hasTerminal, inTerminal} from '../rig/in-terminal.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, readPlan} from './support.ts';

const DOCUMENTS = '.milestones/deliverables/m/login';

/** Phases done by commands; a design of one document, which two people have to let through. */
function plan(design = 'echo design > $MILESTONE_DELIVERABLES/architecture.md', execute = 'echo done > login.txt') {
  return [
    {
      id: 'login',
      title: 'POST /login',
      kiro_workflow: {
        enabled: true,
        phases: {
          design: {run: design, deliverables: ['architecture.md']},
          spec: {
            run: 'echo spec > $MILESTONE_DELIVERABLES/technical-spec.md',
            deliverables: ['technical-spec.md'],
            approval_required: false,
          },
          task: {
            run: 'echo plan > $MILESTONE_DELIVERABLES/implementation-plan.md',
            deliverables: ['implementation-plan.md'],
          },
          execute: {run: execute},
        },
      },
    },
  ];
}

const GATES = {
  kiro_configuration: {
    approval_gates: {
      design_to_spec: {required: true, approvers: ['architect', 'security'], criteria: ['no secret in the url']},
    },
  },
};

async function waitingRig(
  extra: Record<string, unknown> = GATES,
  {design, git = false}: {design?: string; git?: boolean} = {},
): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git});
  await rig.writeMilestone('m', plan(design), extra);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  return rig;
}

test.concurrent('what waits is asked of each role, and the next phase starts when the last one has approved', async () => {
  await using rig = await waitingRig(GATES, {git: true});
  const waiting = await rig.milestone('approvals');
  expect(waiting.stdout).toContain('the design of task `login` waits for approval\n');
  expect(waiting.stdout).toContain('architect has not decided');
  expect(waiting.stdout).toContain('criterion: no secret in the url');
  expect(waiting.stdout).toMatch(/architecture\.md {2}sha256 [0-9a-f]{12}\n/);
  expect(waiting.stdout).toContain('milestone approve m login design --role architect');
  expect((await rig.milestone('approvals', 'm', '--json')).json()).toMatchObject({
    ok: true,
    approvals: [
      {
        id: 'approval-m-login-design-spec',
        task_id: 'login',
        transition: 'design_to_spec',
        phase: 'design',
        status: 'pending',
        approvers: [
          {role: 'architect', status: 'pending'},
          {role: 'security', status: 'pending'},
        ],
        criteria: ['no secret in the url'],
        deliverables: [
          {path: 'deliverables/m/login/design/architecture.md', sha256: expect.stringMatching(/^\w{64}$/)},
        ],
      },
    ],
  });

  expect(await rig.milestone('approve', '--yes', 'login')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('in which role: `architect`, `security`'),
  });
  expect(await rig.milestone('approve', '--yes')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('what waits: `login design`'),
  });
  const first = await rig.milestone('approve', '--yes', 'login', '--role', 'architect', '-m', 'fine');
  expect(first.stdout).toContain('still to approve: `security`');
  expect(await rig.milestone('approve', '--yes', 'login', '--role', 'architect')).toMatchObject({exitCode: 3});
  const second = await rig.milestone('approve', '--yes', 'm', 'login', 'design');
  expect(second).toMatchObject({exitCode: 0});
  expect(second.stdout).toContain('the design of task `login` is approved\n`milestone resume m` goes on with that\n');

  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'kiro_phase_transition').map(({details}) => details.to)).toEqual([
    'spec',
    'task',
    'execute',
  ]);
  expect(rig.git('show', 'milestone/m:login.txt')).toBe('done');
  expect(rig.read(`${DOCUMENTS}/execute/test-results.md`)).toContain('Nothing was checked');
});

test.concurrent('the approval is in a file of its own, and an edit of that file decides nothing', async () => {
  await using rig = await waitingRig();
  const file = '.milestones/approvals/m/approval-m-login-design-spec.yaml';
  expect(parse(rig.read(file))).toMatchObject({
    approval_id: 'approval-m-login-design-spec',
    milestone_id: 'm',
    task_id: 'login',
    transition: 'design_to_spec',
    status: 'pending',
    approvers: [
      {role: 'architect', status: 'pending'},
      {role: 'security', status: 'pending'},
    ],
    criteria: ['no secret in the url'],
    deliverables: [{path: 'deliverables/m/login/design/architecture.md'}],
  });
  rig.write(file, rig.read(file).replaceAll('pending', 'approved'));
  rig.write(rig.planFile('m'), rig.read(rig.planFile('m')).replace('waiting_approval', 'approved'));
  const resumed = await rig.milestone('resume');
  expect(resumed.exitCode).toBe(6);
  expect(resumed.stdout).toContain('is put back to `waiting_approval`');
  expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);
  expect(parse(rig.read(file))).toMatchObject({status: 'pending'});
  expect(readPlan(rig, 'm').tasks[0].kiro_workflow.phases.design.status).toBe('waiting_approval');
});

test.concurrent('a rejection sends the phase back to work, with the reason', async () => {
  await using rig = await waitingRig(
    {},
    {design: 'echo "attempt $MILESTONE_ATTEMPT" > $MILESTONE_DELIVERABLES/architecture.md'},
  );
  expect(await rig.milestone('reject', '--yes', 'login')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('-m "…"'),
  });
  const rejected = await rig.milestone('reject', '--yes', 'login', '-m', 'the session is missing', '--json');
  expect(rejected.json()).toMatchObject({ok: true, event: {details: {comment: 'the session is missing'}}});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(rig.read(`${DOCUMENTS}/design/architecture.md`)).toBe('attempt 2\n');
  expect(await rig.milestone('approve', '--yes', 'login')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('approve', '--yes', 'login')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('no approval waits'),
  });
  expect((await rig.milestone('approvals')).stdout).toContain('the design of task `login` is approved');
});

test.concurrent('what was changed after it was asked for is shown as changed, and approved as it is', async () => {
  await using rig = await waitingRig({});
  rig.write(`${DOCUMENTS}/design/architecture.md`, 'another design\n');
  const approved = await rig.milestone('approve', '--yes', 'login');
  expect(approved.stdout).toContain('changed since it was asked for');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'kiro_approval_voided')).toEqual([]);
});

test.concurrent('what is approved is shown: the text, then what has changed since somebody decided, bounded', async () => {
  await using rig = await waitingRig(
    {},
    {
      design:
        'seq 300 | sed "s/^7$/seven of attempt $MILESTONE_ATTEMPT/" > $MILESTONE_DELIVERABLES/architecture.md; printf "\\033[2J\\n" >> $MILESTONE_DELIVERABLES/architecture.md',
    },
  );
  const first = await rig.milestone('approve', 'login');
  expect(first.exitCode).toBe(2);
  expect(first.stdout).toContain('\n    6\n    seven of attempt 1\n    8\n');
  expect(first.stdout).toContain(`\n  … 101 more lines: ${DOCUMENTS}/design/architecture.md\n`);
  expect(first.stdout).not.toContain('\u001b');

  expect(await rig.milestone('reject', 'login', '--yes', '-m', 'another')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  const second = await rig.milestone('approve', 'login', '-y');
  expect(second.exitCode).toBe(0);
  expect(second.stdout).toContain('changes since it was last decided on:\n    @@ -4,7 +4,7 @@');
  expect(second.stdout).toContain('\n    -seven of attempt 1\n    +seven of attempt 2\n');
  expect(second.stdout).not.toContain('\n     50\n');

  const file = `${DOCUMENTS}/design/architecture.md`;
  rig.write(file, `${rig.read(file)}by hand\n`);
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  const third = (await rig.milestone('approve', 'login')).stdout;
  expect(third).toContain('\n    +by hand\n');
  expect(third).not.toContain('seven of attempt');
  rig.write(file, rig.read(file).replace('by hand\n', ''));
  expect((await rig.milestone('approve', 'login')).stdout).toContain('unchanged since it was last decided on');
});

test.concurrent('what was changed after it was approved is asked for again; what is gone cannot be approved', async () => {
  await using rig = await waitingRig({});
  expect(await rig.milestone('approve', '--yes', 'login')).toMatchObject({exitCode: 0});
  rig.write(`${DOCUMENTS}/design/architecture.md`, 'another design\n');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect((await rig.milestone('approvals')).stdout).toContain('asked again: ');
  rig.write(`${DOCUMENTS}/design/architecture.md`, '');
  expect(await rig.milestone('approve', '--yes', 'login')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('gone or empty'),
  });
});

test.concurrent('a live executor goes on as soon as somebody approves', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const beside = await rig.command('beside');
  await rig.writeMilestone('m', [...plan(), {id: 'beside', run: beside.shell}]);
  const execution = rig.milestone('execute');
  const holding = await beside.nextRun();
  const screen = await execution.line('login design waits for approval');
  expect(screen).toContain('(1 document)');
  await rig.waitForEvent('m', 'kiro_approval_requested');
  const approved = await rig.milestone('approve', '--yes', 'login', 'design', '-m', 'fine');
  expect(approved.stdout).toContain('the design of task `login` is approved\nits executor goes on with that\n');
  await rig.waitForEvent('m', 'task_completed');
  await holding.exit(0);
  const ended = await execution;
  expect(ended.exitCode).toBe(0);
  expect(ended.stdout).toContain('login design approved: fine');
});

test.concurrent('nothing that an attempt starts decides', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', plan());
  const inside = {env: {MILESTONE_RUN: 'token'}};
  const ended = await rig.milestone('approve', 'login', '--json', inside);
  expect(ended.exitCode).toBe(3);
  expect(ended.json()).toMatchObject({error: {code: 'INSIDE_ATTEMPT'}});
  for (const word of ['approvals', 'blockers']) expect(await rig.milestone(word, inside)).toMatchObject({exitCode: 0});
});

test.concurrent('with gates: auto no person is asked, and it is said so', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', plan(), {settings: {gates: 'auto'}});
  const ended = await rig.milestone('execute');
  expect(ended.exitCode).toBe(0);
  expect(ended.stdout).toContain('login design let through by nobody (gates: auto)');
  expect(parse(rig.read('.milestones/approvals/m/approval-m-login-design-spec.yaml'))).toMatchObject({
    status: 'granted',
    approvers: [{role: 'any', status: 'approved', by: 'auto'}],
  });
  expect((await rig.milestone('approvals', 'm')).stdout).toContain('nobody (gates: auto) approved');
});

test
  .skipIf(!hasTerminal)
  .concurrent(
    'on a terminal it is shown and asked, and only a yes approves (skipped without `script` of util-linux)',
    async () => {
      await using rig = await waitingRig({});
      const declining = inTerminal(rig, 'approve', 'login');
      await declining.line(/architecture\.md {2}sha256/);
      declining.stdin!.write('\r');
      const declined = await declining;
      expect(declined.exitCode).toBe(3);
      expect(declined.stdout).toContain('nothing is approved');
      expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);

      const stopping = inTerminal(rig, 'approve', 'login');
      await stopping.line(/architecture\.md {2}sha256/);
      stopping.stdin!.write('\x03');
      expect(await stopping).toMatchObject({exitCode: 130});
      expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);

      const approving = inTerminal(rig, 'approve', 'login');
      await approving.line(/architecture\.md {2}sha256/);
      approving.stdin!.write('y\r');
      expect(await approving).toMatchObject({exitCode: 0});
      expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toHaveLength(1);
      expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
    },
  );

test.concurrent('a gate without roles takes no role, and a task between its phases is called what `status` calls it', async () => {
  await using rig = await waitingRig({});
  const strange = await rig.milestone('approve', '--yes', 'm', 'login', '--role', 'boss');
  expect(strange).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('nobody is asked in the role `boss`: this gate asks for no role'),
  });
  expect(await rig.milestone('approve', '--yes', 'm', 'login')).toMatchObject({exitCode: 0});
  const again = await rig.milestone('approve', '--yes', 'm', 'login');
  expect(again).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('task `login` is kiro_managed: no approval'),
  });
});
