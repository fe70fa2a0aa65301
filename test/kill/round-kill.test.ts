// The program is killed at moments spread over a round of the merge queue that takes three works together, and over what
// comes before it, and is executed again.

import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';
import {copyWorld, effects, executeToTheEnd, executeWith, expectNothingLeft, type Fault, ID} from './world.ts';

const KILLS: Fault['kind'][] = ['kill-before', 'kill-after', 'kill-half'];
const MOMENTS = 45 / oneIn(15);
const TASKS = ['a', 'b', 'c', 'd'];
/** The first check of work in the queue lasts until all is there, or done: the next round takes several in any case. */
const GATHER = `
[ "$MILESTONE_SLOT" = ${TASKS.length} ] && ls *.txt && mkdir "$DIARY.latch" || exit 0
log=$(dirname "$DIARY")/repo/.milestones/logs/execution-${ID}.jsonl
there() { grep -E '"event":"task_(queued|completed)"' "$log" | grep -oE '"task_id":"[a-z]+"' | sort -u | wc -l; }
until [ $(there) -ge ${TASKS.length} ]; do sleep 0.05; done
`;

let template: MilestoneRig;
let [total, begin] = [0, 0];

beforeAll(async () => {
  template = await MilestoneRig.create();
  const tasks = TASKS.map(id => ({id, run: `echo ${id} >> "$DIARY" && echo ${id} > ${id}.txt`}));
  await template.writeMilestone(ID, tasks, {settings: {max_parallel: TASKS.length, verify: GATHER}});
  await using rig = copyWorld(template);
  expect(await executeWith(rig, {at: 0, kind: 'kill-before'})).toMatchObject({exitCode: 0});
  const done = effects(rig);
  total = done.length;
  // From where the first work is frozen.
  begin = done.findIndex(effect => effect.includes('refs/milestone/frozen'));
  expect(begin).toBeGreaterThan(0);
  const together = rig.events(ID).flatMap(event => (event.event === 'round_checked' ? event.details.tasks.length : []));
  expect(Math.max(...together)).toBeGreaterThan(1);
  expectAllDone(rig);
});

afterAll(() => template[Symbol.asyncDispose]());

const moments = Array.from({length: MOMENTS}, (_, index) => [index] as const);

test.concurrent.each(moments)(
  'killed at moment %d of a round, nothing is lost and no finished work is done again',
  async index => {
    await using rig = copyWorld(template);
    const part = index / moments.length;
    const fault: Fault = {at: begin + Math.floor(part * (total - begin)), kind: KILLS[index % KILLS.length]!};

    await executeWith(rig, fault);
    const waited = rig.events(ID).flatMap(event => (event.event === 'task_queued' ? event.details.task_id : []));
    await executeToTheEnd(rig);

    const context = `${JSON.stringify(fault)} of ${total}: ${effects(rig).at(fault.at - 1)}`;
    expectAllDone(rig, context);
    const started = rig.events(ID).flatMap(event => (event.event === 'task_started' ? event.details.task_id : []));
    for (const id of waited)
      expect(
        started.filter(one => one === id),
        `${id} was in the queue, ${context}`,
      ).toHaveLength(1);
  },
);

/** One commit a task, the branch where the log says, and nothing left behind. */
function expectAllDone(rig: MilestoneRig, context?: string): void {
  const branch = `milestone/${ID}`;
  const events = rig.events(ID);
  const done = events.flatMap(event => (event.event === 'task_completed' ? event.details : []));
  expect(done.map(({task_id}) => task_id).toSorted(), context).toEqual(TASKS);
  const commits = rig.git('rev-list', '--reverse', `main..${branch}`).split('\n');
  expect(done.map(({commit}) => commit).toSorted(), context).toEqual(commits.toSorted());
  const trailers = rig.git('log', '--format=%(trailers:key=Task,valueonly,separator=%x2C)', `main..${branch}`);
  expect(trailers.split('\n').toSorted(), context).toEqual(TASKS);
  const files = rig.git('diff', '--name-only', 'main', branch);
  expect(files.split('\n'), context).toEqual(TASKS.map(id => `${id}.txt`));
  rig.git('fsck', '--no-progress', '--no-dangling');
  expect(rig.git('for-each-ref', 'refs/milestone/frozen'), context).toBe('');
  expectNothingLeft(rig);
}
