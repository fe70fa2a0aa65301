// The documents of the last phase are written by the program, from what it ran and what git shows.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {documentPath, executeOnly, freeTask} from './kiro-plan.ts';
import {eventsOf} from './support.ts';

const results = (rig: MilestoneRig) => rig.read(documentPath('m', 'a', 'execute', 'test-results.md'));
const summary = (rig: MilestoneRig) => rig.read(documentPath('m', 'a', 'execute', 'implementation-summary.md'));

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

test.concurrent('without a check it says that nothing was checked', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [executeOnly('a', {run: 'true'})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(results(rig)).toContain('Nothing was checked');
  expect(results(rig)).not.toContain('passed');
  expect(summary(rig)).toContain('No file was changed.');
});

test.concurrent('what an attempt writes under their names is not believed', async () => {
  await using rig = await MilestoneRig.create();
  const run =
    'for name in test-results implementation-summary; do echo "all green" > "$MILESTONE_DELIVERABLES/$name.md"; done';
  await rig.writeMilestone('m', [executeOnly('a', {run, verify: 'echo checked'})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(results(rig) + summary(rig)).not.toContain('all green');
});

test.concurrent('a document of the last phase that the plan names besides has to be there', async () => {
  await using rig = await MilestoneRig.create();
  const deliverables = ['changes.json', 'test-results.md'];
  const run = '[ "$MILESTONE_ATTEMPT" = 4 ] || echo {} > "$MILESTONE_DELIVERABLES/changes.json"';
  await rig.writeMilestone('m', [freeTask('a', {execute: {run, deliverables}})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'attempt_ended').map(({details}) => details.outcome.message)).toEqual([
    'did not deliver `changes.json` of its execute: it is missing',
  ]);
  expect(rig.read(documentPath('m', 'a', 'execute', 'changes.json'))).toBe('{}\n');
});

test.concurrent('secrets do not get into them', async () => {
  await using rig = await MilestoneRig.create({env: {API_TOKEN: 'very-secret-value-123'}});
  await rig.writeMilestone('m', [executeOnly('a', {run: 'true', verify: 'echo "$API_TOKEN"'})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(results(rig)).not.toContain('very-secret-value-123');
});
