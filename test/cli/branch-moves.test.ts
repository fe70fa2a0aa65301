// The branch moves under the program: what attempts do to it is told from what a person does.

import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, fileAt, filesAt, subjects, tasksIn} from './support.ts';

const ID = 'release';
const BRANCH = `milestone/${ID}`;
const COMMIT = 'echo bad > bad && git add -A && git commit -qm bad';

describe('a commit that an attempt puts on the branch itself', () => {
  const OWN = 'echo "$MILESTONE_TASK" > bad && git add -A && git commit -qm bad';
  const WAYS = {
    'checked-out': `git checkout -q ${BRANCH} && ${OWN}`,
    'by-its-name': `${OWN} && git update-ref refs/heads/${BRANCH} HEAD`,
    'and-left-again': `git checkout -q ${BRANCH} && ${OWN} && git checkout -q --detach`,
    twice: `git checkout -q ${BRANCH} && ${OWN} && echo 2 > bad2 && git add -A && git commit -qm two`,
    'in-place-of-its-first': `git checkout -q ${BRANCH} && ${OWN} && git commit -q --amend -m other`,
    'as-a-merge': `git checkout -q -b side && ${OWN} && git checkout -q ${BRANCH} && git merge -q --no-ff side`,
  };

  test.concurrent.each([
    ['true', Object.entries(WAYS)],
    // The log of a slot's head is kept all the same, and tells the same.
    ['false', Object.entries(WAYS).filter(([id]) => id === 'twice' || id === 'as-a-merge')],
  ] as const)('is taken off it, in whatever way it got there (reflogs: %s)', async (logs, ways) => {
    await using rig = await MilestoneRig.create();
    rig.git('config', 'core.logAllRefUpdates', logs);
    const tasks = ways.map(([id, run]) => ({id, run, retries: 0, verify: 'test ! -e bad'}));
    // One after the other: git lets nobody check a branch out that another has.
    await rig.writeMilestone(ID, tasks, {settings: {max_parallel: 1}});
    const {exitCode, stderr} = await rig.milestone('execute', ID);
    expect([exitCode, filesAt(rig, BRANCH)]).toEqual([4, ['README']]);
    expect(stderr.match(/had committed to `milestone\/release` itself; \w+ is taken off it/g)).toHaveLength(
      tasks.length,
    );
    for (const {id} of tasks) expect(fileAt(rig, `refs/milestone/rescue/${ID}/${id}.1`, 'bad')).toBe(id);
  });

  test.concurrent.each([true, false])(
    'moves no branch of the user’s through a name for it (slots: %s)',
    async slots => {
      await using rig = await MilestoneRig.create();
      const main = rig.git('rev-parse', 'main');
      const run = `git symbolic-ref refs/heads/${BRANCH} refs/heads/main; echo a > a`;
      await rig.writeMilestone(ID, [{id: 'a', run}], {settings: {isolation: slots ? 'worktree' : 'shared'}});
      expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
      expect(rig.git('rev-parse', 'main')).toBe(main);
      expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
    },
  );

  test.concurrent('is its work where the checks let it pass', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: `git checkout -q ${BRANCH} && ${COMMIT}`, verify: 'test -e bad'}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toEqual([expect.stringContaining(': a')]);
  });

  test.concurrent('is not under what another task integrates meanwhile', async () => {
    await using rig = await MilestoneRig.create();
    const [a, b] = [await rig.command('a'), await rig.command('b')];
    await rig.writeMilestone(ID, [
      {id: 'a', run: `(${a.shell}); echo a > a`, verify: 'test -e a'},
      {
        id: 'b',
        retries: 0,
        run: `git checkout -q ${BRANCH} && ${COMMIT}; (${b.shell}); ${COMMIT}2`,
        verify: 'test ! -e bad',
      },
    ]);
    const run = rig.milestone('execute', ID);
    const [workA, workB] = [await a.nextRun(), await b.nextRun()];
    await workA.exit();
    await rig.waitForEvent(ID, 'task_completed');
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
    await workB.exit();
    expect(await run).toMatchObject({exitCode: 4});
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/b.1`, 'bad')).toBe('bad');
  });

  test.concurrent('is not one that a person makes in a checkout of his own, while an attempt looks at it', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: `(${work.shell}); git merge -q --ff-only ${BRANCH}; echo a > a`}]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    rig.git('worktree', 'add', '-q', rig.path('../mine'), BRANCH);
    rig.git('-C', rig.path('../mine'), 'commit', '-q', '--allow-empty', '-m', 'mine');
    await attempt.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toEqual(['mine', expect.stringContaining(': a')]);
  });

  test.concurrent('nor does an attempt take back what was integrated', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: `git checkout -q ${BRANCH} && git reset -q --hard HEAD~1 && echo b > b`, dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toHaveLength(2);
  });
});

describe('a commit in the checkout that attempts share', () => {
  const settings = {isolation: 'shared'};

  test.concurrent('is the work of the attempt that made it, and goes when that is refused', async () => {
    await using rig = await MilestoneRig.create();
    rig.write(
      '.milestones/config.yaml',
      `drivers: {fake: {command: 'cat > /dev/null; echo x > $MILESTONE_TASK; git add -A; git commit -qm own'}}`,
    );
    await rig.writeMilestone(
      ID,
      [
        {id: 'good', verify: 'test -e good'},
        {id: 'bad', verify: 'test ! -e bad', retries: 0, dependencies: ['good']},
        {
          id: 'elsewhere',
          run: 'git checkout -q -b side && echo s > s && git add s && git commit -qm side',
          dependencies: ['good'],
        },
        {id: 'after', run: 'echo c > c', dependencies: ['elsewhere']},
      ],
      {settings: {...settings, driver: 'fake'}},
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['good', 'elsewhere', 'after']);
    expect(filesAt(rig, BRANCH).filter(name => !name.startsWith('.milestones'))).toEqual(['README', 'c', 'good', 's']);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/bad.1`, 'bad')).toBe('x');
    expect(subjects(rig, ID)).toHaveLength(3);
    expect(rig.git('status', '--porcelain', '--', ':!.milestones')).toBe('');
    expect(rig.git('symbolic-ref', 'HEAD')).toBe(`refs/heads/${BRANCH}`);
  });

  test.concurrent('is taken off the branch when the executor has died over it', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(
      ID,
      [{id: 'a', run: `${COMMIT}; (${work.shell}); rm bad; echo a > a`, verify: 'test ! -e bad'}],
      {settings},
    );
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    const head = rig.git('rev-parse', BRANCH);
    run.kill('SIGKILL');
    await run;
    const again = rig.milestone('resume', ID);
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0, stderr: expect.stringContaining('is taken off it')});
    expect(subjects(rig, ID)).toEqual([expect.stringContaining(': a')]);
    expect(rig.git('for-each-ref', '--format=%(objectname)', `refs/milestone/rescue/${ID}/`).split('\n')).toContain(
      head,
    );
    expect(eventsOf(rig, ID, 'task_completed')).toHaveLength(1);
  });
});
