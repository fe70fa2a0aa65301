import fs from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {sample} from '../rig/sweep.ts';

const LOG = '.milestones/logs/execution-m.jsonl';

/** Codes of what doctor finds, notes left out. */
async function findings(rig: MilestoneRig, ...flags: string[]): Promise<{exitCode: number | null; codes: string[]}> {
  const ended = await rig.milestone('doctor', '--json', ...flags);
  const {findings} = ended.json() as {findings: Array<{severity: string; code: string}>};
  return {
    exitCode: ended.exitCode,
    codes: findings.filter(({severity}) => severity !== 'note').map(({code}) => code),
  };
}

test.concurrent('where all is well it says so, and changes nothing', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a.txt'}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  await rig.writeMilestone('n', [{id: 'a', run: 'true'}]);
  const before = rig.git('status', '--porcelain', '--untracked-files=all', '--ignored');
  const healthy = await rig.milestone('doctor');
  expect(healthy).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^all is well\n$/m), stderr: ''});
  expect(healthy.stdout.split('\n').filter(line => /^(error|warning)/.test(line))).toEqual([]);
  expect(rig.git('status', '--porcelain', '--untracked-files=all', '--ignored')).toBe(before);
  expect(await rig.milestone('doctor', 'nn')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('there is no milestone `nn`'),
  });
});

test.concurrent('coding agents are named, with their version and how to log in; what a plan needs must be there', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.version('claude', '2.1.330 (Claude Code)');
  agents.version('codex', 'codex-cli 0.1.0');
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  await rig.milestone('doctor', '--repair');
  const {exitCode, stdout} = await rig.milestone('doctor');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^note: the driver `claude` is `.*claude`, version 2\.1\.330.*\n {2}hint: to log in, run `claude`, then `\/login`$/m,
  );
  expect(stdout).toMatch(
    /^note: `codex` is at version .*0\.1\.0; .* or later is needed\n {2}hint: update it with `npm install -g @openai\/codex`$/m,
  );
  expect(stdout).toMatch(
    /^note: the driver `opencode` needs the program `opencode`, .*\n {2}hint: install it with `npm install -g opencode-ai`/m,
  );
  expect(stdout).toMatch(/^all is well$/m);
  rig.write('.milestones/config.yaml', 'drivers: {small: {driver: opencode, model: x}}\n');
  await rig.writeMilestone('m', [
    {id: 'a', driver: 'codex'},
    {id: 'b', driver: 'small'},
  ]);
  const needed = await rig.milestone('doctor');
  expect(needed).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^nothing keeps it from working$/m)});
  expect(needed.stdout).toMatch(/^warning: `codex` is at version .*; needed by `m`$/m);
  expect(needed.stdout).toMatch(/^warning: the driver `opencode` needs the program `opencode`.*; needed by `m`$/m);
});

test.concurrent('settings and prompts that cannot be used are named', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', driver: 'nobody'}]);
  rig.write('.milestones/config.yaml', 'drivers: {broken: {model: x}}\n');
  rig.write('.milestones/prompts/review.md', '{{#each}}');
  rig.write('.milestones/prompts/reviews.md', 'x');
  const {exitCode, stdout} = await rig.milestone('doctor');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^error: the driver `broken` .*config\.yaml:1:\d+/m);
  expect(stdout).toMatch(/^error: .*review\.md/m);
  expect(stdout).toMatch(/^error: there is no prompt `reviews`.*\n {2}hint: did you mean `review`\?/m);
  expect(stdout).toMatch(/^warning: the driver `nobody` is not known.*m\.yaml:\d+/m);
});

test.concurrent('a plan that is no plan, and a home whose logs git would commit, are named', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true', dependencies: ['b']}]);
  const ended = await rig.milestone('doctor');
  expect(ended).toMatchObject({exitCode: 3, stderr: expect.stringContaining('one thing needs to be mended')});
  expect(ended.stdout).toMatch(/warning: git does not ignore `logs\/`/);
  expect(ended.stdout).toMatch(/error: .*`b`.*m\.yaml:\d+/);
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  expect(await findings(rig)).toEqual({exitCode: 0, codes: ['HOME_NOT_IGNORED']});
  expect(await findings(rig, '--repair')).toEqual({exitCode: 0, codes: []});
});

test.concurrent('what a killed executor left is named, and repair ends and removes it', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  const live = await rig.milestone('doctor');
  expect(live).toMatchObject({exitCode: 0, stdout: expect.stringContaining(`process ${execution.pid}`)});
  execution.kill('SIGKILL');
  await execution;
  rig.write('.milestones/inbox/m/nonsense', 'x');
  rig.write('.milestones/inbox/m/junk/nonsense', 'x');
  fs.appendFileSync(rig.path(LOG), '{"seq":99,"tim');
  const gitDir = fs
    .readFileSync(path.join(slotOf(rig), '.git'), 'utf8')
    .trim()
    .replace('gitdir: ', '');
  fs.writeFileSync(path.join(gitDir, 'index.lock'), '');

  expect(await findings(rig)).toEqual({
    exitCode: 0,
    codes: ['LOG_TORN', 'GIT_LOCK_LEFT', 'PROCESSES_LEFT', 'JUNK_LEFT'],
  });
  expect(await findings(rig, '--repair')).toEqual({exitCode: 0, codes: []});
  await run.ended;
  expect(fs.existsSync(path.join(gitDir, 'index.lock'))).toBe(false);
  const resumed = rig.milestone('resume');
  await (await build.nextRun()).exit(0);
  expect(await resumed).toMatchObject({exitCode: 0});
});

test.concurrent('a lock that cannot be understood is named, with what takes it over', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  rig.write('.git/milestone/locks/m/99', 'garbage\n');
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 5});
  for (const flags of [[], ['--repair']])
    expect(await rig.milestone('doctor', ...flags)).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('error: the lock of `m` cannot be understood'),
      stderr: expect.stringContaining('`milestone resume m --take-over`'),
    });
  expect(await rig.milestone('execute', 'm', '--take-over')).toMatchObject({exitCode: 0});
  expect(await findings(rig)).toEqual({exitCode: 0, codes: []});
});

test.concurrent('slots of a cancelled milestone, a stray folder, and a branch that was rewound are named', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a.txt'},
    {id: 'b', run: 'false', retries: 0, dependencies: ['a']},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  fs.cpSync(slotOf(rig), `${slotOf(rig)}.stray-20261123T100000`, {recursive: true});
  const head = rig.git('rev-parse', 'milestone/m');
  rig.git('branch', '-f', 'milestone/m', 'main');
  expect(await findings(rig)).toEqual({exitCode: 3, codes: ['COMMIT_NOT_ON_BRANCH', 'SLOT_STRAY']});
  rig.git('branch', '-D', 'milestone/m');
  const {stdout} = await rig.milestone('doctor', '--repair');
  expect(stdout).toContain(`hint: git branch milestone/m ${head}`);
  expect(rig.git('branch', '--list', 'milestone/*')).toBe('');
});

test.concurrent('while somebody works on it nothing is repaired: exit 5', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'build', run: build.shell, dependencies: ['a']},
  ]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  // In place: the executor goes on writing at the end.
  const at = fs.readFileSync(rig.path(LOG)).indexOf('"timestamp"') + 14;
  const log = fs.openSync(rig.path(LOG), 'r+');
  fs.writeSync(log, 'x', at);
  fs.closeSync(log);
  expect(await rig.milestone('doctor', '--repair', '--json')).toMatchObject({exitCode: 5});
  await run.exit(0);
  await execution;
});

test.concurrent('a plan that a killed executor left in active/ is moved, and its slots go', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  fs.renameSync(rig.path(rig.planFile('m', 'completed')), rig.path(rig.planFile('m')));
  expect(await findings(rig)).toEqual({exitCode: 0, codes: ['MOVE_UNFINISHED']});
  expect(await findings(rig, '--repair')).toEqual({exitCode: 0, codes: []});
  expect(rig.exists(rig.planFile('m'))).toBe(false);
  expect(rig.exists(rig.planFile('m', 'completed'))).toBe(true);
});

test.concurrent('work of attempts that a shortened log forgot stays, under another name', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo half > half.txt; false', retries: 0}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  const log = fs.readFileSync(rig.path(LOG));
  fs.writeFileSync(rig.path(LOG), log.subarray(0, log.indexOf('\n') + 1));
  expect(await rig.milestone('doctor', '--repair')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 4});
  const refs = rig.git('for-each-ref', '--format=%(refname)', 'refs/milestone/rescue/m/').split('\n');
  expect(refs).toEqual(['refs/milestone/rescue/m/a.1', expect.stringMatching(/\/a\.1\.kept-\d{8}T\d{9}Z$/)]);
  for (const ref of refs) expect(rig.git('show', `${ref}:half.txt`)).toBe('half');
});

test.concurrent('a plan of another machine is not taken for a lost log', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {status: 'in_progress', execution: {id: 'exec-elsewhere'}});
  rig.write('.milestones/.gitignore', 'logs/\nsessions/\ninbox/\ncache/\n');
  expect(await findings(rig, '--repair')).toEqual({exitCode: 0, codes: ['LOG_ELSEWHERE']});
  expect(rig.exists(LOG)).toBe(false);
});

const DAMAGES: Array<[string, (log: Buffer) => Buffer | undefined, string]> = [
  ['a bit flipped in the middle', log => flip(log, Math.floor(log.length / 2)), 'LOG_DAMAGED'],
  ['a bit flipped in the first event', log => flip(log, 100), 'LOG_DAMAGED'],
  ['a bit flipped in the last event', log => flip(log, log.length - 60), 'LOG_DAMAGED'],
  ['the line of a start dropped', log => without(log, /"task_started".*"task_id":"left"/), 'LOG_DAMAGED'],
  ['the line of a completion dropped', log => without(log, /"task_completed".*"task_id":"base"/), 'LOG_DAMAGED'],
  ['the line of the branch dropped', log => without(log, /"branch_created"/), 'LOG_DAMAGED'],
  ['a line doubled', log => doubled(log, /"task_completed".*"task_id":"left"/), 'LOG_DAMAGED'],
  ['the end cut off after a line', log => log.subarray(0, log.indexOf('\n', log.length / 2) + 1), 'COMPLETION_LOST'],
  ['all but the first event cut off', log => log.subarray(0, log.indexOf('\n') + 1), 'COMPLETION_LOST'],
  ['emptied', () => Buffer.alloc(0), 'LOG_LOST'],
  ['overwritten with zeros', log => Buffer.alloc(log.length), 'LOG_LOST'],
  ['deleted', () => undefined, 'LOG_LOST'],
];

describe.each([
  {where: 'in git', flags: [], damages: sample(DAMAGES, 3)},
  // Without commits only the log and the plan tell.
  {
    where: 'with --no-git',
    flags: ['--no-git'],
    damages: sample(
      DAMAGES.filter((_, number) => number % 3 === 1),
      2,
    ),
  },
])('$where', ({flags, damages}) => {
  let template: MilestoneRig;
  const inGit = flags.length === 0;

  // Three tasks are done, the fourth has failed; what it waits for lies outside.
  beforeAll(async () => {
    template = await MilestoneRig.create();
    const task = (id: string, dependencies: string[], condition = 'true') => ({
      id,
      run: `${condition} && echo ${id} >> "$DIARY" && echo ${id} > ${id}.txt`,
      dependencies,
      retries: 0,
    });
    await template.writeMilestone('m', [
      task('base', []),
      task('left', ['base']),
      task('right', ['base']),
      task('top', ['left', 'right'], 'test -e "$GO"'),
    ]);
    Object.assign(template.env, surroundings(template));
    expect(await template.milestone('execute', ...flags)).toMatchObject({exitCode: 4});
  });
  afterAll(() => template[Symbol.asyncDispose]());

  test.concurrent.each(damages)('with %s, a repaired log leads to every task done once', async (name, damage, code) => {
    await using rig = MilestoneRig.copyOf(template);
    Object.assign(rig.env, surroundings(rig));
    const original = fs.readFileSync(rig.path(LOG));
    const damaged = damage(original);
    fs.rmSync(rig.path(LOG));
    if (damaged) rig.write(LOG, damaged);
    const main = rig.git('rev-parse', 'main', 'HEAD');

    const before = await findings(rig);
    expect(before.exitCode, name).toBe(3);
    expect(before.codes.filter(found => [code, 'LOG_SHORTENED', 'LOG_DAMAGED'].includes(found))).not.toEqual([]);
    expect(await rig.milestone('doctor', '--repair')).toMatchObject({exitCode: 0});
    expect((await findings(rig)).codes).toEqual([]);
    const kept = fs.readdirSync(rig.path('.milestones/logs')).filter(file => file.includes('.damaged-'));
    if (damaged) expect(rig.read(`.milestones/logs/${kept[0]}`)).toBe(damaged.toString());

    fs.writeFileSync(rig.env.GO!, '');
    if (rig.events('m').some(({event}) => event === 'task_failed'))
      expect((await rig.milestone('retry', 'm')).exitCode).toBe(0);
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
    expect(fs.readFileSync(rig.env.DIARY!, 'utf8').trim().split('\n').toSorted()).toEqual([
      'base',
      'left',
      'right',
      'top',
    ]);
    expect(rig.git('rev-parse', 'main', 'HEAD')).toBe(main);
    if (!inGit) return;
    const trailers = rig.git('log', '--format=%(trailers:key=Task,valueonly,separator=%x2C)', 'main..milestone/m');
    expect(trailers.split('\n').toSorted()).toEqual(['base', 'left', 'right', 'top']);
  });
});

/** Variables of the tasks: what ran, and whether the last may. */
function surroundings(rig: MilestoneRig): Record<string, string> {
  const diary = path.join(rig.root, 'diary');
  return {DIARY: diary, GO: path.join(rig.root, 'go')};
}

function slotOf(rig: MilestoneRig): string {
  const top = path.join(rig.stateFolder, 'milestone');
  return path.join(top, fs.readdirSync(top)[0]!, 'm', '0');
}

function flip(log: Buffer, at: number): Buffer {
  const flipped = Buffer.from(log);
  flipped[at]! ^= 1;
  return flipped;
}

function without(log: Buffer, line: RegExp): Buffer {
  return edited(log, lines => lines.filter(text => !line.test(text)));
}

function doubled(log: Buffer, line: RegExp): Buffer {
  return edited(log, lines => lines.flatMap(text => (line.test(text) ? [text, text] : [text])));
}

function edited(log: Buffer, edit: (lines: string[]) => string[]): Buffer {
  return Buffer.from(`${edit(log.toString().trimEnd().split('\n')).join('\n')}\n`);
}

test.concurrent('after a repair every gate is asked again: a damaged log proves no approval', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {
      id: 'a',
      run: 'echo a > a.txt',
      kiro_workflow: {
        enabled: true,
        phases: {
          design: {run: 'echo design > "$MILESTONE_DELIVERABLES/d.md"', deliverables: ['d.md']},
          spec: {run: 'echo spec > "$MILESTONE_DELIVERABLES/s.md"', deliverables: ['s.md']},
          task: {run: 'echo task > "$MILESTONE_DELIVERABLES/t.md"', deliverables: ['t.md']},
        },
      },
    },
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  expect(await rig.milestone('approve', '--yes', 'a', '--yes')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  const log = rig.read(rig.logFile('m'));
  const at = log.indexOf('"kiro_approval_granted"');
  rig.write(rig.logFile('m'), `${log.slice(0, at)}"kiro_approval_GRANTED"${log.slice(at + 23)}`);

  // Whoever is to write the log sees the damage, whatever the cache says.
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 9, stderr: expect.stringContaining('doctor')});
  expect(await rig.milestone('doctor', '--repair')).toMatchObject({exitCode: 0});
  expect((await rig.status('m')).approvals).toMatchObject([{task_id: 'a', status: 'pending'}]);
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
});
