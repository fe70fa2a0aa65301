import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {workFolder} from '../../src/git/repository.ts';
import {slotFolder} from '../../src/git/slot-place.ts';
import {listRescues} from '../../src/workspace/rescue.ts';
import {prepareSlot, removeSlots} from '../../src/workspace/slots.ts';
import {GitRig, ID} from '../git/git-rig.ts';

const KEEP = {keepAs: {id: ID, task: 'login', attempt: 1}};

test('slots lie in the state folder, or below the workspace’s root', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const folder = slotFolder(repo, undefined, 'auth', 2);
  expect(folder).toMatch(/\/project-[0-9a-f]{12}\/auth\/2$/);
  expect(folder.startsWith(path.join(rig.folder, '.local', 'state', 'milestone'))).toBe(true);
  expect(slotFolder(repo, '../pool', 'auth', 2).startsWith(path.join(rig.folder, 'pool', 'project-'))).toBe(true);
});

test('a slot is a worktree at the wanted commit, with a detached head, that knows its home', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const head = rig.git('rev-parse', 'HEAD');
  const {slot, needsSetup, warnings} = await prepareSlot(repo, rig.wish(repo, head));
  expect({needsSetup, warnings}).toEqual({needsSetup: true, warnings: []});
  expect(rig.run(slot.topLevel, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD')).toBe(`${head}\nHEAD`);
  expect(fs.readFileSync(path.join(slot.gitDir, 'milestone-home'), 'utf8')).toBe(`${rig.repo}/.milestones\n`);
  expect(rig.git('status', '--porcelain')).toBe('');
});

test('a used slot comes back clean at the new commit; what is ignored stays unless it is to be fresh', async () => {
  using rig = GitRig.create();
  rig.commit({'.gitignore': 'cache\n'});
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.write(slot.topLevel, {readme: 'spoilt', junk: 'x', 'cache/package': 'x', 'nested/.git/HEAD': 'x'});
  rig.run(slot.topLevel, 'add', 'readme');
  const next = rig.commit({'src/b': 'b\n'});

  const again = await prepareSlot(repo, rig.wish(repo, next));
  expect(again.needsSetup).toBe(false);
  expect(rig.run(slot.topLevel, 'status', '--porcelain', '--ignored')).toBe('!! cache/');
  expect(fs.readFileSync(path.join(slot.topLevel, 'src/b'), 'utf8')).toBe('b\n');
  await prepareSlot(repo, rig.wish(repo, next, {fresh: true}));
  expect(fs.existsSync(path.join(slot.topLevel, 'cache'))).toBe(false);
});

test('work that was left in a slot is at its rescue ref before the slot is used again', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.run(slot.topLevel, 'checkout', '--quiet', '-b', 'mine');
  rig.commit({'src/a': 'committed by the agent\n'}, slot.topLevel);
  rig.write(slot.topLevel, {note: 'not yet committed'});

  const {rescued} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD'), KEEP));
  expect(await listRescues(repo, ID)).toEqual([{ref: `refs/milestone/rescue/${ID}/login.1`, commit: rescued}]);
  expect(rig.contents(rescued!)).toEqual({
    readme: 'hello',
    'src/a': 'committed by the agent',
    note: 'not yet committed',
  });
  expect(rig.git('rev-parse', `${rescued}^`)).toBe(rig.git('rev-parse', 'HEAD'));
  expect(rig.git('log', '-1', '--format=%s', 'mine')).toBe('work');
});

test('a slot without leftovers gets no rescue ref', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  await rig.slot(repo);
  await rig.slot(repo, undefined, KEEP);
  expect(await listRescues(repo, ID)).toEqual([]);
});

test('a slot survives lock files of a killed git, an unfinished rebase and an index lost with the power', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  const damage: Record<string, string> = {
    'index.lock': '',
    'HEAD.lock': '',
    index: '',
    'rebase-merge/onto': 'x',
    HEAD: '',
  };
  rig.write(slot.gitDir, damage);
  await rig.slot(repo);
  expect(rig.run(slot.topLevel, 'status')).toBe('Not currently on any branch.\nnothing to commit, working tree clean');
  fs.writeFileSync(path.join(slot.gitDir, 'index'), 'DIRC rubbish');
  await rig.slot(repo);
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('a worktree whose folder is gone is made again', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  fs.rmSync(slot.topLevel, {recursive: true});
  expect(await rig.slot(repo)).toEqual(slot);
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('a folder that is no slot of this repository is put aside, not used', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const wish = rig.wish(repo, rig.git('rev-parse', 'HEAD'));
  rig.write(wish.folder, {'thesis.txt': 'precious'});
  const {slot, warnings} = await prepareSlot(repo, wish);
  const stray = `${wish.folder}.stray-20261123T100000Z`;
  expect(warnings).toEqual([`\`${wish.folder}\` was in the way of a slot; it is kept as \`${stray}\``]);
  expect(fs.readdirSync(stray)).toEqual(['thesis.txt']);
  expect(fs.readdirSync(slot.topLevel).sort()).toEqual(['.git', 'readme', 'src']);
});

test('a slot that lost its `.git` never leads git to a repository above it', async () => {
  using rig = GitRig.create();
  rig.run(rig.folder, 'init', '--quiet');
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.write(rig.folder, {'my-file': 'mine'});
  fs.rmSync(path.join(slot.topLevel, '.git'));
  const {warnings} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD'), {fresh: true}));
  expect(warnings).toHaveLength(1);
  expect(fs.existsSync(path.join(rig.folder, 'my-file'))).toBe(true);
});

test('a repository that a task made in its slot is put aside whole', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.run(slot.topLevel, 'init', '--quiet', 'embedded');
  rig.write(slot.topLevel, {'embedded/work': 'x', other: 'y'});
  const {rescued} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD'), KEEP));
  expect(fs.readdirSync(`${slot.topLevel}.stray-20261123T100000Z`).sort()).toEqual(['.git', 'work']);
  expect(rig.contents(rescued!).other).toBe('y');
});

test('a slot whose work cannot be kept as a commit is put aside whole', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.write(slot.topLevel, {'.gitattributes': '* filter=broken\n', precious: 'x'});
  rig.configure({'filter.broken.clean': 'false', 'filter.broken.required': 'true'});
  const prepared = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD'), KEEP));
  expect(prepared).toMatchObject({
    needsSetup: true,
    warnings: [expect.stringContaining('could not be kept'), expect.stringContaining('stray')],
  });
  const stray = `${slot.topLevel}.stray-20261123T100000Z`;
  expect(fs.readdirSync(stray).sort()).toEqual(['.gitattributes', 'precious', 'readme', 'src']);
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('slots are removed with their registration, also read-only folders; strays and other worktrees stay', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.git('worktree', 'add', '--quiet', '../other');
  rig.write(slot.topLevel, {'cache/deep/file': 'x'});
  fs.chmodSync(path.join(slot.topLevel, 'cache/deep'), 0o500);
  const stray = `${slot.topLevel}.stray-1`;
  fs.mkdirSync(stray);
  expect(await removeSlots(repo, undefined, ID)).toEqual([`\`${stray}\` is not a slot; it is left where it is`]);
  expect(fs.existsSync(slot.topLevel)).toBe(false);
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree .*/gm)).toHaveLength(2);
});

test('in a linked worktree the same slots are used', async () => {
  using rig = GitRig.create();
  const linked = path.join(rig.folder, 'linked');
  rig.git('worktree', 'add', '--quiet', linked);
  expect((await rig.slot(await rig.open(linked))).topLevel).toBe((await rig.slot(await rig.open())).topLevel);
});

test('a home in a subfolder has its counterpart in the slot, also where the commit lacks that folder', async () => {
  using rig = GitRig.create();
  fs.mkdirSync(path.join(rig.repo, 'apps', 'web'), {recursive: true});
  const repo = await rig.open(path.join(rig.repo, 'apps', 'web'));
  const slot = await rig.slot(repo);
  expect(workFolder(slot)).toBe(path.join(slot.topLevel, 'apps', 'web'));
  expect(fs.existsSync(workFolder(slot))).toBe(true);
});
