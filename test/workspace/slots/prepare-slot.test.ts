import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {commitTree} from '../../../src/git/commit.ts';
import {workFolder} from '../../../src/git/repository.ts';
import {slotFolder, slotLink} from '../../../src/git/slot-folders.ts';
import {writeTree} from '../../../src/git/trees/tree.ts';
import {listRescues} from '../../../src/workspace/rescue.ts';
import {noteLeft} from '../../../src/workspace/slots/left-as.ts';
import {prepareSlot} from '../../../src/workspace/slots/prepare-slot.ts';
import {registerAgain} from '../../../src/workspace/slots/register-again.ts';
import {markUnsaved} from '../../../src/workspace/slots/slot-notes.ts';
import {takeBackBranch} from '../../../src/workspace/take-back-branch.ts';
import {GitRig, ID} from '../../git/git-rig.ts';

/** An attempt whose work lies in the slot and nowhere else. */
const OWNER = 'login.1';

test('slots lie in the state folder, or below the workspace’s root', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const folder = slotFolder(repo, undefined, 'auth', 2);
  expect(folder).toMatch(/\/project-[0-9a-f]{12}\/auth\/slot-2\/project$/);
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

test('a commit that slots were brought to is nobody’s own, also where no moves of heads are logged', async () => {
  using rig = GitRig.create();
  rig.configure({'core.logAllRefUpdates': 'false'});
  const repo = await rig.open();
  const last = rig.git('rev-parse', 'HEAD');
  const tree = rig.git('rev-parse', 'HEAD^{tree}');
  const head = await commitTree(repo, {tree, parents: [last], message: 'of a round\n'});
  rig.git('branch', 'milestone/m', head);
  const slot = await rig.slot(repo, head);
  expect(await takeBackBranch(repo, 'milestone/m', last)).toBeUndefined();
  rig.write(slot.topLevel, {own: 'x'});
  fs.rmSync(path.join(slot.gitDir, 'logs'), {recursive: true});
  const own = await commitTree(slot, {tree: (await writeTree(slot, head)).tree, parents: [head], message: 'own\n'});
  fs.writeFileSync(path.join(slot.gitDir, 'HEAD'), `${own}\n`);
  rig.git('update-ref', 'refs/heads/milestone/m', own);
  expect(await takeBackBranch(repo, 'milestone/m', head)).toEqual({commit: own, to: head});
});

test('work that was left in a slot is at its rescue ref before the slot is used again', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.run(slot.topLevel, 'checkout', '--quiet', '-b', 'mine');
  rig.commit({'src/a': 'committed by the agent\n'}, slot.topLevel);
  rig.write(slot.topLevel, {note: 'not yet committed'});

  markUnsaved(slot, OWNER);
  const {rescued} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')));
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
  markUnsaved(await rig.slot(repo), OWNER);
  await rig.slot(repo);
  expect([await listRescues(repo, ID), rig.kept]).toEqual([[], []]);
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
  const stray = rig.stray(wish.folder);
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
  markUnsaved(slot, OWNER);
  const {rescued} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')));
  expect(fs.readdirSync(rig.stray(slot.topLevel)).sort()).toEqual(['.git', 'work']);
  expect(rig.contents(rescued!).other).toBe('y');
});

test('a slot whose work cannot be kept as a commit is put aside whole', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.write(slot.topLevel, {'.gitattributes': '* filter=broken\n', precious: 'x'});
  rig.configure({'filter.broken.clean': 'false', 'filter.broken.required': 'true'});
  markUnsaved(slot, OWNER);
  const prepared = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')));
  expect(prepared).toMatchObject({
    needsSetup: true,
    warnings: [expect.stringContaining('could not be kept'), expect.stringContaining('stray')],
  });
  const stray = rig.stray(slot.topLevel);
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
  await noteLeft(slot);
  const stray = `${slotLink(slot.topLevel)}.stray-1`;
  fs.mkdirSync(stray);
  expect(await rig.removeSlots(repo)).toEqual([`\`${stray}\` is not a slot; it is left where it is`]);
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

const KEPT = `refs/milestone/rescue/${ID}/slot-0.20261123T100000Z`;

test('a slot is locked against a prune, and named after its repository; a link leads there by its number', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  expect(path.basename(slot.topLevel)).toBe('project');
  expect(fs.realpathSync(slotLink(slot.topLevel))).toBe(slot.topLevel);
  expect(rig.git('worktree', 'list', '--porcelain')).toContain('\nlocked a slot of milestone');
  const unseen = `${slot.topLevel}.unseen`;
  fs.renameSync(slot.topLevel, unseen);
  rig.git('worktree', 'prune', '--expire=now');
  fs.renameSync(unseen, slot.topLevel);
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('what was left in a slot and is of no worth makes no ref', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.commit({readme: 'of the attempt\n'}, slot.topLevel);
  rig.write(slot.topLevel, {'coverage/of/checks': 'x'});
  await noteLeft(slot);
  const {warnings} = await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')));
  expect([warnings, rig.kept, await listRescues(repo, ID)]).toEqual([[], [], []]);
});

test('what is staged is kept as well where the files do not have it', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const head = rig.git('rev-parse', 'HEAD');
  const slot = await rig.slot(repo, head);
  rig.write(slot.topLevel, {readme: 'staged\n', mine: 'gone\n'});
  rig.run(slot.topLevel, 'add', '.');
  rig.write(slot.topLevel, {readme: 'HELLO\n'});
  fs.rmSync(path.join(slot.topLevel, 'mine'));
  await prepareSlot(repo, rig.wish(repo, head));
  const [kept] = rig.kept as [string];
  expect(rig.git('show', `${kept}:readme`)).toBe('HELLO');
  expect(rig.git('show', `${kept}^2:readme`)).toBe('staged');
  expect(rig.git('show', `${kept}^2:mine`)).toBe('gone');
  expect(rig.git('log', '--format=%s', '-1', `${kept}^2`)).toBe(`kept(milestone-${ID}): what was staged in slot 0`);

  rig.write(slot.topLevel, {mine: 'in the file'});
  rig.run(slot.topLevel, 'add', '.');
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.git('log', '--format=%p', '-1', rig.kept[1]!).split(' ')).toHaveLength(1);
});

test('what a person adds to what was left is kept: edits, new files, deletions, what is staged, the home', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const head = rig.git('rev-parse', 'HEAD');
  const changes: Array<(folder: string) => void> = [
    folder => rig.write(folder, {readme: 'HELLO\n'}),
    folder => rig.write(folder, {mine: 'x'}),
    folder => fs.rmSync(path.join(folder, 'src/a')),
    folder => rig.write(folder, {'.milestones/deliverables/m/a/design/d.md': 'x'}),
    folder => fs.appendFileSync(path.join(folder, 'junk'), 'y'),
    folder => {
      rig.run(folder, 'update-index', '--assume-unchanged', 'readme');
      rig.write(folder, {readme: 'hidden\n'});
    },
  ];
  for (const change of changes) {
    const slot = await rig.slot(repo, head);
    rig.write(slot.topLevel, {junk: 'x'});
    await noteLeft(slot);
    change(slot.topLevel);
    rig.kept.length = 0;
    const {warnings} = await prepareSlot(repo, rig.wish(repo, head));
    expect(rig.kept).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(rig.kept[0]!)]);
  }
  expect((await listRescues(repo, ID)).map(({ref}) => ref)).toEqual(
    changes.map((_, at) => (at === 0 ? KEPT : `${KEPT}-${at + 1}`)),
  );
});

test('commits that a person made in a slot are kept as they are, with what lies on top of them', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  await noteLeft(slot);
  const first = rig.commit({one: '1'}, slot.topLevel);
  const second = rig.commit({one: '2'}, slot.topLevel);
  const head = rig.git('rev-parse', 'HEAD');
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.git('rev-parse', KEPT, `${KEPT}^`)).toBe(`${second}\n${first}`);

  await noteLeft(slot);
  const aside = rig.commit({two: '1'}, slot.topLevel);
  rig.run(slot.topLevel, 'checkout', '--quiet', head);
  rig.write(slot.topLevel, {three: '3'});
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.git('rev-parse', `${KEPT}-2^1`, `${KEPT}-2^2`)).toBe(`${head}\n${aside}`);
  expect(rig.contents(`${KEPT}-2`)).toMatchObject({three: '3'});
});

test('what is on a branch already is not kept twice; work on top of a branch is', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  await noteLeft(slot);
  rig.run(slot.topLevel, 'checkout', '--quiet', '-b', 'mine');
  const mine = rig.commit({one: '1'}, slot.topLevel);
  const head = rig.git('rev-parse', 'HEAD');
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.kept).toEqual([]);
  rig.run(slot.topLevel, 'checkout', '--quiet', 'mine');
  rig.write(slot.topLevel, {two: '2'});
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.kept).toEqual([KEPT]);
  expect(rig.git('rev-parse', 'mine', `${KEPT}^`)).toBe(`${mine}\n${mine}`);
});

test('of a slot that no commit can hold, the commits are kept and the folder is put aside, also at the end', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  const own = rig.commit({one: '1'}, slot.topLevel);
  rig.write(slot.topLevel, {'.gitattributes': '* filter=broken\n', precious: 'x'});
  rig.configure({'filter.broken.clean': 'false', 'filter.broken.required': 'true'});
  const warnings = await rig.removeSlots(repo);
  expect(rig.git('rev-parse', KEPT)).toBe(own);
  expect(fs.readdirSync(rig.stray(slot.topLevel))).toContain('precious');
  expect(warnings.at(-1)).toContain(rig.stray(slot.topLevel));
});

test('a worktree of the same repository inside a slot goes with it; what is at no ref in there is kept', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.run(slot.topLevel, 'worktree', 'add', '--quiet', '-b', 'sub', '.agents/sub');
  const inner = path.join(slot.topLevel, '.agents/sub');
  rig.commit({one: '1'}, inner);
  expect(await writeTree(slot, 'HEAD')).toMatchObject({changedFiles: [], nested: []});
  await noteLeft(slot);
  const head = rig.git('rev-parse', 'HEAD');
  await prepareSlot(repo, rig.wish(repo, head));
  expect([rig.kept, fs.existsSync(inner)]).toEqual([[], false]);
  rig.run(slot.topLevel, 'worktree', 'add', '--quiet', '--detach', '.agents/sub');
  rig.write(inner, {two: '2'});
  await prepareSlot(repo, rig.wish(repo, head));
  expect(rig.contents(KEPT)).toMatchObject({two: '2'});
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree .*/gm)).toHaveLength(2);
});

test('a slot of the time before slots were named after their repository is kept and replaced', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const wish = rig.wish(repo, rig.git('rev-parse', 'HEAD'));
  const old = slotLink(wish.folder);
  rig.git('worktree', 'add', '--quiet', '--detach', old);
  rig.write(old, {mine: 'x'});
  const {slot} = await prepareSlot(repo, wish);
  expect([slot.topLevel, fs.realpathSync(old)]).toEqual([wish.folder, wish.folder]);
  expect(rig.contents(KEPT)).toMatchObject({mine: 'x'});
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree .*/gm)).toHaveLength(2);
});

test('a slot whose registration is gone is registered again, under another name where its own is taken', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const base = rig.git('rev-parse', 'HEAD');
  const slot = await rig.slot(repo, base);
  const known = {slot, base, home: `${rig.repo}/.milestones`, isSparse: false};
  rig.write(slot.topLevel, {mine: 'x'});
  for (const isTaken of [false, true]) {
    fs.rmSync(slot.gitDir, {recursive: true});
    if (isTaken) rig.git('worktree', 'add', '--quiet', '--detach', path.join(rig.folder, 'project-2', 'project'));
    const again = registerAgain(repo, known)!;
    expect(again.gitDir === slot.gitDir).toBe(!isTaken);
    expect((await writeTree(again, base)).changedFiles).toEqual([{path: 'mine', status: 'added'}]);
    expect(rig.run(slot.topLevel, 'rev-parse', '--git-dir')).toBe(again.gitDir);
  }
  fs.writeFileSync(path.join(slot.topLevel, '.git'), 'gitdir: /elsewhere\n');
  expect(registerAgain(repo, known)).toBe(undefined);
});

test('pipes go from a used slot, wherever files of the commit lie', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  for (const name of ['pipe', 'src/pipe']) execFileSync('mkfifo', [path.join(slot.topLevel, name)]);
  await rig.slot(repo);
  expect(fs.readdirSync(slot.topLevel).sort()).toEqual(['.git', 'readme', 'src']);
  expect(fs.readdirSync(path.join(slot.topLevel, 'src'))).toEqual(['a']);
});

test('pipes go from the folders of ignored files as well, which stay', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const head = rig.commit({'.gitignore': 'tmp/\n', readme: 'hello\n'});
  const slot = await rig.slot(repo, head);
  const sockets = path.join(slot.topLevel, 'src/tmp/sockets');
  fs.mkdirSync(sockets, {recursive: true});
  fs.writeFileSync(path.join(sockets, 'log'), 'x');
  execFileSync('mkfifo', [path.join(sockets, 'server')]);
  await rig.slot(repo, head);
  expect(fs.readdirSync(sockets)).toEqual(['log']);
});

test('what a task wrote beside its slot stays, and is told of', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  fs.writeFileSync(`${path.dirname(slot.topLevel)}/beside`, 'of a task');
  const warnings = await rig.removeSlots(repo);
  expect(warnings).toEqual([`\`${path.dirname(slot.topLevel)}\` is not a slot; it is left where it is`]);
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree .*/gm)).toHaveLength(1);
});
