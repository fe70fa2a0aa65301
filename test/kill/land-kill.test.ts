// `milestone land` is killed at moments spread over everything it does to the world, and called again.

import fs from 'node:fs';
import path from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {killedAt} from '../cli/answers.ts';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';

const ID = 'auth';
const MOMENTS = 60 / oneIn(30);

const completed = copiesOf(async () => {
  const rig = await MilestoneRig.create({files: {'shared.txt': 'one\ntwo\n'}});
  rig.env.DIARY = '/dev/null';
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt; rm shared.txt'}], {
    settings: {verify_final: 'git rev-parse HEAD >> "$DIARY"'},
  });
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  rig.write('other.txt', 'other\n');
  rig.git('add', 'other.txt');
  rig.git('commit', '-q', '-m', 'Meanwhile');
  return rig;
});

describe.each([['--merge'], ['--squash']])('land %s', kind => {
  let total = 0;

  beforeAll(async () => {
    await using rig = await copy();
    const {env, countFile} = killedAt(rig, 0, 'kill-before');
    expect(await rig.milestone('land', ID, kind, {env})).toMatchObject({exitCode: 0});
    total = fs.readFileSync(countFile, 'utf8').trim().split('\n').length;
    expect(total).toBeGreaterThan(20);
    await expectLanded(rig);
  });

  // One after the other: what checks one copy would be taken for what a dead `land` of another has left.
  test.each(Array.from({length: MOMENTS}, (_, index) => [index]))(
    'killed at moment %i, it is completed by the next call, and the branch is never at what was not checked',
    async index => {
      await using rig = await copy();
      const before = rig.git('rev-parse', 'main');
      const at = 1 + Math.floor((index / MOMENTS) * total);
      const {env} = killedAt(rig, at, index % 2 === 0 ? 'kill-before' : 'kill-after');
      await rig.milestone('land', ID, kind, {env});
      expect([before, ...checked(rig)], `killed at ${at} of ${total}`).toContain(rig.git('rev-parse', 'main'));
      expect(await rig.milestone('land', ID, kind), `killed at ${at} of ${total}`).toMatchObject({exitCode: 0});
      await expectLanded(rig);
    },
  );

  async function copy(): Promise<MilestoneRig> {
    const rig = await completed();
    rig.env.DIARY = path.join(rig.root, 'diary');
    return rig;
  }

  function checked(rig: MilestoneRig): string[] {
    return fs.existsSync(rig.env.DIARY!) ? fs.readFileSync(rig.env.DIARY!, 'utf8').split('\n').filter(Boolean) : [];
  }

  async function expectLanded(rig: MilestoneRig): Promise<void> {
    await rig.untilNoProcessLeft();
    const main = rig.git('rev-parse', 'main');
    const subjects = rig.git('log', '--first-parent', '--format=%s', 'main').split('\n');
    const own = kind === '--merge' ? ['Merge milestone auth'] : ['auth (milestone auth)'];
    expect(subjects).toEqual([...own, 'Meanwhile', 'First commit']);
    expect(checked(rig)).toContain(main);
    const landed = rig.events(ID).filter(({event}) => event === 'milestone_landed');
    expect(landed).toMatchObject([{details: {into: 'main', commit: main}}]);
    expect((await rig.status(ID)).git).toMatchObject({landed: true});
    expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
    expect([rig.exists('a.txt'), rig.exists('shared.txt'), rig.exists('other.txt')]).toEqual([true, false, true]);
    expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    rig.git('fsck', '--no-progress', '--no-dangling');
  }
});
