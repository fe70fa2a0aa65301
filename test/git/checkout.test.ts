import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {alignIndex, checkedOutAt, dirtyFiles, followCheckout, repairIndex} from '../../src/git/checkout.ts';
import {commitTree} from '../../src/git/commit.ts';
import {createMilestoneBranch} from '../../src/git/milestone-branch.ts';
import {advanceBranch} from '../../src/git/refs.ts';
import {writeTree} from '../../src/git/trees/tree.ts';
import {rescueLeftovers, switchTo, syncFiles} from '../../src/workspace/shared/shared-checkout.ts';
import {readActivity} from '../../src/workspace/slots/slot-activity.ts';
import {GitRig, ID} from './git-rig.ts';

const BRANCH = `milestone/${ID}`;
const PLAN = '.milestones/active/release.yaml';

/** Two commits, the first of which is checked out, with an uncommitted edit in the home. */
function twoCommits(rig: GitRig): {from: string; to: string} {
  const from = rig.commit({[PLAN]: 'id: release\n', gone: 'x', 'was-file': 'x'});
  fs.rmSync(path.join(rig.repo, 'gone'));
  fs.rmSync(path.join(rig.repo, 'was-file'));
  const to = rig.commit({readme: 'new\n', 'was-file/now-folder': 'y', added: 'z'});
  rig.git('reset', '--quiet', '--hard', from);
  rig.write(rig.repo, {[PLAN]: 'id: release # projected\n', '.milestones/approvals/a.yaml': 'x'});
  return {from, to};
}

test('a clean checkout follows the branch, and the home keeps its bytes', async () => {
  using rig = GitRig.create();
  const {from, to} = twoCommits(rig);
  const repo = await rig.open();
  rig.git('update-ref', 'HEAD', to);
  expect(await followCheckout(repo, from, to)).toEqual({kind: 'followed'});
  expect(await dirtyFiles(repo)).toEqual([]);
  expect(rig.git('status', '--porcelain')).toBe(` M ${PLAN}\n?? .milestones/approvals/`);
  expect(fs.readFileSync(path.join(rig.repo, PLAN), 'utf8')).toContain('projected');
});

test('a checkout that was killed half way follows to the end', async () => {
  using rig = GitRig.create();
  const {from, to} = twoCommits(rig);
  const repo = await rig.open();
  rig.write(rig.repo, {readme: 'new\n', added: 'z'});
  fs.rmSync(path.join(rig.repo, 'gone'));
  for (let time = 1; time <= 2; time++) expect(await followCheckout(repo, from, to)).toEqual({kind: 'followed'});
  rig.git('update-ref', 'HEAD', to);
  expect(await dirtyFiles(repo)).toEqual([]);
});

test('a dirty checkout does not follow and stays as it is', async () => {
  using rig = GitRig.create();
  const {from, to} = twoCommits(rig);
  rig.write(rig.repo, {'src/a': 'mine\n', untracked: 'mine'});
  const before = rig.git('status', '--porcelain');
  expect(await followCheckout(await rig.open(), from, to)).toEqual({kind: 'dirty', files: ['src/a', 'untracked']});
  expect(rig.git('status', '--porcelain')).toBe(before);
});

test('every checkout of the branch can follow', async () => {
  using rig = GitRig.create();
  const {from, to} = twoCommits(rig);
  rig.git('branch', BRANCH);
  rig.git('worktree', 'add', '--quiet', '../linked', BRANCH);
  const repo = await rig.open();
  await advanceBranch(repo, {branch: BRANCH, from, to, reason: 'milestone: task'});
  for (const worktree of await checkedOutAt(repo, BRANCH)) await followCheckout(worktree, from, to);
  expect(rig.run(path.join(rig.folder, 'linked'), 'status', '--porcelain')).toBe('');
});

test('in shared mode the checkout moves to the branch and back with the home’s bytes', async () => {
  using rig = GitRig.create();
  const {to} = twoCommits(rig);
  rig.git('branch', BRANCH, to);
  const repo = await rig.open();
  for (const [branch, readme] of [
    [BRANCH, 'new\n'],
    [BRANCH, 'new\n'],
    ['main', 'hello\n'],
  ] as const) {
    await switchTo(repo, branch);
    expect(rig.git('symbolic-ref', '--short', 'HEAD')).toBe(branch);
    expect(fs.readFileSync(path.join(rig.repo, 'readme'), 'utf8')).toBe(readme);
    expect(fs.readFileSync(path.join(rig.repo, PLAN), 'utf8')).toContain('projected');
    expect(await dirtyFiles(repo)).toEqual([]);
  }
});

test('in shared mode a plan that the branch lacks stays on the disk', async () => {
  using rig = GitRig.create();
  rig.git('branch', BRANCH);
  rig.commit({[PLAN]: 'id: release\n'});
  await switchTo(await rig.open(), BRANCH);
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/');
  expect(fs.readFileSync(path.join(rig.repo, PLAN), 'utf8')).toBe('id: release\n');
});

test('in shared mode a dirty checkout is not switched', async () => {
  using rig = GitRig.create();
  rig.git('branch', BRANCH);
  rig.write(rig.repo, {'src/a': 'mine\n'});
  await expect(switchTo(await rig.open(), BRANCH)).rejects.toMatchObject({
    code: 'TREE_DIRTY',
    message: expect.stringContaining('`src/a`'),
  });
});

test('in shared mode a repository without commits is switched too', async () => {
  using rig = GitRig.create({commit: false});
  const repo = await rig.open();
  rig.commit({file: 'x'});
  rig.git('branch', BRANCH);
  rig.git('switch', '--quiet', '--orphan', 'fresh');
  await switchTo(repo, BRANCH);
  expect(await dirtyFiles(repo)).toEqual([]);
  expect(fs.existsSync(path.join(rig.repo, 'file'))).toBe(true);
});

test('in shared mode a task is committed in place, without the home', async () => {
  using rig = GitRig.create();
  const base = rig.commit({[PLAN]: 'id: release\n'});
  const repo = await rig.open();
  await createMilestoneBranch(repo, {id: ID, base, requires: []});
  await switchTo(repo, BRANCH);
  rig.write(rig.repo, {[PLAN]: 'id: release # projected\n', 'src/b': 'b\n'});
  const {tree, changedFiles} = await writeTree(repo, base, {skipHome: true});
  syncFiles(repo, changedFiles);
  const to = await commitTree(repo, {tree, parents: [base], message: 'feat: b\n'});
  await advanceBranch(repo, {branch: BRANCH, from: base, to, reason: 'milestone: task'});
  await alignIndex(repo);
  expect(rig.git('status', '--porcelain')).toBe(` M ${PLAN}`);
  expect(rig.git('show', '--format=', '--name-only', 'HEAD')).toBe('src/b');
});

test('in shared mode what an interrupted attempt left goes to its rescue ref', async () => {
  using rig = GitRig.create();
  rig.commit({'.gitignore': 'cache\n', [PLAN]: 'id: release\n'});
  const repo = await rig.open();
  expect(await rescueLeftovers(repo, {id: ID, task: 'login', attempt: 1})).toBeUndefined();
  rig.write(rig.repo, {'src/a': 'half\n', new: 'x', cache: 'y', [PLAN]: 'id: release # projected\n'});
  fs.rmSync(path.join(rig.repo, 'readme'));
  rig.git('add', 'src/a');
  const rescue = await rescueLeftovers(repo, {id: ID, task: 'login', attempt: 1});
  expect(rig.contents(rescue!.commit)).toMatchObject({'src/a': 'half', new: 'x', [PLAN]: 'id: release'});
  expect(rig.git('status', '--porcelain', '--ignored')).toBe(`M ${PLAN}\n!! cache`.replace(/^/, ' '));
});

test('an index that was lost with the power is made anew', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  for (const damage of ['', 'DIRC rubbish']) {
    fs.writeFileSync(path.join(rig.repo, '.git', 'index'), damage);
    await repairIndex(repo);
    expect(rig.git('status', '--porcelain')).toBe('');
  }
});

test('activity differs when a file has changed, and only then', async () => {
  using rig = GitRig.create();
  rig.commit({'.gitignore': 'cache\n'});
  const slot = await rig.slot(await rig.open());
  const start = await readActivity(slot);
  rig.write(slot.topLevel, {cache: 'x', '.milestones/x': 'y'});
  expect(await readActivity(slot)).toBe(start);
  rig.write(slot.topLevel, {'new/file': 'x'});
  const added = await readActivity(slot);
  expect(added).not.toBe(start);
  expect(await readActivity(slot)).toBe(added);
  rig.write(slot.topLevel, {'new/file': 'xy'});
  expect(await readActivity(slot)).not.toBe(added);
});
