// One small task for any agent, a greeting, and what its execution leaves behind.

import {expect} from 'vitest';
import type {EventDetails, EventName} from '../../src/events/event.ts';
import type {MilestoneRig, RunOptions} from '../rig/milestone-rig.ts';
import type {AgentRig} from './agent-rig.ts';
import type {AgentName} from './install.ts';
import {inOrder, type ModelRequest, type Step, TOKENS} from './model.ts';

export const done = {
  result: {status: 'done', summary: 'Says hello now.', assumptions: ['in English'], question: null},
};
export const say = (text: string): Step => ({run: `echo ${text} > greeting.txt`});

/** Far more than any test uses. */
const BUDGET = {usd: 20, tokens: 1_000_000};

/** One task for the agent, which may run any command. */
export async function writePlan(
  rig: MilestoneRig,
  driver: AgentName,
  task: object = {},
  {before = [], ...settings}: {before?: Array<{id: string; [key: string]: unknown}>; [key: string]: unknown} = {},
): Promise<void> {
  const greet = {id: 'greet', title: 'Write a greeting', verify: 'grep -q hello greeting.txt', driver, ...task};
  await rig.writeMilestone('demo', [...before, greet], {
    settings: {allow: ['Bash', 'bash'], budget: BUDGET, ...settings},
  });
}

export function detailsOf<N extends EventName>(rig: MilestoneRig, name: N): Array<EventDetails[N]> {
  return rig.events('demo').flatMap(event => (event.event === name ? [event.details as EventDetails[N]] : []));
}

export function expectOneCommit(rig: MilestoneRig): void {
  expect(rig.git('show', 'milestone/demo:greeting.txt')).toBe('hello');
  expect(rig.git('rev-list', '--count', 'main..milestone/demo')).toBe('1');
  expectUntouched(rig);
}

/** Nobody has worked in the user's checkout. */
export function expectUntouched(rig: MilestoneRig): void {
  expect(rig.git('status', '--porcelain', '--', '.', ':!.milestones')).toBe('');
}

/** An attempt that was cut off costs what it has used and no more, whatever it had reserved. */
export function expectBooked(rig: MilestoneRig, {answers}: {answers: number}): void {
  expect(detailsOf(rig, 'budget_reserved')[0]!.amount.tokens).toBe(BUDGET.tokens);
  const {used} = detailsOf(rig, 'budget_settled')[0]!;
  expect(used.tokens).toBeGreaterThanOrEqual(TOKENS.input);
  expect(used.tokens).toBeLessThanOrEqual(answers * (TOKENS.input + TOKENS.output));
  expect(used.usd ?? 0).toBeLessThan(0.1);
}

/** `later` is asked in the conversation of `earlier`, with all that the model said there. */
export function expectContinued(earlier: ModelRequest, later: ModelRequest): void {
  expect(later.conversation).toBe(earlier.conversation);
  expect(later.turn).toBeGreaterThan(earlier.turn);
  const said = ({messages}: ModelRequest) => messages.filter(({role}) => role === 'assistant').map(({text}) => text);
  expect(said(later)).toEqual(expect.arrayContaining(said(earlier)));
}

/** Answers of the model in a stuck attempt. */
export const STUCK = {answers: 2};

/** An execution whose agent runs a command that does not end, after it has written something. */
export async function startStuck(
  {rig, server}: AgentRig,
  name: AgentName,
  task: object = {},
  options: RunOptions = {},
) {
  const sleeper = await rig.command('sleeper');
  server.script = inOrder(say('hel'), {run: sleeper.shell}, {hang: true});
  await writePlan(rig, name, task);
  const executor = rig.milestone('execute', 'demo', options);
  return {executor, sleeper, run: await sleeper.nextRun()};
}

const isSecondAttempt = ({heard}: ModelRequest) => heard.includes('attempt 2');

/** The agent finishes what it began, in the conversation that it began it in. */
export async function resumeToTheEnd({rig, server}: AgentRig): Promise<void> {
  const earlier = server.requests.at(-1)!;
  const work = inOrder(say('hello'), done);
  // Until the first attempt is ended, its agent may go on.
  server.script = request => (isSecondAttempt(request) ? work(request) : {hang: true});
  expect(await rig.milestone('resume', 'demo')).toMatchObject({exitCode: 0});
  expectContinued(earlier, server.requests.find(isSecondAttempt)!);
  expectOneCommit(rig);
}
