// The program is killed at moments spread over everything it does to the world, and executed again: at a hundred of them
// by `npm run test:kills`, at a few of these in the suite.

import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn, sample} from '../rig/sweep.ts';
import {
  completed,
  copyWorld,
  createWorld,
  effects,
  executeToTheEnd,
  executeWith,
  expectCompletedPlan,
  expectIntegratedOnce,
  expectNothingLeft,
  expectSoundLog,
  type Fault,
  ID,
  TASK_IDS,
  timesRun,
  usersThings,
} from './world.ts';

const EVERY = oneIn(25);
const KILLS: Fault['kind'][] = ['kill-before', 'kill-after', 'kill-half'];

describe.each([
  {where: 'in git', git: true, flags: [], moments: 100, faults: 15},
  {where: 'without git', git: false, flags: [], moments: 20, faults: 5},
  {where: 'in git, but with --no-git', git: true, flags: ['--no-git'], moments: 10, faults: 0},
])('$where', ({git, flags, moments, faults}) => {
  let template: MilestoneRig;
  /** All that it does to the world, in order. */
  let all: string[] = [];

  beforeAll(async () => {
    template = await createWorld({git});
    await using rig = copyWorld(template);
    const mine = usersThings(rig);
    expect(await executeWith(rig, {at: 0, kind: 'kill-before'}, ...flags)).toMatchObject({exitCode: 0});
    all = effects(rig);
    expectComplete(rig, mine);
    expect(timesRun(rig)).toEqual(Object.fromEntries(TASK_IDS.map(id => [id, 1])));
  });

  afterAll(() => template[Symbol.asyncDispose]());

  test.concurrent.each(spread(Math.ceil(moments / EVERY)))(
    'killed %s of the way, it ends as if it had not been',
    async (_, part, index) => {
      await using rig = copyWorld(template);
      const mine = usersThings(rig);
      const fault: Fault = {at: momentAt(part), kind: KILLS[index % KILLS.length]!};

      await executeWith(rig, fault, ...flags);
      const [done, ranBefore] = [completed(rig), timesRun(rig)];
      await executeToTheEnd(rig, ...flags);

      const context = () => `${JSON.stringify(fault)} of ${all.length}: ${effects(rig).at(fault.at - 1)}`;
      withContext(context, () => {
        expectComplete(rig, mine);
        const ranAfter = timesRun(rig);
        for (const id of done) expect(ranAfter[id], `${id} was complete on disk`).toBe(ranBefore[id]);
      });
    },
  );

  // Nobody comes after who would clear away what is left then.
  test.concurrent('killed at one of the last things that it does, it leaves nothing', async () => {
    const first = all.findIndex(effect => effect.includes(`completed/${ID}.yaml`));
    expect(first).toBeGreaterThan(0);
    const last = all.flatMap((_, index) => (index > first && (index - first) % EVERY === 1 % EVERY ? index + 1 : []));
    for (const [index, at] of last.entries()) {
      await using rig = copyWorld(template);
      const mine = usersThings(rig);
      const fault: Fault = {at, kind: KILLS[index % KILLS.length]!};
      await executeWith(rig, fault, ...flags);
      await executeToTheEnd(rig, ...flags);
      withContext(
        () => `${JSON.stringify(fault)}: ${all[at - 1]}`,
        () => expectComplete(rig, mine),
      );
    }
  });

  test.concurrent('when what it says of its agents cannot be written at the end, nothing is taken away in a hurry', async () => {
    const written = all.flatMap((effect, index) =>
      /^\d+ openSync .*sessions\/agents\//.test(effect) ? [index + 1] : [],
    );
    // All agents are stopped, one after the other.
    const last = sample(written.slice(-7), 7);
    for (const at of last) {
      await using rig = copyWorld(template);
      const mine = usersThings(rig);
      const {exitCode, stderr} = await executeWith(rig, {at, kind: 'fail:EIO'}, ...flags);
      expect([0, 9], stderr).toContain(exitCode);
      expect(stderr).not.toContain('stray');
      if (exitCode === 9) expect(stderr).toContain('`milestone resume');
      await executeToTheEnd(rig, ...flags);
      expectComplete(rig, mine);
    }
  });

  test.concurrent.each(spread(Math.ceil(faults / oneIn(8))))(
    'when writing fails at %s of the way, it says so and loses nothing',
    async (_, part, index) => {
      await using rig = copyWorld(template);
      const mine = usersThings(rig);
      const fault: Fault = {
        at: momentAt(part),
        kind: index % 3 === 2 ? 'fail:EIO' : 'fail:ENOSPC',
        sticky: index % 2 === 0,
      };

      const {exitCode, stderr} = await executeWith(rig, fault, ...flags);
      const failed = `${JSON.stringify(fault)}: ${effects(rig).at(fault.at - 1)}\n${stderr}`;
      expect([0, 9], failed).toContain(exitCode);
      if (exitCode === 9)
        expect(stderr, failed).toMatch(fault.kind === 'fail:EIO' ? /^error: .*EIO/m : /^error: .*disk is full/m);
      expect(rig.processesLeft(), failed).toEqual([]);
      await executeToTheEnd(rig, ...flags);

      withContext(
        () => failed,
        () => expectComplete(rig, mine),
      );
    },
  );

  function momentAt(part: number): number {
    return 1 + Math.floor(part * all.length);
  }

  function expectComplete(rig: MilestoneRig, mine: Record<string, string>): void {
    const now = usersThings(rig);
    const inPlace = git && flags.length === 0;
    expect(inPlace ? now : Object.fromEntries(Object.keys(mine).map(name => [name, now[name]]))).toEqual(mine);
    expectSoundLog(rig.events(ID));
    expectCompletedPlan(rig);
    if (inPlace) expectIntegratedOnce(rig);
    else for (const id of TASK_IDS) expect(rig.read(`${id}.txt`)).toBe(`${id}\n`);
    expectNothingLeft(rig);
  }
});

/** As many equal parts of the whole: how it reads, where it begins, its number. */
function spread(parts: number): Array<[string, number, number]> {
  return Array.from({length: parts}, (_, index) => [`${Math.round((100 * index) / parts)} %`, index / parts, index]);
}

/** Say in a failure what happened in this world: the moment is otherwise known only as a share. */
function withContext(context: () => string, check: () => void): void {
  try {
    check();
  } catch (error) {
    (error as Error).message = `${context()}\n${(error as Error).message}`;
    throw error;
  }
}
