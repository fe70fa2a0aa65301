// A kiro task goes through design -> spec -> task -> execute; each phase is real work that leaves documents.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {attemptsOf, documentPath, executeOnly, freeTask, kiroTask, phasesOf, writes} from './kiro-plan.ts';
import {diary, eventsOf, filesAt, outcomes, readPlan, subjects} from './support.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the whole way', () => {
  test.concurrent('each phase leaves its documents, waits at its gate, and the last one is integrated', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [kiroTask('login')]);

    expect(await rig.milestone('execute', 'm')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('the design of task `login` waits for approval'),
    });
    expect(phasesOf(rig, 'm')).toEqual(['login design waiting_approval']);
    const [asked] = eventsOf(rig, 'm', 'kiro_approval_requested');
    expect(asked!.details).toMatchObject({
      approval_id: 'approval-m-login-design-spec',
      transition: 'design_to_spec',
      approvers: [],
      criteria: [],
      deliverables: ['architecture.md', 'api-spec.yaml'].map(name => ({
        path: `deliverables/m/login/design/${name}`,
        sha256: sha256(rig.read(documentPath('m', 'login', 'design', name))),
      })),
    });

    expect(await rig.milestone('approve', '--yes', 'm', 'login')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
    expect(await rig.milestone('approve', '--yes', 'm', 'login', 'spec', '-m', 'well done')).toMatchObject({
      exitCode: 0,
    });
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});

    expect(phasesOf(rig, 'm')).toEqual([
      'login design waiting_approval',
      'login spec waiting_approval',
      'login task completed',
      'login execute completed',
    ]);
    // Attempts are counted through all phases.
    expect(attemptsOf(rig, 'm')).toEqual(['login.1 design', 'login.2 spec', 'login.3 task', 'login.4 execute']);
    expect(subjects(rig, 'm')).toEqual(['feat(milestone-m): login']);
    expect(filesAt(rig, 'milestone/m')).toEqual(['README', 'done.txt']);
    const names = rig.events('m').map(({event}) => event);
    expect(names.filter(name => name.startsWith('kiro_workflow'))).toEqual([
      'kiro_workflow_started',
      'kiro_workflow_completed',
    ]);
    expect(readPlan(rig, 'm', 'completed').tasks[0].status).toBe('completed');
  });

  test.concurrent('documents of earlier phases lie read-only beside those of the next one', async () => {
    await using rig = await MilestoneRig.create();
    const looks = 'ls -l "$MILESTONE_DELIVERABLES/.." "$MILESTONE_DELIVERABLES/../design" | grep -v ^total';
    await rig.writeMilestone('m', [
      freeTask('a', {spec: {run: `${looks} && ${writes('technical-spec.md', 'test-plan.md')}`}}),
    ]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
    const log = rig.read('.milestones/logs/m/a.2.log');
    expect(log).toMatch(/^-r--r--r-- .* architecture\.md$/m);
    expect(log).toMatch(/^d.* design$/m);
    expect(log).toMatch(/^d.* spec$/m);
    expect(log).not.toMatch(/ execute$/m);
  });

  test.concurrent('a document lies under the name of its attempt in a slot, and in the home once it is accepted', async () => {
    await using rig = await MilestoneRig.create();
    const design = await rig.command('design');
    await rig.writeMilestone('m', [freeTask('a', {design: {run: design.shell, deliverables: ['a/b.md']}})]);
    const execution = rig.milestone('execute');
    const run = await design.nextRun();
    const folder = run.env.MILESTONE_DELIVERABLES!;
    expect(folder).toMatch(/\/\.milestones\/deliverables\/m\/a\/design\/$/);
    expect(folder.startsWith(fs.realpathSync(rig.stateFolder))).toBe(true);
    fs.mkdirSync(`${folder}a`);
    fs.writeFileSync(`${folder}a/b.md`, 'text');
    expect(rig.exists(documentPath('m', 'a', 'design', 'a/b.md'))).toBe(false);
    await run.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(rig.read(documentPath('m', 'a', 'design', 'a/b.md'))).toBe('text');
    expect(eventsOf(rig, 'm', 'kiro_phase_updated')[0]!.details.deliverables).toEqual([
      {path: 'deliverables/m/a/design/a/b.md', sha256: sha256('text')},
    ]);
  });

  test.concurrent('every phase has keys of its own', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(
      'm',
      [
        freeTask(
          'a',
          {
            design: {
              run: writes('idea.md'),
              deliverables: ['idea.md'],
              verify: 'grep -q idea "$MILESTONE_DELIVERABLES/idea.md"',
            },
            spec: {run: 'sleep 1000', timeout: '200ms'},
          },
          {retries: 0, verify: 'test -e done.txt'},
        ),
      ],
      {settings: {verify: 'test -e README'}},
    );
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
    expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'timeout'}]);
    // The milestone's check and the task's own are for code.
    const verified = eventsOf(rig, 'm', 'task_verified').map(({details}) => details.checks.map(({name}) => name));
    expect(verified).toEqual([['task']]);
  });

  test.concurrent('phases that write documents run beside a task whose areas overlap, the last one does not', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const [long, design, execute] = [
      await rig.command('long'),
      await rig.command('design'),
      await rig.command('execute'),
    ];
    const nothing = {deliverables: []};
    await rig.writeMilestone('m', [
      {id: 'long', run: long.shell, touches: ['src/**']},
      freeTask(
        'a',
        {
          design: {run: design.shell, ...nothing},
          spec: {run: 'true', ...nothing},
          task: {run: 'true', ...nothing},
          execute: {run: execute.shell},
        },
        {touches: ['src/**']},
      ),
    ]);
    const execution = rig.milestone('execute');
    const running = await long.nextRun();
    await (await design.nextRun()).exit();
    await rig.waitForEvent('m', event => event.event === 'kiro_phase_transition' && event.details.to === 'execute');
    expect(execute.timesRun).toBe(0);
    await running.exit();
    await (await execute.nextRun()).exit();
    expect(await execution).toMatchObject({exitCode: 0});
  });
});

describe('what a phase leaves is looked at', () => {
  const wrong: Array<[string, string, RegExp]> = [
    ['missing', writes('architecture.md'), /did not deliver `api-spec.yaml` of its design: it is missing/],
    ['empty', `${writes('architecture.md')} && echo > "$MILESTONE_DELIVERABLES/api-spec.yaml"`, /it is empty/],
    [
      'outline',
      `${writes('api-spec.yaml')} && echo '<!-- milestone: outline, to be filled in -->' > "$MILESTONE_DELIVERABLES/architecture.md"`,
      /`architecture.md` of its design: it is still an outline/,
    ],
    [
      'broken-yaml',
      `${writes('architecture.md')} && echo 'a: [' > "$MILESTONE_DELIVERABLES/api-spec.yaml"`,
      /it is no YAML: /,
    ],
    [
      'link',
      `${writes('architecture.md')} && echo its own > "$HOME/outside" && ln -s "$HOME/outside" "$MILESTONE_DELIVERABLES/api-spec.yaml"`,
      /`api-spec.yaml` of its design: it is a link/,
    ],
    [
      'linked-folder',
      `mkdir "$PWD/x" && rmdir "$MILESTONE_DELIVERABLES" && ln -s "$PWD/x" "\${MILESTONE_DELIVERABLES%/}" && ${writes('architecture.md', 'api-spec.yaml')} && rm -r x/*`,
      /below `.milestones\/`, which no task may|it lies behind a link|it is missing/,
    ],
    [
      'pipe',
      `${writes('architecture.md')} && mkfifo "$MILESTONE_DELIVERABLES/api-spec.yaml"`,
      /it is not a regular file/,
    ],
  ];

  test.concurrent('what is missing, empty, an outline, broken, a link or a pipe fails the attempt, and the next one repairs it', async () => {
    await using rig = await MilestoneRig.create();
    const repaired = writes('architecture.md', 'api-spec.yaml');
    const tasks = wrong.map(([id, run]) =>
      kiroTask(id, {design: {run: `[ "$MILESTONE_ATTEMPT" = 1 ] || { ${repaired}; exit; }; ${run}`}}),
    );
    await rig.writeMilestone('m', tasks);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
    for (const [id, , message] of wrong) {
      const ended = eventsOf(rig, 'm', 'attempt_ended').filter(({details}) => details.task_id === id);
      expect(ended).toMatchObject([{details: {outcome: {message: expect.stringMatching(message)}}}]);
      expect(attemptsOf(rig, 'm').filter(attempt => attempt.startsWith(`${id}.`))).toEqual([
        `${id}.1 design`,
        `${id}.2 design`,
      ]);
      expect(phasesOf(rig, 'm')).toContain(`${id} design waiting_approval`);
    }
    // What the next attempt writes goes nowhere else.
    expect(fs.readFileSync(path.join(rig.env.HOME as string, 'outside'), 'utf8')).toBe('its own\n');
  });

  test.concurrent('broken JSON, changed code and another file of the home are refused; what was written is kept aside', async () => {
    await using rig = await MilestoneRig.create();
    const documents = writes('architecture.md', 'api-spec.yaml');
    const design = {
      json: {run: 'echo "{" > "$MILESTONE_DELIVERABLES/api.json"', deliverables: ['api.json']},
      code: {run: `${documents} && echo code > code.txt`},
      home: {run: `${documents} && mkdir -p .milestones/approvals && echo > .milestones/approvals/x`},
    };
    await rig.writeMilestone(
      'm',
      Object.entries(design).map(([id, design]) => freeTask(id, {design}, {retries: 0})),
    );
    expect(await rig.milestone('execute')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('did not deliver `api.json` of its design: it is no JSON'),
    });
    const ended = new Map(eventsOf(rig, 'm', 'attempt_ended').map(({details}) => [details.task_id, details.outcome]));
    expect(ended.get('code')).toMatchObject({
      kind: 'failed',
      cause: 'out_of_area',
      message: 'changed files in a phase that only writes documents: code.txt',
    });
    expect(ended.get('home')).toMatchObject({kind: 'failed', cause: 'out_of_area'});
    expect(filesAt(rig, 'refs/milestone/rescue/m/code.1')).toContain('code.txt');
    expect(rig.exists(documentPath('m', 'json', 'design', 'api.json'))).toBe(false);
    expect(rig.exists(documentPath('m', 'code', 'design', 'architecture.md'))).toBe(false);
    // What it wrote is kept beside what it printed.
    expect(rig.read('.milestones/logs/m/code.1.documents/architecture.md')).toContain('attempt 1');
  });

  test.concurrent('a phase whose own check is red is tried again', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const verify = '[ "$MILESTONE_ATTEMPT" = 2 ]';
    await rig.writeMilestone('m', [freeTask('a', {task: {verify: verify.replace('2', '4')}})]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
    expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'check'}]);
    expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 spec', 'a.3 task', 'a.4 task', 'a.5 execute']);
  });

  test.concurrent('tries are counted anew in each phase', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    const second = `echo $MILESTONE_ATTEMPT >> ${file}; [ $(($MILESTONE_ATTEMPT % 2)) = 0 ]`;
    const [design, spec] = [writes('architecture.md', 'api-spec.yaml'), writes('technical-spec.md', 'test-plan.md')];
    await rig.writeMilestone('m', [
      freeTask(
        'a',
        {design: {run: `(${second}) && ${design}`}, spec: {run: `(${second}) && ${spec}`}},
        {retries: 1, max_attempts: 2},
      ),
    ]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['1', '2', '3', '4']);
  });
});

describe('where the home is', () => {
  test.concurrent("committed to the repository: its documents are nobody's changes", async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [kiroTask('a')]);
    rig.write(documentPath('m', 'a', 'design', 'architecture.md'), 'an older one\n');
    rig.commit('The plan');
    expect(await rig.milestone('execute', '--gates', 'auto')).toMatchObject({exitCode: 0});
    expect(rig.git('diff', '--name-only', 'main', 'milestone/m')).toBe('done.txt');
    expect(rig.read(documentPath('m', 'a', 'design', 'architecture.md'))).toContain('attempt 1');
  });

  test.concurrent('ignored by git: everything is found all the same', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': '.milestones/\n'}});
    await rig.writeMilestone('m', [kiroTask('a'), kiroTask('b', {execute: {run: 'echo b > b.txt'}})], {
      settings: {max_parallel: 1},
    });
    expect(await rig.milestone('execute', '--gates', 'auto')).toMatchObject({exitCode: 0});
    expect(rig.git('diff', '--name-only', 'main', 'milestone/m')).toBe('b.txt\ndone.txt');
  });

  test.concurrent('in a folder below the top of the repository', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [kiroTask('a')]);
    fs.mkdirSync(rig.path('sub'));
    fs.renameSync(rig.path('.milestones'), rig.path('sub/.milestones'));
    expect(await rig.milestone('execute', 'm', '--gates', 'auto', {cwd: 'sub'})).toMatchObject({exitCode: 0});
    expect(rig.git('diff', '--name-only', 'main', 'milestone/m')).toBe('sub/done.txt');
    expect(rig.exists('sub/.milestones/deliverables/m/a/spec/test-plan.md')).toBe(true);
  });

  test.concurrent('without git', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('m', [kiroTask('a', {execute: {approval_required: true}})]);
    for (const phase of ['design', 'spec', 'execute']) {
      expect(await rig.milestone(phase === 'design' ? 'execute' : 'resume', 'm')).toMatchObject({exitCode: 6});
      expect(await rig.milestone('approve', '--yes', 'a', phase)).toMatchObject({exitCode: 0});
    }
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
    expect(rig.read('done.txt')).toBe('done\n');
    const summary = rig.read(documentPath('m', 'a', 'execute', 'implementation-summary.md'));
    expect(summary).toContain('there is no record of what changed');
  });

  test.concurrent('in the checkout itself, with checks that leave files behind', async () => {
    await using rig = await MilestoneRig.create();
    const verify = 'echo > leftover.txt';
    await rig.writeMilestone(
      'm',
      [kiroTask('a', {design: {verify}, spec: {verify}}), executeOnly('b', {run: 'true', verify})],
      {
        settings: {isolation: 'shared'},
      },
    );
    expect(await rig.milestone('execute', '--gates', 'auto')).toMatchObject({exitCode: 0});
    expect(rig.git('status', '--porcelain', '--', ':!.milestones')).toBe('');
    expect(rig.git('diff', '--name-only', 'main', 'milestone/m')).toBe('done.txt');
  });
});
