// The documents of the last phase are written by the program, from what it ran and what git shows.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {documentPath, executeOnly, freeTask} from './kiro-plan.ts';
import {eventsOf} from './support.ts';

const results = (rig: MilestoneRig, task = 'a') => rig.read(documentPath('m', task, 'execute', 'test-results.md'));
const summary = (rig: MilestoneRig, task = 'a') =>
  rig.read(documentPath('m', task, 'execute', 'implementation-summary.md'));

test.concurrent('every check with its command, exit code, duration, counts and the end of its output', async () => {
  await using rig = await MilestoneRig.create();
  const verify = "echo 'Test Files  1 passed (1)'; echo '     Tests  12 passed | 1 skipped (13)'";
  await rig.writeMilestone(
    'm',
    [executeOnly('a', {run: 'mkdir src && echo a > src/a.txt && echo b > b.txt', verify})],
    {
      settings: {verify: 'echo all is well'},
    },
  );
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  const text = results(rig);
  expect(text).toContain('Task `a`, attempt 4.');
  expect(text).toContain('All 2 checks passed.');
  expect(text).toContain(`## Passed: task\n\n\`\`\`sh\n${verify}\n\`\`\``);
  expect(text).toMatch(
    /- exit code: 0\n- duration: \d+\.\d s\n- counts, as the output has them: Tests {2}12 passed \| 1 skipped \(13\)\n/,
  );
  expect(text).toContain('The end of its output:\n\n```\nall is well\n```');
  const commit = rig.git('rev-parse', 'milestone/m');
  expect(summary(rig)).toContain(`Commit \`${commit}\`; files changed:\n\n- \`b.txt\`\n- \`src/a.txt\`\n`);
  const updated = eventsOf(rig, 'm', 'kiro_phase_updated').at(-1)!.details;
  expect(updated).toMatchObject({phase: 'execute', status: 'completed'});
  expect(updated.deliverables.map(({path}) => path)).toEqual([
    'deliverables/m/a/execute/implementation-summary.md',
    'deliverables/m/a/execute/test-results.md',
  ]);
});

test.concurrent('of a green check the end of its output is enough, without secrets; what an attempt writes under their names is not believed', async () => {
  await using rig = await MilestoneRig.create({git: false, env: {API_TOKEN: 'very-secret-value-123'}});
  const lies =
    'for name in test-results implementation-summary; do echo "all green" > "$MILESTONE_DELIVERABLES/$name.md"; done';
  await rig.writeMilestone('m', [
    executeOnly('long', {run: 'true', verify: 'seq 1 60; echo "$API_TOKEN"'}),
    executeOnly('liar', {run: lies, verify: 'echo checked'}),
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(results(rig, 'long')).toContain('The end of its output:\n\n```\n52\n53\n');
  expect(results(rig, 'long')).toMatch(/\n60\n\*+\n```/);
  expect(results(rig, 'liar')).toContain('checked');
  expect(results(rig, 'liar') + summary(rig, 'liar')).not.toContain('all green');
});

test.concurrent('without a check it says that nothing was checked', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [executeOnly('a', {run: 'true'})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(results(rig)).toContain('Nothing was checked');
  expect(results(rig)).not.toContain('passed');
  expect(summary(rig)).toContain('No file was changed.');
});

test.concurrent.each([
  ['in git', true],
  ['outside git', false],
])('a document of the last phase that the plan names besides is taken if it is there and sound, %s', async (_, git) => {
  await using rig = await MilestoneRig.create({git});
  const deliverables = ['changes.json', 'broken.json', 'missing.md', 'test-results.md'];
  const run = 'echo {} > "$MILESTONE_DELIVERABLES/changes.json"; echo { > "$MILESTONE_DELIVERABLES/broken.json"';
  await rig.writeMilestone('m', [freeTask('a', {execute: {run, deliverables}})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'attempt_ended')).toEqual([]);
  expect(rig.read(documentPath('m', 'a', 'execute', 'changes.json'))).toBe('{}\n');
  expect(
    eventsOf(rig, 'm', 'kiro_phase_updated')
      .at(-1)!
      .details.deliverables.map(({path}) => path),
  ).toEqual(['deliverables/m/a/execute/test-results.md', 'deliverables/m/a/execute/changes.json']);
});

test.concurrent('what the plan names in words is asked for, and no file', async () => {
  await using rig = await MilestoneRig.create();
  const phases = {
    design: {deliverables: ['architecture_diagram', 'data model']},
    execute: {deliverables: ['working_implementation', 'test_results'], verify: 'true'},
  };
  await rig.writeMilestone('m', [freeTask('a', phases), {id: 'b', kiro_workflow: {enabled: true, phases}}]);
  const asked = (await rig.milestone('prompt', 'm', 'b')).stdout;
  expect(asked).toContain('- architecture.md\n- api-spec.yaml\n');
  expect(asked).toContain('The plan asks of this phase:\n\n- architecture_diagram\n- data model\n');
  const last = (await rig.milestone('prompt', 'm', 'b', '--phase', 'execute')).stdout;
  expect(last).toContain('The plan asks of this phase:\n\n- working_implementation\n- test_results\n');
  expect(last).not.toContain('Write these documents');
  expect(await rig.milestone('execute', '--only', 'a')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'attempt_ended')).toEqual([]);
  expect(results(rig)).toContain('The check passed.');
  expect(summary(rig)).toContain('done.txt');
});

test.concurrent('documents without the id of the milestone in their path are found', async () => {
  await using rig = await MilestoneRig.create();
  const old = (phase: string, name: string) =>
    rig.write(`.milestones/deliverables/a/${phase}/${name}`, `old ${name}\n`);
  old('design', 'architecture.md');
  old('design', 'api-spec.yaml');
  old('spec', 'technical-spec.md');
  old('spec', 'test-plan.md');
  const run = 'cat "$MILESTONE_DELIVERABLES/../design/architecture.md" > seen.txt';
  await rig.writeMilestone('m', [freeTask('a', {design: {run: 'true'}, spec: {run: 'true'}, execute: {run}})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(rig.read(documentPath('m', 'a', 'spec', 'test-plan.md'))).toBe('old test-plan.md\n');
  expect(rig.git('show', 'milestone/m:seen.txt')).toBe('old architecture.md');
  expect(rig.exists('.milestones/deliverables/a/design/architecture.md')).toBe(true);
});
