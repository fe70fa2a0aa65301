// `milestone land --pr`: to a remote, and to whoever reviews it there. The remote lies on disk, gh and glab are scripts.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ID = 'auth';

const completedRig = copiesOf(async () => {
  const rig = await MilestoneRig.create();
  rig.git('init', '-q', '--bare', path.join(rig.root, 'remote.git'));
  rig.git('remote', 'add', 'origin', path.join(rig.root, 'remote.git'));
  rig.git('push', '-q', '-u', 'origin', 'main');
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}], {title: "Ada's API"});
  const {exitCode, stderr} = await rig.milestone('execute', ID);
  if (exitCode !== 0) throw new Error(stderr);
  return rig;
});

/** A completed milestone in a repository whose `origin` is a bare one beside it. */
async function remoteRig({
  name = 'remote.git',
  tools = [],
}: {
  name?: string;
  tools?: string[];
} = {}): Promise<MilestoneRig> {
  const rig = await completedRig();
  fs.renameSync(path.join(rig.root, 'remote.git'), path.join(rig.root, name));
  rig.git('remote', 'set-url', 'origin', path.join(rig.root, name));
  for (const tool of tools) script(rig, tool, 'echo "https://example.test/pull/7"');
  return rig;
}

/** A program on the PATH that writes down what it is given. */
function script(rig: MilestoneRig, name: string, body: string): void {
  const folder = path.join(rig.root, 'bin');
  fs.mkdirSync(folder, {recursive: true});
  const text = `#!/bin/sh\nfor word; do printf '%s\\0' "$word"; done > '${rig.root}/${name}.args'\ncat > '${rig.root}/${name}.in'\n${body}\n`;
  fs.writeFileSync(path.join(folder, name), text, {mode: 0o755});
  if (!rig.env.PATH!.startsWith(folder)) rig.env.PATH = `${folder}:${rig.env.PATH}`;
}

const given = (rig: MilestoneRig, name: string) =>
  fs
    .readFileSync(path.join(rig.root, `${name}.args`), 'utf8')
    .split('\0')
    .slice(0, -1);
const atRemote = (rig: MilestoneRig, ref: string) => rig.git('ls-remote', 'origin', ref).split('\t')[0];

test.concurrent('it is pushed with its record, and gh opens the pull request with the report as its body', async () => {
  await using rig = await remoteRig({tools: ['gh']});
  const main = rig.git('rev-parse', 'main');
  const {ok, pull_request: request} = (await rig.milestone('land', ID, '--pr', '--json')).json();
  expect(ok).toBe(true);
  expect(request).toMatchObject({
    remote: 'origin',
    branch: `milestone/${ID}`,
    into: 'main',
    url: 'https://example.test/pull/7',
    opened: true,
  });
  expect(request.commit).toBe(atRemote(rig, `refs/heads/milestone/${ID}`));
  expect(rig.git('rev-parse', `${request.commit}^`)).toBe(rig.git('rev-parse', `milestone/${ID}`));
  expect(rig.git('show', '--format=%s', '--name-only', request.commit)).toBe(
    `Record milestone auth\n\n${rig.planFile(ID, 'completed')}`,
  );
  expect(given(rig, 'gh')).toEqual([
    'pr',
    'create',
    '--base',
    'main',
    '--head',
    `milestone/${ID}`,
    '--title',
    "Ada's API",
    '--body-file',
    '-',
  ]);
  expect(fs.readFileSync(path.join(rig.root, 'gh.in'), 'utf8')).toMatch(
    /^# auth: Ada's API\n\n\*\*completed\*\* .*\n\n## Done\n\n- `a` /s,
  );
  // Nobody has taken it yet.
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect((await rig.status(ID)).git).toMatchObject({landed: false});
  // Asked again, nothing is pushed anew, and the one that is open is named.
  script(rig, 'gh', 'echo "a pull request for this branch already exists: https://example.test/pull/7" >&2; exit 1');
  const again = (await rig.milestone('land', ID, '--pr', '--json')).json().pull_request;
  expect(again).toMatchObject({commit: request.commit, url: 'https://example.test/pull/7'});
  // Merged there and pulled, for which git wants the way to be free, it has landed.
  fs.rmSync(rig.path(rig.planFile(ID, 'completed')));
  rig.git('merge', '-q', '--no-ff', '-m', 'Merge pull request 7', request.commit);
  expect((await rig.status(ID)).git).toMatchObject({landed: true});
  expect((await rig.milestone('land', ID, '--pr')).stdout).toContain('is in `main` already');
  expect(rig.events(ID).at(-1)).toMatchObject({event: 'milestone_landed', details: {into: 'main', kind: 'merge'}});
});

/** What a host makes of a pull request. */
const HOSTS = {
  'squashed with the messages of its commits': (rig: MilestoneRig, commit: string) => {
    const messages = rig.git('log', '--reverse', '--format=* %B', `main..${commit}`);
    rig.git('merge', '-q', '--squash', commit);
    rig.git('commit', '-q', '-m', `Ada's API (#7)\n\n${messages}`);
  },
  'squashed under its title alone': (rig: MilestoneRig, commit: string) => {
    rig.git('merge', '-q', '--squash', commit);
    rig.git('commit', '-q', '-m', "Ada's API (#7)");
  },
  rebased: (rig: MilestoneRig, commit: string) => {
    rig.git('cherry-pick', `main..${commit}`);
  },
} as const;

test.concurrent.each(Object.entries(HOSTS))(
  'a pull request that was %s has landed, whatever the branch does then, and who clones can build on it',
  async (_, take) => {
    await using rig = await remoteRig({tools: ['gh']});
    const {commit} = (await rig.milestone('land', ID, '--pr', '--json')).json().pull_request;
    for (const name of ['before.txt', 'after.txt']) {
      fs.writeFileSync(rig.path(name), name);
      rig.git('add', name);
      rig.git('commit', '-q', '-m', `Somebody's ${name}`);
      if (name === 'after.txt') continue;
      expect((await rig.status(ID)).git).toMatchObject({landed: false});
      fs.rmSync(rig.path(rig.planFile(ID, 'completed')));
      take(rig, commit);
    }
    expect((await rig.status(ID)).git).toMatchObject({landed: true});
    const {exitCode, stdout} = await rig.milestone('land', ID);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('is in `main`')]);
    expect(rig.events(ID).at(-1)).toMatchObject({event: 'milestone_landed', details: {into: 'main', kind: 'squash'}});
    await using clone = await MilestoneRig.create({git: false, commit: false});
    fs.rmSync(clone.folder, {recursive: true});
    rig.git('clone', '-q', '--no-local', '--single-branch', '--branch', 'main', rig.folder, clone.folder);
    expect((await clone.status(ID)).git).toMatchObject({landed: true});
    await clone.writeMilestone('next', [{id: 'n', run: 'cp a.txt n.txt'}], {dependencies: {requires: [ID]}});
    expect(await clone.milestone('execute', 'next')).toMatchObject({exitCode: 0});
  },
);

test.concurrent('what was merged at the remote comes here by a fetch and `land`, over the files that keep a pull away', async () => {
  await using rig = await remoteRig({tools: ['gh']});
  const {stdout} = await rig.milestone('land', ID, '--pr');
  expect(stdout).toContain('once it is merged, `git fetch origin` and `milestone land auth` bring it here');
  const host = path.join(rig.root, 'host');
  rig.git('clone', '-q', path.join(rig.root, 'remote.git'), host);
  rig.git('-C', host, 'merge', '-q', '--squash', `origin/milestone/${ID}`);
  rig.git('-C', host, 'commit', '-q', '-m', "Ada's API (#7)");
  rig.git('-C', host, 'push', '-q', 'origin', 'main');
  rig.git('fetch', '-q', 'origin');
  const [before, merged] = [rig.git('rev-parse', 'main'), rig.git('rev-parse', 'origin/main')];
  expect((await rig.milestone('land', ID, '--dry-run', '--json')).json().would).toMatchObject({
    already: false,
    onto: before,
    follows: merged,
  });
  expect(rig.git('rev-parse', 'main')).toBe(before);
  rig.write('README', 'mine\n');
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 3, stderr: expect.stringContaining('README')});
  rig.git('checkout', '-q', 'README');
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0, stdout: expect.stringContaining('is in `main`')});
  // Its title alone names nothing, so who clones is told by a record.
  expect(rig.git('log', '--format=%s', 'main').split('\n')).toEqual([
    'Record milestone auth',
    "Ada's API (#7)",
    'First commit',
  ]);
  expect(rig.git('rev-parse', 'main^')).toBe(merged);
  expect(rig.read('a.txt')).toBe('a\n');
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
  expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({already: true});
});

test.concurrent('what was changed on its way into the branch has not landed for certain', async () => {
  await using rig = await remoteRig();
  const {commit} = (await rig.milestone('land', ID, '--pr', '--json')).json().pull_request;
  fs.rmSync(rig.path(rig.planFile(ID, 'completed')));
  rig.git('merge', '-q', '--squash', commit);
  rig.write('a.txt', 'changed on the way\n');
  rig.git('commit', '-q', '-a', '-m', 'Like it');
  expect((await rig.status(ID)).git).toMatchObject({landed: false});
});

test.concurrent('where only the record is missing, that goes to the remote alone', async () => {
  await using rig = await remoteRig({tools: ['gh']});
  rig.git('merge', '-q', '--squash', `milestone/${ID}`);
  rig.git('commit', '-q', '-m', 'By hand');
  const main = rig.git('rev-parse', 'main');
  const {pull_request: request} = (await rig.milestone('land', ID, '--pr', '--json')).json();
  expect(request).toMatchObject({recorded: true, opened: true});
  expect(rig.git('diff', '--name-only', `main...${request.commit}`)).toBe(rig.planFile(ID, 'completed'));
  expect(rig.git('merge-base', 'main', request.commit)).toBe(main);
  expect(rig.events(ID).at(-1)).toMatchObject({event: 'milestone_landed', details: {commit: main, kind: 'squash'}});
  expect((await rig.milestone('land', ID, '--pr', '--no-record', '--json')).json()).toMatchObject({
    landed: {already: true, commit: main},
  });
});

test.concurrent("a remote at GitLab is glab's", async () => {
  await using rig = await remoteRig({name: 'gitlab.git', tools: ['gh', 'glab']});
  expect(await rig.milestone('land', ID, '--pr', '--no-record')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('https://example.test/pull/7'),
  });
  const words = given(rig, 'glab');
  expect(words.slice(0, 8)).toEqual([
    'mr',
    'create',
    '--target-branch',
    'main',
    '--source-branch',
    `milestone/${ID}`,
    '--title',
    "Ada's API",
  ]);
  expect(words.slice(8)).toEqual(['--description', expect.stringContaining('Ada'), '--yes']);
  expect(atRemote(rig, `refs/heads/milestone/${ID}`)).toBe(rig.git('rev-parse', `milestone/${ID}`));
  expect(fs.existsSync(path.join(rig.root, 'gh.args'))).toBe(false);
});

test.concurrent('without either it is pushed, and the commands that open one are printed, fit for a shell', async () => {
  await using rig = await remoteRig();
  const dryRun = await rig.milestone('land', ID, '--pr', '--dry-run');
  expect(dryRun).toMatchObject({exitCode: 0, stdout: expect.stringContaining('would be pushed to `origin`')});
  expect(atRemote(rig, `refs/heads/milestone/${ID}`)).toBe('');
  const {exitCode, stdout} = await rig.milestone('land', ID, '--pr');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('milestone report auth --format md > report.md');
  const line = stdout.split('\n').find(text => text.includes('gh pr create')) as string;
  script(rig, 'gh', 'true');
  await rig.start('sh', '-c', line.trim());
  expect(given(rig, 'gh')).toContain("Ada's API");
});

test.concurrent('without a remote, with a conflict, and where somebody else has pushed, nothing is pushed: exit 3', async () => {
  await using rig = await remoteRig({tools: ['gh']});
  const other = path.join(rig.root, 'other');
  rig.git('clone', '-q', path.join(rig.root, 'remote.git'), other);
  rig.git('-C', other, 'commit', '-q', '--allow-empty', '-m', 'Mine');
  rig.git('-C', other, 'push', '-q', 'origin', `HEAD:milestone/${ID}`);
  const theirs = atRemote(rig, `refs/heads/milestone/${ID}`);
  expect(await rig.milestone('land', ID, '--pr')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('has commits on `milestone/auth` that are not here'),
  });
  expect(atRemote(rig, `refs/heads/milestone/${ID}`)).toBe(theirs);
  rig.write('a.txt', 'else\n');
  rig.git('add', 'a.txt');
  rig.git('commit', '-q', '-m', 'Conflict');
  expect(await rig.milestone('land', ID, '--pr')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('`a.txt`'),
  });
  rig.git('reset', '-q', '--hard', 'HEAD~1');
  expect(await rig.milestone('land', ID, '--pr', '--squash')).toMatchObject({exitCode: 2});
  rig.git('remote', 'remove', 'origin');
  for (const flags of [[], ['--dry-run']])
    expect(await rig.milestone('land', ID, '--pr', ...flags)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no remote'),
    });
  expect(fs.existsSync(path.join(rig.root, 'gh.args'))).toBe(false);
});

test.concurrent('a program that fails is quoted, exit 9, with the command to type', async () => {
  await using rig = await remoteRig({tools: ['gh']});
  script(rig, 'gh', 'echo "gh auth login first" >&2; exit 4');
  expect(await rig.milestone('land', ID, '--pr')).toMatchObject({
    exitCode: 9,
    stderr: expect.stringMatching(
      /is pushed, but `gh` opens no pull request: gh auth login first\nhint: .*gh pr create/,
    ),
  });
});
