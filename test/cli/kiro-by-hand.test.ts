// A person does what a driver does elsewhere: writes the documents, and says when a phase is done.

import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {attemptsOf, documentPath, executeOnly, kiroTask, phasesOf} from './kiro-plan.ts';
import {eventsOf, outcomes, subjects, tasksIn} from './support.ts';

const manual = {run: undefined, driver: 'manual'};
const MARKER = 'milestone: outline, to be filled in';

async function manualRig(phases: Parameters<typeof kiroTask>[1], rest = {}): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [kiroTask('a', phases, rest)]);
  return rig;
}

async function done(rig: MilestoneRig, task = 'a'): Promise<void> {
  const {exitCode, stderr} = await rig.milestone('task', 'done', 'm', task);
  expect(exitCode, stderr).toBe(0);
}

async function approveAndResume(rig: MilestoneRig) {
  expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({exitCode: 0});
  return rig.milestone('resume');
}

test.concurrent('outlines are laid down; as they are, or half filled in, they are refused', async () => {
  const rest = {title: 'POST /login', description: 'A cookie.', acceptance_criteria: ['401 on a wrong password']};
  await using rig = await manualRig({design: manual}, rest);
  expect(await rig.milestone('execute')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('task `a` waits for a person'),
  });
  const architecture = documentPath('m', 'a', 'design', 'architecture.md');
  const api = documentPath('m', 'a', 'design', 'api-spec.yaml');
  expect(rig.read(architecture)).toBe(
    `<!-- ${MARKER} -->\n\n# architecture: POST /login\n\nA cookie.\n- 401 on a wrong password\n`,
  );
  expect(rig.read(api)).toBe(`# ${MARKER}\n# POST /login (design)\n`);

  const untouched = await rig.milestone('task', 'done', 'm', 'a');
  expect(untouched).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('did not deliver `architecture.md` of its design: it is still an outline'),
  });
  rig.write(architecture, '# Architecture\n');
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('did not deliver `api-spec.yaml`'),
  });
  expect(attemptsOf(rig, 'm')).toEqual([]);

  rig.write(api, 'openapi: 3.1.0\n');
  await done(rig);
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(phasesOf(rig, 'm')).toEqual(['a design waiting_approval']);
  expect(await approveAndResume(rig)).toMatchObject({exitCode: 6});
  expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 spec']);
  expect(rig.read(architecture)).toBe('# Architecture\n');
});

test.concurrent('a live executor refuses outlines as well, and goes on with what was filled in', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const other = await rig.command('other');
  const design = {...manual, deliverables: ['idea.json']};
  await rig.writeMilestone('m', [kiroTask('a', {design}), {id: 'other', run: other.shell}]);
  const execution = rig.milestone('execute');
  const running = await other.nextRun();
  const idea = documentPath('m', 'a', 'design', 'idea.json');
  expect(rig.read(idea)).toContain(MARKER);
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 3});
  rig.write(idea, '{}\n');
  await done(rig);
  await rig.waitForEvent('m', 'kiro_approval_requested');
  await running.exit();
  expect(await execution).toMatchObject({exitCode: 6});
});

test.concurrent('a document that changed after its approval is asked for again before a later phase counts', async () => {
  await using rig = await manualRig({spec: {...manual, deliverables: ['spec.md']}});
  await rig.milestone('execute');
  expect(await approveAndResume(rig)).toMatchObject({exitCode: 6});
  rig.write(documentPath('m', 'a', 'spec', 'spec.md'), '# Spec\n');
  rig.write(documentPath('m', 'a', 'design', 'architecture.md'), 'something else\n');
  await done(rig);
  expect(await rig.milestone('resume')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('the design of task `a` waits for approval'),
  });
  expect(phasesOf(rig, 'm')).toEqual(['a design waiting_approval']);
  expect(await approveAndResume(rig)).toMatchObject({exitCode: 6});
  expect(rig.read(documentPath('m', 'a', 'spec', 'spec.md'))).toBe('# Spec\n');
  await done(rig);
  await rig.milestone('resume');
  expect(phasesOf(rig, 'm').at(-1)).toBe('a spec waiting_approval');
});

test.concurrent('the own check of a phase finds what the person has written', async () => {
  const verify = 'grep -q cookie "$MILESTONE_DELIVERABLES/idea.md" && test -e README';
  await using rig = await manualRig({design: {...manual, deliverables: ['idea.md'], verify}});
  await rig.milestone('execute');
  const idea = documentPath('m', 'a', 'design', 'idea.md');
  rig.write(idea, 'a token\n');
  await done(rig);
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'check'}]);
  rig.write(idea, 'a cookie\n');
  await done(rig);
  await rig.milestone('resume');
  expect(phasesOf(rig, 'm')).toEqual(['a design waiting_approval']);
});

describe('the last phase, done by hand', () => {
  test.concurrent('says so in its summary, claims no changes, leaves the documents that the plan names, and is not done while its check is red', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const byHand = (id: string, execute: Record<string, unknown>) => executeOnly(id, {...manual, ...execute});
    await rig.writeMilestone('m', [
      byHand('plain', {verify: 'test -e README'}),
      byHand('named', {deliverables: ['notes.md', 'test-results.md']}),
      byHand('red', {verify: 'test -e done.txt'}),
    ]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    const notes = documentPath('m', 'named', 'execute', 'notes.md');
    expect(rig.read(notes)).toContain(MARKER);
    expect(rig.exists(documentPath('m', 'named', 'execute', 'test-results.md'))).toBe(false);
    expect(await rig.milestone('task', 'done', 'm', 'named')).toMatchObject({exitCode: 3});
    rig.write(notes, 'done\n');
    for (const id of ['plain', 'named', 'red']) await done(rig, id);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});

    expect(tasksIn(rig, 'm', 'task_completed').sort()).toEqual(['named', 'plain']);
    expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'check'}]);
    const summary = rig.read(documentPath('m', 'plain', 'execute', 'implementation-summary.md'));
    expect(summary).toContain('It was done by hand');
    expect(summary).not.toContain('No file was changed');
    expect(rig.read(documentPath('m', 'plain', 'execute', 'test-results.md'))).toContain('The check passed.');
    expect(rig.exists(documentPath('m', 'named', 'execute', 'implementation-summary.md'))).toBe(false);
    const left = eventsOf(rig, 'm', 'kiro_phase_updated').findLast(({details}) => details.task_id === 'named');
    expect(left!.details.deliverables.map(({path}) => path)).toEqual([
      'deliverables/m/named/execute/test-results.md',
      'deliverables/m/named/execute/notes.md',
    ]);
  });

  test.concurrent.each([[true], [false]])('waits at its gate, and needs nobody behind it (in git: %s)', async git => {
    await using rig = await MilestoneRig.create({git});
    const execute = {...manual, approval_required: true, verify: 'test -e README'};
    await rig.writeMilestone('m', [executeOnly('a', execute)]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    await done(rig);
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
    expect(phasesOf(rig, 'm').at(-1)).toBe('a execute waiting_approval');
    expect(await approveAndResume(rig)).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, 'm', 'task_completed')[0]!.details.checked).toBe(true);
    if (git) expect(subjects(rig, 'm')).toEqual([]);
  });
});
