// What tasks, and people with git, may do to the slots and to the objects that lie between a slot and the branch.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import type {ScriptedCommand} from '../rig/scripted-command.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {eventsOf, everythingBelow, fileAt, filesAt, outcomes, subjects, tasksIn} from './support.ts';

const BRANCH = 'milestone/m';
const OWN = '-c user.name=A -c user.email=a@example.com';
const COMMIT = `git add -A && git ${OWN} commit -qm own`;

function frozenRefs(rig: MilestoneRig): string {
  return rig.git('for-each-ref', 'refs/milestone/frozen');
}

/** The executor dies while the only check runs; the next one carries all out. */
async function dieInCheck(rig: MilestoneRig, check: ScriptedCommand): Promise<void> {
  const killed = rig.milestone('execute');
  await check.nextRun();
  killed.kill('SIGKILL');
  await killed;
  const execution = rig.milestone('execute');
  await (await check.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
}

test.concurrent('work that is being checked survives a prune of the repository', async () => {
  await using rig = await MilestoneRig.create();
  const check = await rig.command('check');
  await rig.writeMilestone('m', [{id: 'a', run: 'mkdir d; echo 1 > d/one', verify: check.shell}]);
  const execution = rig.milestone('execute');
  const run = await check.nextRun();
  rig.git('prune', '--expire=now');
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'd/one']);
  expect(rig.git('fsck', '--connectivity-only')).not.toMatch(/missing|broken/);
  expect(frozenRefs(rig)).toBe('');
});

test.concurrent('work of which objects are gone is done again, and never merged', async () => {
  await using rig = await MilestoneRig.create();
  const check = await rig.command('check');
  await rig.writeMilestone('m', [{id: 'a', run: 'mkdir d; echo 1 > d/one', verify: check.shell}]);
  const execution = rig.milestone('execute');
  const run = await check.nextRun();
  rig.git('update-ref', '-d', 'refs/milestone/frozen/m/a.1');
  rig.git('prune', '--expire=now');
  await run.exit();
  await (await check.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'interrupted', executor_died: false}]);
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'd/one']);
});

test.concurrent('work that was being checked when the executor died is kept without what the checks wrote', async () => {
  await using rig = await MilestoneRig.create();
  const check = await rig.command('check');
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a', verify: `echo junk > junk; ${check.shell}`}]);
  await dieInCheck(rig, check);
  expect(filesAt(rig, 'refs/milestone/rescue/m/a.1')).toEqual(['README', 'a']);
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
});

test.concurrent('work that was being checked when the executor died is kept once, also what it had committed', async () => {
  await using rig = await MilestoneRig.create();
  const check = await rig.command('check');
  await rig.writeMilestone('m', [{id: 'a', run: `echo a > a; ${COMMIT}; echo b > b`, verify: check.shell}]);
  await dieInCheck(rig, check);
  expect(filesAt(rig, 'refs/milestone/rescue/m/a.1')).toEqual(['README', 'a', 'b']);
  expect(slotsKept(rig)).toEqual([]);
});

test.concurrent('what a person does in a slot that waits to be handed on is kept', async () => {
  await using rig = await MilestoneRig.create();
  const [held, other] = [await rig.command('held'), await rig.command('other')];
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a', verify: 'echo junk > junk'},
    {id: 'b', run: `(${held.shell}); echo b > b`},
    {
      id: 'c',
      run: `(${other.shell}); test ! -e mine && test ! -e junk && echo c > c`,
      dependencies: ['a', 'b'],
      retries: 0,
    },
  ]);
  const execution = rig.milestone('execute', '--max-parallel', '2');
  const run = await held.nextRun();
  await rig.waitForEvent('m', 'task_completed');
  fs.writeFileSync(path.join(slotFolderOf(rig), 'mine'), 'mine\n');
  await run.exit();
  await (await other.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(slotsKept(rig).map(ref => fileAt(rig, ref, 'mine'))).toEqual(['mine']);
});

test.concurrent('what git cannot commit fails the task that left it, and nobody else', async () => {
  await using rig = await MilestoneRig.create();
  const other = await rig.command('other');
  await rig.writeMilestone('m', [
    {id: 'a', run: 'rm README; mkfifo README; echo a > a', retries: 0},
    {id: 'b', run: `(${other.shell}); echo b > b`},
  ]);
  const execution = rig.milestone('execute');
  const run = await other.nextRun();
  await rig.waitForEvent('m', 'task_failed');
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 4});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', message: expect.stringContaining('cannot commit')}]);
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(['b']);
});

test.concurrent('a task that works on the branch itself is checked like any other', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', title: 'A', run: `git checkout -q ${BRANCH} && echo a > a`},
    {id: 'b', title: 'B', run: `git checkout -q ${BRANCH} && echo b > b && ${COMMIT}`, dependencies: ['a']},
    {id: 'c', title: 'C', run: `echo c > c && ${COMMIT} && git branch -f ${BRANCH} HEAD`, dependencies: ['b']},
    {
      id: 'd',
      title: 'D',
      run: `git checkout -q ${BRANCH} && echo d > d && ${COMMIT}`,
      verify: 'test ! -e d',
      retries: 0,
    },
  ]);
  const {exitCode, stderr, stdout} = await rig.milestone('execute', '--max-parallel', '1');
  expect(exitCode).toBe(4);
  expect(subjects(rig, 'm')).toEqual(['A', 'B', 'C'].map(title => `feat(milestone-m): ${title}`));
  expect(`${stdout}${stderr}`).toContain('an attempt had committed to `milestone/m` itself');
  expect(fileAt(rig, 'refs/milestone/rescue/m/d.1', 'd')).toBe('d');
});

test.concurrent('work that no commit can hold stays, whoever uses its slot next', async () => {
  await using rig = await MilestoneRig.create();
  const app = `git init -q app && echo precious > app/p && (cd app && ${COMMIT})`;
  await rig.writeMilestone('m', [{id: 'a', run: `if mkdir "$FIRST"; then ${app}; exit 1; fi; echo a > a`, retries: 1}]);
  rig.env.FIRST = path.join(rig.root, 'first');
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(tasksIn(rig, 'm', 'task_started')).toEqual(['a', 'a']);
  const kept = everythingBelow(rig.stateFolder).filter(name => name.endsWith('/p'));
  expect(kept.map(name => fs.readFileSync(path.join(rig.stateFolder, name), 'utf8'))).toEqual(['precious\n']);
});

test.concurrent('work that no commit can hold stays when the milestone completes', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo precious > p; rm README; mkfifo README; exit 1', retries: 0},
    {id: 'b', run: 'echo b > b', dependencies: ['a']},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  expect(await rig.milestone('skip', '--yes', 'a')).toMatchObject({exitCode: 0});
  const {exitCode, stdout, stderr} = await rig.milestone('resume', '--max-parallel', '1');
  expect(exitCode).toBe(0);
  expect(`${stdout}${stderr}`).toContain('.stray-');
  const kept = everythingBelow(rig.stateFolder).filter(name => name.endsWith('/p'));
  expect(kept).toHaveLength(1);
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
});

test.concurrent('a slot that is made fresh is set up anew, and all run in a folder that is named after the repository', async () => {
  await using rig = await MilestoneRig.create({files: {'.gitignore': 'node_modules\n', README: 'r\n'}});
  const named = 'test "$(basename "$PWD")" = repo && test "$(basename "$(pwd -P)")" = repo';
  const run = (id: string) => `${named} && test -e node_modules/x && echo ${id} > ${id}`;
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', run: run('a'), verify: named, retries: 0},
      {id: 'b', run: run('b'), dependencies: ['a'], retries: 0},
    ],
    {
      settings: {workspace: {setup: 'mkdir node_modules && touch node_modules/x', fresh: true}},
    },
  );
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
});

test.concurrent('files that git is told to pass over are committed as the checks see them', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > README; git update-index --skip-worktree README', verify: 'grep a README'},
    {id: 'b', run: 'echo b > README; git update-index --assume-unchanged README', dependencies: ['a']},
  ]);
  expect(await rig.milestone('execute', '--max-parallel', '1')).toMatchObject({exitCode: 0});
  expect(fileAt(rig, `${BRANCH}~1`, 'README')).toBe('a');
  expect(fileAt(rig, BRANCH, 'README')).toBe('b');
});

test.concurrent("attributes in a person's checkout do not decide how tasks are merged", async () => {
  await using rig = await MilestoneRig.create();
  const [one, two] = [await rig.command('one'), await rig.command('two')];
  await rig.writeMilestone('m', [
    {id: 'one', run: `(${one.shell}); echo one > README`},
    {id: 'two', run: `(${two.shell}); echo two > README`},
  ]);
  rig.write('.gitattributes', 'README merge=union\n');
  const execution = rig.milestone('execute');
  const [first, second] = [await one.nextRun(), await two.nextRun()];
  await first.exit();
  await rig.waitForEvent('m', 'task_completed');
  await second.exit();
  await (await two.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'conflict', files: ['README']}]);
  expect(fileAt(rig, BRANCH, 'README')).toBe('two');
});

test.concurrent('slots are found again where they were made', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: `echo half > half; (${work.shell}) && rm half && echo a > a`}]);
  const killed = rig.milestone('execute');
  await work.nextRun();
  killed.kill('SIGKILL');
  await killed;
  rig.env.XDG_STATE_HOME = path.join(rig.root, 'elsewhere');
  const execution = rig.milestone('execute');
  await (await work.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(fileAt(rig, 'refs/milestone/rescue/m/a.1', 'half')).toBe('half');
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect(rig.git('worktree', 'prune', '--dry-run')).toBe('');
});

test.concurrent('a filter of git that hangs keeps nobody from ending the execution', async () => {
  await using rig = await MilestoneRig.create({files: {'.gitattributes': '*.big filter=hang\n'}});
  const filter = await rig.command('filter');
  rig.git('config', 'filter.hang.clean', filter.shell);
  await rig.writeMilestone('m', [{id: 'a', run: 'echo 1 > a.big'}]);
  const execution = rig.milestone('execute');
  const first = await filter.nextRun();
  execution.kill('SIGINT');
  await first.ended;
  await filter.nextRun(); // what the attempt has left is to be kept
  execution.kill('SIGINT');
  expect(await execution).toMatchObject({exitCode: 130});
  expect(rig.processesLeft()).toEqual([]);
  expect(everythingBelow(rig.stateFolder).some(name => name.endsWith('/a.big'))).toBe(true);
});

test.concurrent('a setup that fails for merged work fails that work', async () => {
  await using rig = await MilestoneRig.create();
  const [one, two] = [await rig.command('one'), await rig.command('two')];
  await rig.writeMilestone(
    'm',
    [
      {id: 'one', run: `(${one.shell}); touch broken`, verify: 'true', retries: 0},
      {id: 'two', run: `(${two.shell}); echo two > two`},
    ],
    {settings: {workspace: {setup: 'test ! -e broken', setup_when: ['broken']}}},
  );
  const execution = rig.milestone('execute');
  const [first, second] = [await one.nextRun(), await two.nextRun()];
  await second.exit();
  await rig.waitForEvent('m', 'task_completed');
  await first.exit();
  expect(await execution).toMatchObject({exitCode: 4});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'setup'}]);
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'two']);
});

test.concurrent('a state folder that cannot be made is a failure of the machine that says which and what to set', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}]);
  rig.write('../file', '');
  fs.symlinkSync('/nowhere/at/all', path.join(rig.root, 'dangling'));
  for (const [name, command] of [
    ['file', 'execute'],
    ['dangling', 'resume'],
  ] as const) {
    rig.env.XDG_STATE_HOME = path.join(rig.root, name);
    const {exitCode, stderr} = await rig.milestone(command);
    expect(exitCode).toBe(9);
    expect(stderr).toContain(`cannot make the folder \`${rig.env.XDG_STATE_HOME}/milestone/repo-`);
    expect(stderr).toContain('`workspace.root`');
  }
  rig.env.XDG_STATE_HOME = rig.stateFolder;
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});

/** Preloaded: what has this in its name cannot be deleted. */
const UNDELETABLE = `const fs = require('node:fs');
const {rm} = fs.promises;
fs.promises.rm = (file, ...rest) =>
  String(file).includes('.removed') ? Promise.reject(Object.assign(new Error('EACCES: not yours'), {code: 'EACCES'})) : rm(file, ...rest);
`;

test.concurrent('what cannot be deleted is a warning: what is finished completes, and what is cancelled is', async () => {
  await using rig = await MilestoneRig.create();
  rig.write('../undeletable.cjs', UNDELETABLE);
  const env = {NODE_OPTIONS: `--require ${rig.path('../undeletable.cjs')}`};
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}]);
  await rig.writeMilestone('n', [{id: 'a', run: 'exit 1', retries: 0}]);
  const completed = await rig.milestone('execute', 'm', {env});
  expect(completed).toMatchObject({exitCode: 0, stderr: expect.stringMatching(/could not be deleted.*EACCES/)});
  expect(rig.exists(rig.planFile('m', 'completed'))).toBe(true);
  expect(await rig.milestone('execute', 'n')).toMatchObject({exitCode: 4});
  const cancelled = await rig.milestone('cancel', 'n', {env});
  expect(cancelled).toMatchObject({exitCode: 0, stderr: expect.stringContaining('could not be deleted')});
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
});

/** Refs of what lay in slots and was no attempt's, as the log tells of them. */
function slotsKept(rig: MilestoneRig, id = 'm'): string[] {
  return eventsOf(rig, id, 'slot_kept').map(({details}) => details.ref);
}

/** What leads to the slots of a milestone, each by its number. */
function linkOf(rig: MilestoneRig, slot: number, id = 'm'): string {
  const pools = path.join(rig.stateFolder, 'milestone');
  return path.join(pools, fs.readdirSync(pools)[0]!, id, `${slot}`);
}

/** The folder of the only slot of a milestone. */
function slotFolderOf(rig: MilestoneRig, id = 'm'): string {
  return fs.realpathSync(linkOf(rig, 0, id));
}

test.concurrent('what a person does in the slot of a paused attempt is kept when the milestone goes on', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: `echo half > half; (${work.shell}); rm -f half; echo a > a`}]);
  const execution = rig.milestone('execute');
  await work.nextRun();
  expect(await rig.milestone('pause', '--now')).toMatchObject({exitCode: 0});
  expect(await execution).toMatchObject({exitCode: 6});
  const slot = slotFolderOf(rig);
  fs.writeFileSync(path.join(slot, 'mine'), 'mine\n');
  const resume = rig.milestone('resume');
  await (await work.nextRun()).exit();
  const {exitCode, stderr} = await resume;
  expect(exitCode).toBe(0);
  const [ref] = slotsKept(rig);
  expect(stderr).toContain(ref);
  expect(fileAt(rig, ref!, 'mine')).toBe('mine');
  expect(slotsKept(rig)).toHaveLength(1);
  expect(fileAt(rig, 'refs/milestone/rescue/m/a.1', 'half')).toBe('half');
});

test.concurrent('what a person does in an idle slot is kept at the end, also when the milestone is cancelled', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a', verify: 'echo junk > coverage'},
    {id: 'b', run: 'exit 1', retries: 0, dependencies: ['a']},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  expect(slotsKept(rig)).toEqual([]);
  const slot = slotFolderOf(rig);
  fs.writeFileSync(path.join(slot, 'mine'), 'mine\n');
  expect(await rig.milestone('cancel', 'm')).toMatchObject({exitCode: 0});
  expect(slotsKept(rig).map(ref => fileAt(rig, ref, 'mine'))).toEqual(['mine']);
  expect(fs.existsSync(slot)).toBe(false);
});

test.concurrent('what attempts, checks and setups leave in slots makes no ref of its own', async () => {
  await using rig = await MilestoneRig.create();
  const junk = (name: string) => `echo junk > ${name}; git add ${name}; git ${OWN} commit -qm junk --allow-empty`;
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', run: `echo a > a; git ${OWN} commit -qm own --allow-empty`, verify: junk('checked')},
      {id: 'b', run: `echo b > b; test -e ../b-again || { touch ../b-again; exit 1; }`, dependencies: ['a']},
      {id: 'c', run: 'echo c > c', verify: `${junk('red')}; test -e ../c-again || { touch ../c-again; exit 1; }`},
    ],
    {settings: {verify: 'date > report', max_parallel: 2, workspace: {setup: 'date > made', teardown: 'date > torn'}}},
  );
  expect(await rig.milestone('execute', '--gates', 'auto')).toMatchObject({exitCode: 0});
  expect(slotsKept(rig)).toEqual([]);
});

test.concurrent('an attempt whose slot was taken out of the registry is not to blame for it', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: `(${work.shell}); echo a > a`, retries: 0}]);
  const execution = rig.milestone('execute');
  const run = await work.nextRun();
  fs.rmSync(rig.path('.git/worktrees'), {recursive: true});
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(fileAt(rig, BRANCH, 'a')).toBe('a');
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
});

test.concurrent('worktrees that agents make for agents of their own go with the slot, and their branches stay', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'git worktree add -q -b sub .claude/worktrees/sub; echo a > a', verify: 'test -e a', retries: 0},
    {id: 'b', run: 'test ! -e .claude && echo b > b', dependencies: ['a'], retries: 0},
  ]);
  expect(await rig.milestone('execute', '--max-parallel', '1')).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b']);
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect(rig.git('rev-parse', 'sub')).toBe(rig.git('rev-parse', 'main'));
});

test.concurrent('slots are made while the base is checked, and no attempt begins before that is green', async () => {
  await using rig = await MilestoneRig.create();
  const check = await rig.command('check');
  const later = {id: 'later', run: 'echo 3 > later', dependencies: ['a']};
  await rig.writeMilestone('m', [{id: 'a', run: 'echo 1 > a'}, {id: 'b', run: 'echo 2 > b'}, later], {
    settings: {verify: `[ -n "$MILESTONE_TASK" ] || (${check.shell})`, max_parallel: 4},
  });
  const execution = rig.milestone('execute');
  const baseline = await check.nextRun();
  await Promise.all([0, 1].map(slot => waitForFile(linkOf(rig, slot))));
  expect(fs.existsSync(linkOf(rig, 2))).toBe(false);
  expect(eventsOf(rig, 'm', 'task_started')).toEqual([]);
  // Is kept, and in nobody's way.
  fs.writeFileSync(path.join(slotFolderOf(rig), 'mine'), 'mine\n');
  await baseline.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b', 'later']);
  expect(slotsKept(rig).map(ref => fileAt(rig, ref, 'mine'))).toEqual(['mine']);
});

test.concurrent('who wants to end while slots are made for later does not wait for them', async () => {
  await using rig = await MilestoneRig.create({files: {'.gitattributes': '* filter=slow\n', 'a.txt': 'a\n'}});
  const [check, filter] = [await rig.command('check'), await rig.command('filter')];
  rig.git('config', 'filter.slow.smudge', `case "$PWD" in *slot-0*) (${filter.shell});; esac; cat`);
  rig.git('config', 'filter.slow.clean', 'cat');
  await rig.writeMilestone('m', [{id: 'a', run: 'echo 1 > a'}], {settings: {verify: check.shell}});
  const execution = rig.milestone('execute');
  await check.nextRun();
  await filter.nextRun();
  execution.kill('SIGTERM');
  expect(await execution).toMatchObject({exitCode: 143});
});
