import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import type {Repository} from '../../../src/git/git.ts';
import {mendRegistrations, mendSlots} from '../../../src/workspace/slots/mend-slots.ts';
import {GitRig} from '../../git/git-rig.ts';

const ZEROS = `${'0'.repeat(40)}\n`;

/** What `git worktree add` has written at each moment of its work: files of the git folder, and of the worktree's. */
function moments(gitDir: string, folder: string): Array<{at: string; git: Record<string, string>; dotGit?: string}> {
  const locked = {locked: 'initializing\n'};
  const pointer = `${folder}/.git\n`;
  const dotGit = `gitdir: ${gitDir}\n`;
  const halves = [0, 10, 50, 90].map(share => ({
    at: `${share} % of \`gitdir\` was written`,
    git: {...locked, gitdir: pointer.slice(0, (pointer.length * share) / 100)},
  }));
  const located = {...locked, gitdir: pointer};
  return [
    {at: 'it was locked', git: locked},
    ...halves,
    {at: 'it was located', git: located},
    {at: 'the folder had an empty pointer', git: located, dotGit: ''},
    {at: 'the folder had half a pointer', git: located, dotGit: dotGit.slice(0, 12)},
    {at: 'the folder had its pointer', git: located, dotGit},
    {at: 'it had a head of zeros', git: {...located, HEAD: ZEROS}, dotGit},
    {at: '`commondir` was made', git: {...located, HEAD: ZEROS, commondir: ''}, dotGit},
    {at: 'half of `commondir` was written', git: {...located, HEAD: ZEROS, commondir: '..'}, dotGit},
    {at: 'all was written but the head', git: {...located, HEAD: ZEROS, commondir: '../..\n'}, dotGit},
  ];
}

function layDown(rig: GitRig, repo: Repository, folder: string, at: string): string {
  const gitDir = path.join(repo.commonDir, 'worktrees', path.basename(folder));
  const {git, dotGit} = moments(gitDir, folder).find(moment => moment.at === at)!;
  rig.write(gitDir, git);
  fs.mkdirSync(folder, {recursive: true});
  if (dotGit !== undefined) rig.write(folder, {'.git': dotGit});
  return gitDir;
}

/** The pool that a slot is in. */
function poolOf(folder: string): string {
  return path.dirname(path.dirname(folder));
}

describe('a git that was killed while it made a slot hinders nobody', () => {
  test.each(moments('', '/').map(({at}) => at))('when %s', async at => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const {folder} = rig.wish(repo, '');
    const gitDir = layDown(rig, repo, folder, at);

    expect(await mendSlots(repo, poolOf(folder))).toEqual([`removed \`${gitDir}\``]);
    expect(fs.existsSync(gitDir)).toBe(false);
    rig.git('fsck', '--no-dangling');
    const slot = await rig.slot(repo);
    expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(2);
    expect(fs.readdirSync(poolOf(folder))).toEqual(['0', 'slot-0']);
    expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('');
    expect(await mendSlots(repo, poolOf(folder))).toEqual([]);
  });

  test('also one of another milestone, and what it had checked out goes with it', async () => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const root = path.dirname(poolOf(rig.wish(repo, '').folder));
    const folder = path.join(root, 'another', '0');
    const gitDir = layDown(rig, repo, folder, 'all was written but the head');
    rig.write(folder, {readme: 'hello\n'});
    expect(await mendRegistrations(repo, root)).toEqual([`removed \`${gitDir}\``]);
    expect(fs.existsSync(folder)).toBe(false);
  });
});

describe('what is not ours, or not dead, stays', () => {
  test('a worktree that the user’s own git left unfinished', async () => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const gitDir = layDown(rig, repo, path.join(rig.folder, 'mine'), 'all was written but the head');
    rig.write(path.join(rig.folder, 'mine'), {thesis: 'precious'});
    expect(await mendSlots(repo, poolOf(rig.wish(repo, '').folder))).toEqual([]);
    expect([gitDir, path.join(rig.folder, 'mine', 'thesis')].map(place => fs.existsSync(place))).toEqual([true, true]);
  });

  test('as long as a git is at work in the repository that may be making it', async () => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const {folder} = rig.wish(repo, '');
    const working = spawn('git', ['cat-file', '--batch'], {
      cwd: repo.topLevel,
      env: rig.env,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    working.stdin.write('HEAD\n');
    await new Promise(resolve => working.stdout.once('data', resolve));
    const gitDir = layDown(rig, repo, folder, '`commondir` was made');
    expect(await mendRegistrations(repo, path.dirname(poolOf(folder)))).toEqual([]);
    expect(fs.existsSync(gitDir)).toBe(true);
    working.stdin.end();
    await new Promise(resolve => working.once('close', resolve));
    expect(await mendRegistrations(repo, path.dirname(poolOf(folder)))).toHaveLength(1);
  });

  test('a slot with work in it whose way to the repository was lost: it is mended', async () => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const slot = await rig.slot(repo);
    rig.write(slot.topLevel, {work: 'precious'});
    rig.write(slot.gitDir, {commondir: '', 'index.lock': ''});
    expect(await mendSlots(repo, poolOf(slot.topLevel))).toEqual([
      `mended \`${slot.gitDir}\``,
      `removed \`${slot.gitDir}/index.lock\``,
    ]);
    expect(rig.run(slot.topLevel, 'status', '--porcelain')).toBe('?? work');
  });
});

test('of a slot that was made but not synced when the power went nothing counts', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  fs.writeFileSync(`${slot.topLevel}.making`, '');
  rig.write(slot.gitDir, {gitdir: '', commondir: ''});
  rig.write(slot.topLevel, {'.git': '', readme: ''});
  await mendSlots(repo, poolOf(slot.topLevel));
  expect(fs.existsSync(path.dirname(slot.topLevel))).toBe(false);
  expect(fs.existsSync(slot.gitDir)).toBe(false);
  expect((await rig.slot(repo)).topLevel).toBe(slot.topLevel);
});

test.skipIf(!fs.existsSync('/proc/self/comm'))(
  'a git that finishes a slot while it is looked for is no dead one',
  async () => {
    using rig = GitRig.create();
    const repo = await rig.open();
    const {folder} = rig.wish(repo, '');
    const gitDir = layDown(rig, repo, folder, 'all was written but the head');
    const readdir = fs.readdirSync;
    const spy = vi.spyOn(fs, 'readdirSync').mockImplementation(((place: string, ...rest: []) => {
      if (place === '/proc') {
        rig.write(gitDir, {HEAD: `${rig.git('rev-parse', 'HEAD')}\n`});
        fs.rmSync(path.join(gitDir, 'locked'), {force: true});
      }
      return readdir(place, ...rest);
    }) as typeof fs.readdirSync);
    try {
      expect(await mendRegistrations(repo, path.dirname(poolOf(folder)))).toEqual([]);
    } finally {
      spy.mockRestore();
    }
    expect(fs.existsSync(gitDir)).toBe(true);
    expect(fs.existsSync(folder)).toBe(true);
  },
);
