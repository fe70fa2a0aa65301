// Coding agents in the phases: what they have written is there when they go on.

import {expect, test} from 'vitest';
import {claude} from '../rig/agent-scripts.ts';
import {type AgentRun, FakeAgents, type Step} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {documentPath, executeOnly, kiroTask, phasesOf} from './kiro-plan.ts';
import {eventsOf, subjects} from './support.ts';

const done = (summary = 'Did it.') => claude.done({status: 'done', summary, assumptions: [], question: null});
const agent = {run: undefined, driver: 'claude'};
const write = (name: string, text: string): Step => ({run: `echo '${text}' > "$MILESTONE_DELIVERABLES/${name}"`});
const look: Step = {run: 'ls "$MILESTONE_DELIVERABLES" > "$SEEN"; cat "$MILESTONE_DELIVERABLES"/* >> "$SEEN" || true'};

async function agentRig(): Promise<{rig: MilestoneRig; agents: FakeAgents; [Symbol.asyncDispose](): Promise<void>}> {
  const rig = await MilestoneRig.create();
  rig.env.SEEN = rig.path('../seen');
  await rig.writeMilestone('m', [kiroTask('a', {design: agent})]);
  return {rig, agents: FakeAgents.into(rig, 'claude'), [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]()};
}

const sameConversation = ([first, second]: AgentRun[]) => first!.conversation === second!.conversation;

test.concurrent('a design that lacks a document is completed in the same conversation, from what is there', async () => {
  await using world = await agentRig();
  const {rig, agents} = world;
  agents.script('claude', 'a.1', [claude.init, write('architecture.md', 'half of it'), done()]);
  agents.script('claude', 'a.2', [claude.init, look, write('api-spec.yaml', 'openapi: 3'), done('Added the API.')]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  expect(rig.read('../seen')).toBe('architecture.md\nhalf of it\n');
  expect(rig.read(documentPath('m', 'a', 'design', 'architecture.md'))).toBe('half of it\n');
  expect(sameConversation(agents.runs('claude'))).toBe(true);
  expect(agents.runs('claude')[1]!.stdin).toContain('did not deliver `api-spec.yaml` of its design: it is missing');
  expect(eventsOf(rig, 'm', 'kiro_approval_requested')[0]!.details.summary).toBe('Added the API.');
});

test.concurrent('after a death of the executor it finds what it had written', async () => {
  await using world = await agentRig();
  const {rig, agents} = world;
  const written = rig.path('../written');
  const half = [claude.init, write('architecture.md', 'half of it'), {run: `touch ${written}`}];
  agents.script('claude', 'a.1', [...half, {hold: true}]);
  agents.script('claude', 'a.2', [claude.init, look, write('api-spec.yaml', 'openapi: 3'), done()]);
  const first = rig.milestone('execute');
  await until(() => rig.exists(written));
  first.kill('SIGKILL');
  await first;
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
  expect(rig.read('../seen')).toBe('architecture.md\nhalf of it\n');
  expect(sameConversation(agents.runs('claude'))).toBe(true);
});

test.concurrent('a rejection is in its prompt, and its documents are there', async () => {
  await using world = await agentRig();
  const {rig, agents} = world;
  const both = [write('architecture.md', 'one'), write('api-spec.yaml', 'openapi: 3')];
  agents.script('claude', 'a.1', [claude.init, ...both, done()]);
  agents.script('claude', 'a.2', [claude.init, look, done()]);
  await rig.milestone('execute');
  await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'Name the storage engine.');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(agents.runs('claude')[1]!.stdin).toContain('Name the storage engine.');
  expect(rig.read('../seen')).toBe('api-spec.yaml\narchitecture.md\nopenapi: 3\none\n');
});

test.concurrent('work that was let through is neither done nor reviewed again, also while nobody could', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 1, [claude.init, {write: {'done.txt': 'x\n'}}, done('Wrote it.')]);
  agents.script('claude', 2, [claude.init, claude.done({verdict: 'approve', findings: []} as never)]);
  const execute = {driver: 'claude', approval_required: true};
  await rig.writeMilestone('m', [executeOnly('a', execute, {review: {driver: 'claude'}})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  expect(phasesOf(rig, 'm').at(-1)).toBe('a execute waiting_approval');
  expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({exitCode: 0});
  const {exitCode, stderr} = await rig.milestone('resume');
  expect(exitCode, stderr).toBe(0);
  expect(agents.runs('claude')).toHaveLength(2);
  expect(subjects(rig, 'm')).toEqual(['feat(milestone-m): a']);
  expect(rig.git('log', '-1', '--format=%B', 'milestone/m')).toContain('Wrote it.');
});

/** Resolves when it is so; looks again at every turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve));
}

test.concurrent('a rejected phase whose last attempt is cut off by its budget is a blocker, not an end', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const spent = claude.result({subtype: 'error_max_budget_usd', is_error: true});
  agents.script('claude', 'a.4', [claude.init, {write: {'a.txt': 'a'}}, done()]);
  agents.script('claude', 'a.5', [claude.init, {write: {'a.txt': 'b'}}, spent, {exit: 1}]);
  await rig.writeMilestone('m', [executeOnly('a', {...agent, approval_required: true}, {max_attempts: 2})]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  await rig.milestone('reject', '--yes', 'm', 'a', '-m', 'try harder');
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 4});
  expect((await rig.status('m')).blockers).toMatchObject([{type: 'approval_rejected', task_id: 'a'}]);
});
