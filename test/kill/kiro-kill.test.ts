// Kiro tasks whose gates nobody guards, killed at moments spread over everything that the program does to the world.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {KIRO_PHASES, phasesBefore} from '../../src/plan/kiro-plan.ts';
import type {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';
import {
  copyWorld,
  createWorld,
  effects,
  executeToTheEnd,
  executeWith,
  expectNothingLeft,
  type Fault,
  ID,
  usersThings,
} from './world.ts';

const KILLS: Fault['kind'][] = ['kill-before', 'kill-after', 'kill-half'];
const MOMENTS = 16 / oneIn(8);
const TASKS = ['first', 'second'];
const FLAGS = ['--gates', 'auto'];
/** Every gate is closed, that behind the last phase too. */
const GATED = {approval_required: true};

/** Each phase leaves a line for every time it ran, and its documents; the last one a file. */
function kiroTask(id: string, dependencies: string[]) {
  const phases = KIRO_PHASES.map(phase => {
    const note = `echo ${id} ${phase} >> "$DIARY"`;
    const document = `echo ${phase} of ${id} > "$MILESTONE_DELIVERABLES/${phase}.md"`;
    const run = `${note} && ${phase === 'execute' ? `echo ${id} > ${id}.txt` : document}`;
    return [phase, {...GATED, run, ...(phase !== 'execute' && {deliverables: [`${phase}.md`]})}];
  });
  return {id, dependencies, kiro_workflow: {enabled: true, phases: Object.fromEntries(phases)}};
}

let template: MilestoneRig;
let total = 0;

beforeAll(async () => {
  template = await createWorld({git: true});
  const settings = {max_parallel: 2, verify: 'test -e a.txt'};
  await template.writeMilestone(ID, [kiroTask('first', []), kiroTask('second', ['first'])], {settings});
  await using rig = copyWorld(template);
  const mine = usersThings(rig);
  expect(await executeWith(rig, {at: 0, kind: 'kill-before'}, ...FLAGS)).toMatchObject({exitCode: 0});
  total = effects(rig).length;
  expectComplete(rig, mine);
  expect(runs(rig)).toHaveLength(TASKS.length * KIRO_PHASES.length);
});

afterAll(() => template[Symbol.asyncDispose]());

test.concurrent.each(
  Array.from({length: MOMENTS}, (_, index) => [Math.round((100 * index) / MOMENTS), index] as const),
)('killed %s %% of the way, it ends as if it had not been', async (_, index) => {
  await using rig = copyWorld(template);
  const mine = usersThings(rig);
  const fault: Fault = {at: 1 + Math.floor((index * total) / MOMENTS), kind: KILLS[index % KILLS.length]!};
  await executeWith(rig, fault, ...FLAGS);
  const [ended, before] = [phasesOnDisk(rig), runs(rig)];
  await executeToTheEnd(rig, ...FLAGS);
  try {
    expectComplete(rig, mine);
    const after = runs(rig);
    for (const phase of ended)
      expect(
        after.filter(run => run === phase),
        `${phase} had ended on disk`,
      ).toEqual(before.filter(run => run === phase));
  } catch (error) {
    (error as Error).message =
      `${JSON.stringify(fault)}: ${effects(rig).at(fault.at - 1)}\n${(error as Error).message}`;
    throw error;
  }
});

function expectComplete(rig: MilestoneRig, mine: Record<string, string>): void {
  expect(usersThings(rig)).toEqual(mine);
  const events = rig.events(ID);
  expectGatesKept(events);
  const done = events.flatMap(event => (event.event === 'task_completed' ? [event.details.task_id] : []));
  expect(done).toEqual(TASKS);
  for (const id of TASKS) expectDocuments(rig, events, id);
  const trailers = rig.git('log', '--format=%(trailers:key=Task,valueonly,separator=%x2C)', `main..milestone/${ID}`);
  expect(trailers.split('\n').toSorted()).toEqual(TASKS);
  const files = rig.git('diff', '--name-only', 'main', `milestone/${ID}`);
  expect(files.split('\n')).toEqual(TASKS.map(id => `${id}.txt`));
  expectNothingLeft(rig);
}

/** No phase began before the ones before it were let through, and none of the work onto the branch. */
function expectGatesKept(events: readonly MilestoneEvent[]): void {
  const granted = new Set<string>();
  for (const {event, details} of events) {
    if (event === 'kiro_approval_granted') granted.add(`${details.task_id} ${details.phase}`);
    if (event === 'task_started')
      for (const phase of phasesBefore(details.phase!)) expect(granted).toContain(`${details.task_id} ${phase}`);
    if (event === 'task_integrating') expect(granted).toContain(`${details.task_id} execute`);
  }
}

/** What is in the home is what is on record, whole. */
function expectDocuments(rig: MilestoneRig, events: readonly MilestoneEvent[], id: string): void {
  const folder = `.milestones/deliverables/${ID}/${id}`;
  for (const phase of KIRO_PHASES) {
    const updates = events.flatMap(({event, details}) =>
      event === 'kiro_phase_updated' && details.task_id === id && details.phase === phase ? [details] : [],
    );
    for (const {path, sha256} of updates.at(-1)!.deliverables)
      expect(
        createHash('sha256')
          .update(fs.readFileSync(rig.path('.milestones', path)))
          .digest('hex'),
      ).toBe(sha256);
    if (phase !== 'execute') expect(rig.read(`${folder}/${phase}/${phase}.md`)).toBe(`${phase} of ${id}\n`);
  }
  expect(rig.read(`${folder}/execute/test-results.md`)).toContain('The check passed.');
  expect(rig.read(`${folder}/execute/implementation-summary.md`)).toContain(`- \`${id}.txt\``);
}

/** Phases whose end is on disk: `task phase`. */
function phasesOnDisk(rig: MilestoneRig): string[] {
  return rig
    .events(ID)
    .flatMap(({event, details}) => (event === 'kiro_phase_updated' ? [`${details.task_id} ${details.phase}`] : []));
}

function runs(rig: MilestoneRig): string[] {
  const file = rig.env.DIARY!;
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
}
