// A prune that began before work was held takes objects of it, whenever it gets to them.

import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, filesAt, outcomes} from './support.ts';

const ID = 'release';
const BRANCH = `milestone/${ID}`;

/** A check that takes an object of the work of `b`, once; `what` is its name below the commit that holds it. */
function takes(rig: MilestoneRig, what: string): string {
  const flag = rig.path('../taken');
  return `[ "$MILESTONE_TASK" = b ] && [ ! -e '${flag}' ] || exit 0
o=$(git rev-parse "refs/milestone/frozen/${ID}/b.1${what}"); touch '${flag}'
d=$(git rev-parse --path-format=absolute --git-common-dir)/objects
rm -f "$d/$(echo $o | cut -c1-2)/$(echo $o | cut -c3-)"`;
}

describe('an object that a prune takes while its checks run', () => {
  test.concurrent.each([
    ['the tree', 'alone', '^{tree}'],
    ['the tree', 'beside others', '^{tree}'],
    ['a folder', 'alone', ':sub'],
    ['a file', 'beside others', ':sub/b'],
  ])('(%s, %s) costs the attempt, and nothing else', async (_, where, what) => {
    const isAlone = where === 'alone';
    await using rig = await MilestoneRig.create({files: {base: 'base'}});
    const a = await rig.command('a');
    await rig.writeMilestone(
      ID,
      [
        {id: 'b', retries: 0, run: 'mkdir sub; echo b > sub/b'},
        ...(isAlone ? [] : [{id: 'a', run: `echo a > a; ${a.shell}`, verify: 'true'}]),
      ],
      {settings: {verify: takes(rig, what)}},
    );
    const run = rig.milestone('execute', ID);
    if (!isAlone) await (await a.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'interrupted', message: expect.stringContaining('prune')}]);
    expect(filesAt(rig, BRANCH)).toEqual(['README', ...(isAlone ? [] : ['a']), 'base', 'sub/b']);
    expect(eventsOf(rig, ID, 'task_completed')).toHaveLength(isAlone ? 1 : 2);
    rig.git('fsck', '--strict', BRANCH, `refs/milestone/rescue/${ID}/b.1`);
  });
});
