import fs from 'node:fs';
import path from 'node:path';
import {expect, test, vi} from 'vitest';
import {MilestoneError} from '../../src/errors.ts';
import {resolveBase} from '../../src/git/base.ts';
import {dirtyFiles} from '../../src/git/checkout.ts';
import {commitTree} from '../../src/git/commit.ts';
import {withPrunes} from '../../src/git/git.ts';
import {openRepository} from '../../src/git/repository.ts';
import {readDirtyFiles} from '../../src/git/user-repository.ts';
import {GitRig} from './git-rig.ts';

test('a repository is found from a folder inside it, whatever the caller’s environment points at', async () => {
  using rig = GitRig.create();
  fs.mkdirSync(path.join(rig.repo, 'pages', 'site'), {recursive: true});
  const env = {...rig.env, GIT_DIR: '/elsewhere', GIT_INDEX_FILE: '/elsewhere/index', GIT_PREFIX: 'x'};
  expect(await openRepository(path.join(rig.repo, 'pages', 'site'), env)).toMatchObject({
    topLevel: rig.repo,
    gitDir: path.join(rig.repo, '.git'),
    commonDir: path.join(rig.repo, '.git'),
    objectFormat: 'sha1',
    prefix: 'pages/site',
  });
});

test('a linked worktree and its main checkout share one git folder', async () => {
  using rig = GitRig.create();
  const linked = path.join(rig.folder, 'linked');
  rig.git('worktree', 'add', '--quiet', linked);
  expect(await rig.open(linked)).toMatchObject({
    topLevel: linked,
    gitDir: path.join(rig.repo, '.git', 'worktrees', 'linked'),
    commonDir: path.join(rig.repo, '.git'),
  });
});

test('outside git there is no repository', async () => {
  using rig = GitRig.create();
  expect(await openRepository(rig.folder, rig.env)).toBeUndefined();
});

test('a bare repository is refused', async () => {
  using rig = GitRig.create();
  const bare = path.join(rig.folder, 'bare.git');
  rig.git('clone', '--quiet', '--bare', '.', bare);
  await expect(openRepository(bare, rig.env)).rejects.toMatchObject({code: 'NOT_A_REPOSITORY'});
});

test('a base is what is checked out, or what the user named', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const head = rig.git('rev-parse', 'HEAD');
  expect(await resolveBase(repo)).toEqual({commit: head, name: 'main'});
  rig.git('tag', '-a', '-m', 'one', 'v1');
  expect(await resolveBase(repo, 'v1')).toEqual({commit: head, name: 'v1'});
  rig.git('checkout', '--quiet', '--detach');
  expect(await resolveBase(repo)).toEqual({commit: head, name: 'HEAD'});
});

test('a base that does not exist is an error that names a similar one', async () => {
  using rig = GitRig.create();
  rig.git('branch', 'release-2');
  const repo = await rig.open();
  await expect(resolveBase(repo, 'relaese-2')).rejects.toMatchObject({
    code: 'BASE_MISSING',
    hint: 'did you mean `release-2`?',
  });
  await expect(resolveBase(repo, '--all')).rejects.toMatchObject({code: 'BASE_MISSING'});
});

test('a repository without commits gets an empty root, and its own head stays unborn', async () => {
  using rig = GitRig.create({commit: false});
  const base = await resolveBase(await rig.open());
  expect(base.name).toBe('main');
  expect(rig.contents(base.commit)).toEqual({});
  expect(() => rig.git('rev-parse', '--verify', '--quiet', 'HEAD')).toThrow();
});

test('commits carry the user’s identity, and that of milestone only where there is none', async () => {
  using rig = GitRig.create();
  using stranger = GitRig.create({commit: false, identity: false});
  const authors = await Promise.all(
    [rig, stranger].map(async each => {
      const repo = await each.open();
      const {commit} = await resolveBase(repo);
      const tree = each.git('rev-parse', `${commit}^{tree}`);
      const made = await commitTree(repo, {tree, parents: [commit], message: 'x\n'});
      return each.git('log', '-1', '--format=%an <%ae>, %cn', made);
    }),
  );
  expect(authors).toEqual(['Ada <ada@example.com>, Ada', 'milestone <milestone@localhost>, milestone']);
});

test('a commit is written also where a prune takes the folder that was made for it, and what was written so far', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const tree = rig.git('rev-parse', 'HEAD^{tree}');
  const rename = fs.renameSync;
  const renames = vi.spyOn(fs, 'renameSync');
  renames.mockImplementationOnce((from, to) => {
    fs.rmSync(path.dirname(String(to)), {recursive: true});
    rename(from, to);
  });
  renames.mockImplementationOnce((from, to) => {
    fs.rmSync(from);
    rename(from, to);
  });
  const made = await commitTree(repo, {tree, parents: [], message: 'x\n'});
  expect(renames).toHaveBeenCalledTimes(3);
  vi.restoreAllMocks();
  expect(rig.git('log', '-1', '--format=%s', made)).toBe('x');
  expect(fs.readdirSync(path.join(repo.commonDir, 'objects')).filter(name => name.includes('tmp'))).toEqual([]);
});

test('what git misses because of a prune is made again; any other failure is one at once', async () => {
  const failing = (message: string) => {
    const make = vi.fn(async () => 'made');
    make.mockRejectedValueOnce(new MilestoneError('GIT_FAILED', message));
    return make;
  };
  const pruned = failing('`git update-ref` failed: fatal: trying to write ref with nonexistent object 30cb');
  expect(await withPrunes(pruned)).toBe('made');
  expect(pruned).toHaveBeenCalledTimes(2);
  const other = failing('`git update-ref` failed: fatal: cannot lock ref');
  await expect(withPrunes(other)).rejects.toThrow('cannot lock ref');
  expect(other).toHaveBeenCalledTimes(1);
});

test('the user’s checkout is read without what lies in the home, by a dry run and by a start alike', async () => {
  using rig = GitRig.create();
  rig.write(rig.repo, {readme: 'changed\n', 'new file': 'x', 'new/one': 'x', '.milestones/active/x.yaml': 'id: x'});
  rig.git('mv', 'src/a', 'src/b');
  const repo = await rig.open();
  const changes = ['readme', 'src/a', 'src/b', 'new file', 'new/'];
  expect(await readDirtyFiles(repo)).toEqual(changes);
  expect(await dirtyFiles(repo)).toEqual(changes);
});
