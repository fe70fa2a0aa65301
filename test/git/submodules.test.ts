import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {fillSubmodules} from '../../src/git/fill-submodules.ts';
import type {Repository} from '../../src/git/git.ts';
import {writeTree} from '../../src/git/trees/tree.ts';
import {noteLeft} from '../../src/workspace/slots/left-as.ts';
import {prepareSlot} from '../../src/workspace/slots/prepare-slot.ts';
import {markUnsaved} from '../../src/workspace/slots/slot-notes.ts';
import {GitRig} from './git-rig.ts';

const LOCAL = ['-c', 'protocol.file.allow=always', '-c', 'user.name=a', '-c', 'user.email=a'];

/** A repository with the submodule `lib`, and a slot in which it is filled. */
async function withSubmodule(rig: GitRig): Promise<{repo: Repository; slot: Repository; lib: string; base: string}> {
  const library = path.join(rig.folder, 'library');
  rig.run(rig.folder, 'init', '--quiet', library);
  rig.write(library, {code: '1\n'});
  rig.run(library, 'add', '.');
  rig.run(library, ...LOCAL, 'commit', '--quiet', '-m', 'one');
  rig.git(...LOCAL, 'submodule', '--quiet', 'add', library, 'lib');
  const base = rig.commit({});
  const repo = await rig.open();
  const slot = await rig.slot(repo, base);
  rig.run(slot.topLevel, ...LOCAL, 'submodule', '--quiet', 'update', '--init');
  return {repo, slot, lib: path.join(slot.topLevel, 'lib'), base};
}

test('a filled submodule is no change of a task, and is brought back with its slot', async () => {
  using rig = GitRig.create();
  const {repo, slot, lib, base} = await withSubmodule(rig);
  expect((await writeTree(slot, base)).changedFiles).toEqual([]);
  rig.write(lib, {code: 'spoilt\n', junk: 'x'});
  await noteLeft(slot);
  expect(await prepareSlot(repo, rig.wish(repo, base))).toMatchObject({needsSetup: false});
  expect(rig.run(lib, 'status', '--porcelain')).toBe('');
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('a submodule follows its slot to another commit, and is emptied where that commit is not at hand', async () => {
  using rig = GitRig.create();
  const {repo, slot, lib, base} = await withSubmodule(rig);
  const second = rig.run(lib, ...LOCAL, 'commit-tree', '-m', 'two', '-p', 'HEAD', 'HEAD^{tree}');
  rig.git('update-index', '--cacheinfo', `160000,${second},lib`);
  rig.git('commit', '--quiet', '-m', 'lib at two');
  expect(await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')))).toMatchObject({needsSetup: false});
  expect(rig.run(lib, 'rev-parse', 'HEAD')).toBe(second);
  rig.git('update-index', '--cacheinfo', `160000,${'c'.repeat(40)},lib`);
  rig.git('commit', '--quiet', '-m', 'lib at a commit from elsewhere');
  const there = rig.git('rev-parse', 'HEAD');
  expect(await prepareSlot(repo, rig.wish(repo, there))).toMatchObject({needsSetup: true});
  expect((await writeTree(slot, there)).changedFiles).toEqual([]);
  expect(base).not.toBe(there);
});

test('a submodule at a commit that nobody else has is reported, one that was published is not', async () => {
  using rig = GitRig.create();
  const {slot, lib, base} = await withSubmodule(rig);
  rig.run(lib, ...LOCAL, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
  expect(await writeTree(slot, base)).toMatchObject({
    changedFiles: [{path: 'lib', status: 'modified'}],
    nested: [{path: 'lib', why: 'unpublished'}],
  });
  rig.run(lib, ...LOCAL, 'push', '--quiet', 'origin', 'HEAD:refs/heads/mine');
  rig.run(lib, 'fetch', '--quiet', 'origin');
  expect((await writeTree(slot, base)).nested).toEqual([]);
});

test('work inside a submodule is put aside as a repository of its own', async () => {
  using rig = GitRig.create();
  const {repo, slot, lib, base} = await withSubmodule(rig);
  rig.write(lib, {code: 'half\n'});
  markUnsaved(slot, 'login.1');
  expect(await prepareSlot(repo, rig.wish(repo, base))).toMatchObject({needsSetup: true});
  const stray = rig.stray(slot.topLevel);
  expect(rig.run(stray, 'status', '--porcelain')).toBe(' M code');
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
});

test('what a person changed inside a submodule of an idle slot is put aside, also when nothing around it changed', async () => {
  using rig = GitRig.create();
  const {repo, slot, lib, base} = await withSubmodule(rig);
  await noteLeft(slot);
  rig.write(lib, {code: 'mine\n'});
  await noteLeft(slot);
  rig.write(lib, {code: 'mine again\n'});
  expect(await prepareSlot(repo, rig.wish(repo, base))).toMatchObject({needsSetup: true});
  expect(fs.readFileSync(path.join(rig.stray(slot.topLevel), 'code'), 'utf8')).toBe('mine again\n');
});

test('slots with filled submodules are removed', async () => {
  using rig = GitRig.create();
  const {repo, slot} = await withSubmodule(rig);
  expect(await rig.removeSlots(repo)).toEqual([]);
  expect(fs.existsSync(slot.topLevel)).toBe(false);
  expect(fs.existsSync(slot.gitDir)).toBe(false);
});

test('empty submodules of a slot are filled from what the repository has, nested ones too, and follow their commits', async () => {
  using rig = GitRig.create();
  const inner = path.join(rig.folder, 'inner');
  const outer = path.join(rig.folder, 'outer');
  for (const folder of [inner, outer]) {
    rig.run(rig.folder, 'init', '--quiet', folder);
    rig.write(folder, {code: '1\n'});
    rig.run(folder, 'add', '.');
    rig.run(folder, ...LOCAL, 'commit', '--quiet', '-m', 'one');
  }
  rig.run(outer, ...LOCAL, 'submodule', '--quiet', 'add', inner, 'inner');
  rig.run(outer, ...LOCAL, 'commit', '--quiet', '-m', 'nested');
  rig.git(...LOCAL, 'submodule', '--quiet', 'add', outer, 'third');
  rig.git(...LOCAL, 'submodule', '--quiet', 'update', '--init', '--recursive');
  const base = rig.commit({});
  for (const folder of [inner, outer]) fs.rmSync(folder, {recursive: true});
  const repo = await rig.open();
  const slot = await rig.slot(repo, base);
  expect(await fillSubmodules(repo, slot)).toEqual([]);
  expect(fs.readFileSync(path.join(slot.topLevel, 'third/inner/code'), 'utf8')).toBe('1\n');
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
  expect((await writeTree(slot, base)).changedFiles).toEqual([]);

  const moved = rig.run(path.join(slot.topLevel, 'third'), ...LOCAL, 'commit-tree', '-m', 'x', 'HEAD~1^{tree}');
  rig.git('update-index', '--cacheinfo', `160000,${moved},third`);
  rig.git('commit', '--quiet', '-m', 'third at another commit');
  const elsewhere = rig.git('rev-parse', 'HEAD');
  await prepareSlot(repo, rig.wish(repo, elsewhere));
  expect(await fillSubmodules(repo, slot)).toEqual([]);
  expect(rig.run(path.join(slot.topLevel, 'third'), 'rev-parse', 'HEAD')).toBe(moved);

  rig.git('update-index', '--cacheinfo', `160000,${'c'.repeat(40)},third`);
  rig.git('commit', '--quiet', '-m', 'third at a commit from elsewhere');
  const there = rig.git('rev-parse', 'HEAD');
  await prepareSlot(repo, rig.wish(repo, there));
  expect(await fillSubmodules(repo, slot)).toEqual([{path: 'third', commit: 'c'.repeat(40)}]);
  expect((await writeTree(slot, there)).changedFiles).toEqual([]);
});

test('a submodule whose name or path would lead out of the slot is left alone', async () => {
  using rig = GitRig.create();
  rig.write(rig.repo, {'.gitmodules': '[submodule "../../x"]\n\tpath = lib\n\turl = /x\n'});
  fs.mkdirSync(path.join(rig.repo, 'lib'));
  rig.git('update-index', '--add', '--cacheinfo', `160000,${'c'.repeat(40)},lib`);
  const base = rig.commit({});
  const repo = await rig.open();
  const slot = await rig.slot(repo, base);
  expect(await fillSubmodules(repo, slot)).toEqual([]);
  expect(fs.readdirSync(path.join(slot.topLevel, 'lib'))).toEqual([]);
});
