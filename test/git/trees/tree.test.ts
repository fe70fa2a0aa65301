import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {Repository} from '../../../src/git/git.ts';
import {writeRef} from '../../../src/git/refs.ts';
import {writeTree} from '../../../src/git/trees/tree.ts';
import {saveCheckpoint} from '../../../src/workspace/rescue.ts';
import {GitRig, ID} from '../git-rig.ts';

async function start(rig: GitRig, folder = rig.repo): Promise<{slot: Repository; base: string}> {
  return {slot: await rig.slot(await rig.open(folder)), base: rig.git('rev-parse', 'HEAD')};
}

test('a tree holds every kind of change, and the slot’s own index stays as it was', async () => {
  using rig = GitRig.create();
  rig.commit({'.gitignore': 'ignored\n', gone: 'x', 'from/here': 'renamed', tool: '#!/bin/sh\n'});
  const {slot, base} = await start(rig);
  fs.rmSync(path.join(slot.topLevel, 'gone'));
  fs.mkdirSync(path.join(slot.topLevel, 'to'));
  fs.renameSync(path.join(slot.topLevel, 'from/here'), path.join(slot.topLevel, 'to/there'));
  fs.chmodSync(path.join(slot.topLevel, 'tool'), 0o755);
  fs.symlinkSync('readme', path.join(slot.topLevel, 'link'));
  rig.write(slot.topLevel, {readme: 'changed\n', ignored: 'x', 'src/new': 'y'});
  const index = fs.readFileSync(path.join(slot.gitDir, 'index'));

  const {tree, changedFiles} = await writeTree(slot, base);
  expect(changedFiles).toEqual([
    {path: 'from/here', status: 'deleted'},
    {path: 'gone', status: 'deleted'},
    {path: 'link', status: 'added'},
    {path: 'readme', status: 'modified'},
    {path: 'src/new', status: 'added'},
    {path: 'to/there', status: 'added'},
    {path: 'tool', status: 'modified'},
  ]);
  expect(rig.git('ls-tree', tree, 'tool', 'link').match(/^\d+/gm)).toEqual(['120000', '100755']);
  expect(fs.readFileSync(path.join(slot.gitDir, 'index')).equals(index)).toBe(true);
  expect(fs.readdirSync(slot.gitDir).filter(name => name.startsWith('milestone-index'))).toEqual([]);
});

test('git leaves the syncing of single objects to us, where all are synced at once', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  rig.write(slot.topLevel, {readme: 'changed\n', 'src/new': 'y'});
  const trace = path.join(rig.folder, 'trace');
  const environment = {...slot.environment, GIT_TRACE2_EVENT: trace};
  await writeTree({...slot, environment}, base);
  await writeRef({...slot, environment}, 'refs/milestone/test', base, 'test');
  const events = fs
    .readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const commands = events.filter(({event}) => event === 'cmd_name').map(({name, sid}) => ({name, sid}));
  const syncing = new Set(events.filter(({key}) => key === 'fsync/hardware-flush').map(({sid}) => sid));
  const ofTree = commands.filter(({name}) => name === 'add' || name === 'write-tree');
  expect(ofTree.length).toBeGreaterThan(1);
  expect(ofTree.filter(({sid}) => syncing.has(sid))).toEqual([]);
  expect(commands.some(({sid}) => syncing.has(sid))).toBe(true); // the trace tells who syncs
});

test('files with odd names go in as they are', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  const names = [
    '-rf',
    '--all',
    'a\nb',
    'quote"s',
    "it's",
    ':(top)x',
    '*',
    'привет',
    '名前',
    'e\u0301',
    'tab\there',
    ' ',
  ];
  rig.write(slot.topLevel, Object.fromEntries(names.map(name => [name, 'x'])));
  const {changedFiles} = await writeTree(slot, base);
  expect(changedFiles.map(file => file.path).sort()).toEqual(names.sort());
});

test('commits made in the slot, on whatever branch, count as one change', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  rig.run(slot.topLevel, 'checkout', '--quiet', '-b', 'mine');
  rig.commit({one: '1'}, slot.topLevel);
  rig.commit({two: '2'}, slot.topLevel);
  rig.write(slot.topLevel, {three: '3'});
  const {changedFiles} = await writeTree(slot, base);
  expect(changedFiles.map(file => file.path)).toEqual(['one', 'three', 'two']);
});

test('a change of the same size within the same second is seen', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  rig.write(slot.topLevel, {'src/a': 'b\n'});
  expect((await writeTree(slot, base)).changedFiles).toEqual([{path: 'src/a', status: 'modified'}]);
});

test('the home is left as in the base, and what changed in it is listed', async () => {
  using rig = GitRig.create();
  rig.commit({'app/.milestones/active/x.yaml': 'id: x', 'app/main': 'm'});
  const {slot, base} = await start(rig, path.join(rig.repo, 'app'));
  const home = {'app/.milestones/active/x.yaml': 'id: y', 'app/.milestones/approvals/a.yaml': 'granted'};
  rig.write(slot.topLevel, {...home, 'app/main': 'changed'});
  rig.run(slot.topLevel, 'add', '--all');

  const written = await writeTree(slot, base);
  expect(written.changedFiles).toEqual([{path: 'app/main', status: 'modified'}]);
  expect(written.homeChanges).toEqual(Object.keys(home));
  expect(rig.contents(written.tree)['app/.milestones/active/x.yaml']).toBe('id: x');
  expect((await writeTree(slot, base, {skipHome: true})).tree).toBe(written.tree);
});

test('an untouched slot gives the tree of its base', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  const {tree, changedFiles} = await writeTree(slot, base);
  expect({tree, changedFiles}).toEqual({tree: rig.git('rev-parse', `${base}^{tree}`), changedFiles: []});
});

test('a slot whose index is damaged still gives its tree', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  rig.write(slot.topLevel, {readme: 'changed\n'});
  fs.writeFileSync(path.join(slot.gitDir, 'index'), 'DIRC rubbish');
  expect((await writeTree(slot, base)).changedFiles).toEqual([{path: 'readme', status: 'modified'}]);
});

test('with core.autocrlf nothing changes but what the task wrote, and line endings are stored as they were', async () => {
  using rig = GitRig.create();
  rig.commit({unix: 'one\ntwo\n', dos: 'one\r\ntwo\r\n'});
  rig.configure({'core.autocrlf': 'true', 'core.safecrlf': 'true'});
  const {slot, base} = await start(rig);
  expect(fs.readFileSync(path.join(slot.topLevel, 'unix'), 'utf8')).toBe('one\r\ntwo\r\n');
  rig.write(slot.topLevel, {unix: 'one\ntwo\nthree\n', dos: 'one\r\ntwo\r\nthree\r\n'});
  const {tree, changedFiles} = await writeTree(slot, base);
  expect(changedFiles.map(file => file.path)).toEqual(['dos', 'unix']);
  expect(rig.contents(tree)).toMatchObject({unix: 'one\ntwo\nthree', dos: 'one\r\ntwo\r\nthree'});
});

test('files that no checkout gives back as they are stored are no change of the task', async () => {
  using rig = GitRig.create();
  rig.commit({dos: 'one\r\ntwo\r\n', other: 'x\r\n'});
  rig.write(rig.repo, {'.gitattributes': '* text=auto\ndos text\nother text\n'});
  rig.git('add', '.gitattributes');
  rig.git('commit', '--quiet', '-m', 'attributes that the files do not follow');
  const {slot, base} = await start(rig);
  rig.write(slot.topLevel, {other: 'y\n', readme: 'changed\n'});
  const {tree, changedFiles} = await writeTree(slot, base);
  expect(changedFiles.map(file => file.path)).toEqual(['other', 'readme']);
  expect(rig.contents(tree).dos).toBe('one\r\ntwo');
});

test('large files go in as the pointers that a filter makes of them', async () => {
  using rig = GitRig.create();
  rig.configure({
    'filter.large.clean': 'echo pointer; cat > /dev/null',
    'filter.large.smudge': 'cat > /dev/null; echo the large content',
    'filter.large.required': 'true',
  });
  rig.commit({'.gitattributes': '*.bin filter=large\n'});
  rig.commit({'a.bin': 'the large content\n'});
  const {slot, base} = await start(rig);
  expect(fs.readFileSync(path.join(slot.topLevel, 'a.bin'), 'utf8')).toBe('the large content\n');
  rig.write(slot.topLevel, {'b.bin': 'other large content'});
  const {tree, changedFiles} = await writeTree(slot, base);
  expect(changedFiles).toEqual([{path: 'b.bin', status: 'added'}]);
  expect(rig.contents(tree)).toMatchObject({'a.bin': 'pointer', 'b.bin': 'pointer'});
});

test('repositories that a task made inside its slot are reported, with and without commits', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  for (const name of ['born', 'unborn']) rig.run(slot.topLevel, 'init', '--quiet', name);
  rig.write(slot.topLevel, {'unborn/file': 'x', fine: 'y'});
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a'];
  rig.run(path.join(slot.topLevel, 'born'), ...identity, 'commit', '--quiet', '--allow-empty', '-m', 'x');
  const {nested, changedFiles} = await writeTree(slot, base);
  expect(nested).toEqual([
    {path: 'unborn', why: 'embedded'},
    {path: 'born', why: 'embedded'},
  ]);
  expect(changedFiles.map(file => file.path)).toEqual(['born', 'fine']);
});

test('a sparse checkout loses nothing of what it does not show', async () => {
  using rig = GitRig.create();
  rig.commit({'docs/x': 'x', 'web/y': 'y'});
  const {slot, base} = await start(rig);
  rig.run(slot.topLevel, 'sparse-checkout', 'set', 'web');
  rig.write(slot.topLevel, {'web/z': 'z', 'docs/new': 'n'});
  const {changedFiles} = await writeTree(slot, base);
  expect(changedFiles).toEqual([
    {path: 'docs/new', status: 'added'},
    {path: 'web/z', status: 'added'},
  ]);
});

test('a checkpoint keeps the work of a running attempt and leaves its slot alone', async () => {
  using rig = GitRig.create();
  const {slot, base} = await start(rig);
  const work = {id: ID, task: 'login', attempt: 2, base};
  expect(await saveCheckpoint(slot, work)).toBeUndefined();
  rig.write(slot.topLevel, {one: '1', two: '2'});
  const checkpoint = await saveCheckpoint(slot, work);
  expect(checkpoint).toMatchObject({ref: `refs/milestone/rescue/${ID}/login.2`, filesChanged: 2, nested: []});
  expect(rig.git('log', '-1', '--format=%s', checkpoint!.ref)).toBe(
    `checkpoint(milestone-${ID}): auto-commit during execution`,
  );
  expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('?? one\n?? two');
});
