import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {resolveBase} from '../../src/git/base.ts';
import {checkedOutAt} from '../../src/git/checkout.ts';
import {commitTree} from '../../src/git/commit.ts';
import {createMilestoneBranch} from '../../src/git/milestone-branch.ts';
import {advanceBranch, isAncestor, readHead} from '../../src/git/refs.ts';
import {changesOf} from '../../src/git/trees/compare-trees.ts';
import {mergeOntoHead} from '../../src/git/trees/merge.ts';
import {writeTree} from '../../src/git/trees/tree.ts';
import {markUnsaved} from '../../src/workspace/slots/slot-notes.ts';
import {GitRig, ID} from './git-rig.ts';

const BRANCH = `milestone/${ID}`;

test('the branch starts at the base, once', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const base = rig.git('rev-parse', 'HEAD');
  const wanted = {id: ID, base, requires: []};
  expect(await createMilestoneBranch(repo, wanted)).toEqual({branch: BRANCH, commit: base, merged: []});
  expect(rig.git('rev-parse', BRANCH)).toBe(base);
  await expect(createMilestoneBranch(repo, wanted)).rejects.toMatchObject({
    code: 'BRANCH_EXISTS',
    hint: expect.stringContaining('--adopt'),
  });
  expect(await createMilestoneBranch(repo, {...wanted, adopt: true})).toMatchObject({commit: base});
});

test('a branch that does not contain the base is not adopted', async () => {
  using rig = GitRig.create();
  rig.git('branch', BRANCH);
  const base = rig.commit({more: 'x'});
  const wanted = {id: ID, base, requires: [], adopt: true};
  await expect(createMilestoneBranch(await rig.open(), wanted)).rejects.toMatchObject({code: 'BRANCH_EXISTS'});
});

test.each(['packed', 'loose'])(
  'a %s branch called `milestone` is in the way, and the error says what to do',
  async how => {
    using rig = GitRig.create();
    rig.git('branch', 'milestone');
    if (how === 'packed') rig.git('pack-refs', '--all');
    const wanted = {id: ID, base: rig.git('rev-parse', 'HEAD'), requires: []};
    await expect(createMilestoneBranch(await rig.open(), wanted)).rejects.toMatchObject({
      code: 'BRANCH_BLOCKED',
      hint: expect.stringContaining('git branch -m milestone'),
    });
  },
);

test('an unborn branch called `milestone` and one below the wanted name are in the way as well', async () => {
  using rig = GitRig.create();
  rig.git('branch', `${BRANCH}/part`);
  const repo = await rig.open();
  const wanted = {id: ID, base: rig.git('rev-parse', 'HEAD'), requires: []};
  await expect(createMilestoneBranch(repo, wanted)).rejects.toMatchObject({code: 'BRANCH_BLOCKED'});
  rig.git('branch', '-D', `${BRANCH}/part`);
  rig.git('symbolic-ref', 'HEAD', 'refs/heads/milestone');
  await expect(createMilestoneBranch(repo, wanted)).rejects.toMatchObject({code: 'BRANCH_BLOCKED'});
});

test('required milestones that the base lacks are merged in, in order', async () => {
  using rig = GitRig.create();
  const base = rig.git('rev-parse', 'HEAD');
  const requires = ['one', 'two'].map(id => {
    rig.git('checkout', '--quiet', '--detach', base);
    return {id, commit: rig.commit({[id]: id})};
  });
  const made = await createMilestoneBranch(await rig.open(), {
    id: ID,
    base,
    requires: [{id: 'zero', commit: base}, ...requires],
  });
  expect(made.merged).toEqual(['one', 'two']);
  expect(rig.contents(made.commit)).toEqual({readme: 'hello', 'src/a': 'a', one: 'one', two: 'two'});
  expect(rig.git('rev-parse', `${made.commit}^2`)).toBe(requires[1]!.commit);
});

test('a required milestone that conflicts with the base stops the start and leaves no branch', async () => {
  using rig = GitRig.create();
  const commit = rig.commit({'src/a': 'theirs\n'});
  rig.git('reset', '--quiet', '--hard', 'HEAD^');
  const base = rig.commit({'src/a': 'ours\n'});
  const repo = await rig.open();
  const creation = createMilestoneBranch(repo, {id: ID, base, requires: [{id: 'one', commit}]});
  await expect(creation).rejects.toMatchObject({
    code: 'REQUIRED_CONFLICT',
    message: expect.stringContaining('`src/a`'),
  });
  expect(await readHead(repo, BRANCH)).toBeUndefined();
});

test('a required milestone that was never fetched is an error', async () => {
  using rig = GitRig.create();
  const base = rig.git('rev-parse', 'HEAD');
  const requires = [{id: 'one', commit: 'a'.repeat(40)}];
  const creation = createMilestoneBranch(await rig.open(), {id: ID, base, requires});
  await expect(creation).rejects.toMatchObject({code: 'REQUIRED_MISSING'});
});

test('a milestone that began before the first commit is merged into a base that came later', async () => {
  using rig = GitRig.create({commit: false});
  const repo = await rig.open();
  const root = await resolveBase(repo);
  const base = rig.commit({file: 'x'});
  const made = await createMilestoneBranch(repo, {id: ID, base, requires: [{id: 'first', commit: root.commit}]});
  expect(rig.contents(made.commit)).toEqual({file: 'x'});
});

test.each(['sha1', 'sha256'])('a task is committed and integrated with %s objects', async format => {
  using rig = GitRig.create({init: [`--object-format=${format}`]});
  const repo = await rig.open();
  expect(repo.objectFormat).toBe(format);
  const base = rig.git('rev-parse', 'HEAD');
  await createMilestoneBranch(repo, {id: ID, base, requires: []});
  const slot = await rig.slot(repo, base);
  rig.write(slot.topLevel, {'src/b': 'b\n'});
  const {tree} = await writeTree(slot, base);
  const to = await commitTree(repo, {tree, parents: [base], message: 'feat: b\n'});
  expect(await mergeOntoHead(slot, {head: base, base, tree, commit: to})).toEqual({kind: 'same', tree});
  expect(await advanceBranch(repo, {branch: BRANCH, from: base, to, reason: 'milestone: task'})).toEqual({
    kind: 'advanced',
  });
  expect(await readHead(repo, BRANCH)).toBe(to);
  expect(rig.git('fsck', '--strict')).not.toMatch(/error|missing/);
  expect(rig.git('status', '--porcelain')).toBe('');
});

test('machine commits run no hooks and ask for no signature', async () => {
  using rig = GitRig.create();
  rig.configure({'commit.gpgSign': 'true', 'gpg.program': 'false'});
  for (const hook of ['pre-commit', 'commit-msg', 'post-checkout', 'reference-transaction', 'post-index-change']) {
    rig.write(path.join(rig.repo, '.git', 'hooks'), {[hook]: '#!/bin/sh\nexit 1\n'});
    fs.chmodSync(path.join(rig.repo, '.git', 'hooks', hook), 0o755);
  }
  const repo = await rig.open();
  const base = rig.git('rev-parse', 'HEAD');
  const slot = await rig.slot(repo, base);
  rig.write(slot.topLevel, {new: 'x'});
  markUnsaved(slot, 'x.1');
  await rig.slot(repo, base);
  expect((await createMilestoneBranch(repo, {id: ID, base, requires: []})).commit).toBe(base);
});

test('work on an older head is merged with the new one', async () => {
  using rig = GitRig.create();
  const base = rig.git('rev-parse', 'HEAD');
  const repo = await rig.open();
  const slot = await rig.slot(repo, base);
  rig.write(slot.topLevel, {mine: 'm'});
  const {tree} = await writeTree(slot, base);
  const commit = await commitTree(slot, {tree, parents: [base], message: 'feat: mine\n'});
  const head = rig.commit({theirs: 't'});
  const merge = await mergeOntoHead(slot, {head, base, tree, commit});
  expect(merge.kind).toBe('merged');
  expect(merge.kind !== 'conflict' && rig.contents(merge.tree)).toEqual({
    readme: 'hello',
    'src/a': 'a',
    mine: 'm',
    theirs: 't',
  });
});

test('work that contradicts the new head is a conflict with its files', async () => {
  using rig = GitRig.create();
  rig.commit({'b\n"x': 'b\n'});
  const base = rig.git('rev-parse', 'HEAD');
  const slot = await rig.slot(await rig.open(), base);
  rig.write(slot.topLevel, {'src/a': 'mine\n', 'b\n"x': 'mine\n'});
  const {tree} = await writeTree(slot, base);
  const commit = await commitTree(slot, {tree, parents: [base], message: 'feat: mine\n'});
  const head = rig.commit({'src/a': 'theirs\n', 'b\n"x': 'theirs\n'});
  expect(await mergeOntoHead(slot, {head, base, tree, commit})).toEqual({kind: 'conflict', files: ['b\n"x', 'src/a']});
});

test('a branch that was elsewhere for a moment, as an attempt had moved it, has moved', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const from = rig.git('rev-parse', 'HEAD');
  rig.git('branch', BRANCH, from);
  const to = rig.commit({one: '1'});
  const said = `fatal: cannot lock ref 'refs/heads/${BRANCH}': is at ${to} but expected ${from}`;
  const git = `#!/bin/sh\ncase "$*" in *update-ref*) echo "${said}" >&2; exit 128;; esac\nPATH="\${PATH#*:}" exec git "$@"\n`;
  const folder = path.join(rig.repo, '.git', 'bin');
  rig.write(folder, {git});
  fs.chmodSync(path.join(folder, 'git'), 0o755);
  const environment = {...repo.environment, PATH: `${folder}:${repo.environment.PATH}`};
  const move = {branch: BRANCH, from, to, reason: 'milestone: task'};
  expect(await advanceBranch({...repo, environment}, move)).toEqual({kind: 'moved', actual: from});
});

test('the changes of commits are told in one go, whatever the files are called', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const one = rig.commit({':odd\nname ': '1', 'b/c': '2'});
  const empty = await commitTree(repo, {
    tree: rig.git('rev-parse', `${one}^{tree}`),
    parents: [one],
    message: 'none\n',
  });
  rig.git('rm', '-q', 'readme', 'b/c');
  const two = rig.commit({'src/a': 'changed'});
  const changes = await changesOf(repo, [one, empty, two]);
  const told = (commit: string) => changes.get(commit)?.map(({path: file, status}) => [file, status]);
  expect(told(one)).toEqual([
    [':odd\nname ', 'added'],
    ['b/c', 'added'],
  ]);
  expect(told(empty)).toEqual([]);
  expect(told(two)).toEqual([
    ['b/c', 'deleted'],
    ['readme', 'deleted'],
    ['src/a', 'modified'],
  ]);
});

test('a branch that a person moved or deleted is left alone', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const from = rig.git('rev-parse', 'HEAD');
  const to = rig.commit({one: '1'});
  const actual = rig.commit({two: '2'});
  rig.git('branch', BRANCH);
  const move = {branch: BRANCH, from, to, reason: 'milestone: task'};
  expect(await advanceBranch(repo, move)).toEqual({kind: 'moved', actual});
  rig.git('pack-refs', '--all');
  expect(await readHead(repo, BRANCH)).toBe(actual);
  rig.git('branch', '-D', BRANCH);
  expect(await advanceBranch(repo, move)).toEqual({kind: 'moved', actual: undefined});
  expect(await readHead(repo, BRANCH)).toBeUndefined();
});

test('a commit that the repository lacks is no ancestor', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const first = rig.git('rev-parse', 'HEAD');
  const second = rig.commit({more: 'x'});
  expect(await isAncestor(repo, first, second)).toBe(true);
  expect(await isAncestor(repo, second, first)).toBe(false);
  expect(await isAncestor(repo, 'b'.repeat(40), second)).toBe(false);
});

test('the lock file of a killed git does not stop the branch', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const from = rig.git('rev-parse', 'HEAD');
  await createMilestoneBranch(repo, {id: ID, base: from, requires: []});
  fs.writeFileSync(path.join(rig.repo, '.git', 'refs', 'heads', `${BRANCH}.lock`), '');
  const to = rig.commit({one: '1'});
  expect(await advanceBranch(repo, {branch: BRANCH, from, to, reason: 'milestone: task'})).toEqual({kind: 'advanced'});
});

test('every worktree that has the branch checked out is found', async () => {
  using rig = GitRig.create();
  rig.git('branch', BRANCH);
  const repo = await rig.open();
  expect(await checkedOutAt(repo, BRANCH)).toEqual([]);
  const linked = path.join(rig.folder, 'linked');
  rig.git('worktree', 'add', '--quiet', linked, BRANCH);
  expect((await checkedOutAt(repo, BRANCH)).map(worktree => worktree.topLevel)).toEqual([linked]);
  expect(await checkedOutAt(await rig.open(linked), 'main')).toMatchObject([{topLevel: rig.repo}]);
  fs.rmSync(linked, {recursive: true});
  expect(await checkedOutAt(repo, BRANCH)).toEqual([]);
});
