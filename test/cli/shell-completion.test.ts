// `milestone completion`, in the shells themselves.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MILESTONE, MilestoneRig} from '../rig/milestone-rig.ts';

/** Shells that are not everywhere. */
const ZSH = findShell('zsh');
const FISH = findShell('fish');

function findShell(name: string): string | undefined {
  return ['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map(folder => path.join(folder, name))
    .find(fs.existsSync);
}

/** A home with two milestones, and `milestone` on the PATH. */
async function completionRig(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  fs.mkdirSync(path.join(rig.root, 'bin'));
  fs.symlinkSync(MILESTONE, path.join(rig.root, 'bin', 'milestone'));
  rig.env.PATH = `${path.join(rig.root, 'bin')}:${rig.env.PATH}`;
  await rig.writeMilestone('auth-api', [
    {id: 'users-table', title: 'Make: the users', run: 'true'},
    {id: 'login', run: 'true', dependencies: ['users-table']},
  ]);
  await rig.writeMilestone('billing', [{id: 'invoice', run: 'true'}]);
  return rig;
}

/** What bash offers for a line, word by word. */
async function inBash(rig: MilestoneRig, ...words: string[]): Promise<string[]> {
  const script = `source <(milestone completion bash)
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _milestone; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const {stdout, stderr} = await rig.start('bash', '--norc', '-c', script, 'bash', 'milestone', ...words);
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

test.concurrent('bash offers every command that help shows, by its beginning', async () => {
  await using rig = await completionRig();
  const help = (await rig.milestone('--help')).stdout;
  const shown = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name as string);
  expect(shown.length).toBeGreaterThan(25);
  expect(await inBash(rig, '')).toEqual(shown);
  expect(await inBash(rig, 'sta')).toEqual(['status']);
  expect(await inBash(rig, 'task', '')).toContain('done');
});

test.concurrent('bash offers options, their words, and the ids of milestones and tasks where they are meant', async () => {
  await using rig = await completionRig();
  expect(await inBash(rig, 'status', '--f')).toEqual(['--format']);
  expect(await inBash(rig, 'status', '--format', '')).toEqual(['text', 'md', 'json']);
  expect(await inBash(rig, 'status', '--format', '=', 'm')).toEqual(['md']);
  expect(await inBash(rig, 'status', '')).toEqual(['auth-api', 'billing']);
  expect(await inBash(rig, 'status', '--milestone', 'b')).toEqual(['billing']);
  expect(await inBash(rig, 'redo', 'auth-api', '')).toEqual(['users-table', 'login']);
  expect(await inBash(rig, 'redo', '--milestone', 'billing', '')).toEqual(['invoice']);
  expect(await inBash(rig, 'log', 'billing', '--task', '')).toEqual(['invoice']);
  expect(await inBash(rig, 'execute', 'auth-api', '--only', 'l')).toEqual(['login']);
  // Named by none, the tasks of the only one that is meant come too.
  rig.write('.milestones/active/current.txt', 'billing\n');
  expect(await inBash(rig, 'retry', '')).toEqual(['auth-api', 'billing', 'invoice']);
  expect(await inBash(rig, 'schema', '')).toEqual(['milestone', 'config']);
  expect(await inBash(rig, 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
});

test.concurrent('where there is no home or a broken plan, nothing is offered and nothing is said', async () => {
  await using rig = await completionRig();
  rig.write(rig.planFile('billing'), 'tasks: [');
  expect(await inBash(rig, 'redo', 'billing', '')).toEqual([]);
  fs.rmSync(rig.path('.milestones'), {recursive: true});
  expect(await inBash(rig, 'status', '')).toEqual([]);
  expect(await inBash(rig, 'no-such-command', '')).toEqual([]);
  expect(await rig.milestone('completion', 'bsh')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('`bash`'),
  });
});

test.skipIf(ZSH === undefined)('zsh offers the same, each with what it means', async () => {
  await using rig = await completionRig();
  const ask = (...words: string[]) =>
    rig.start(
      ZSH as string,
      '-f',
      '-c',
      `compdef() { print -- "compdef $*" }
      _describe() { print -rl -- "\${(@P)2}" }
      _files() { print files }
      source <(milestone completion zsh)
      words=(milestone "$@"); CURRENT=$#words; _milestone`,
      'zsh',
      ...words,
    );
  expect(await ask('sta')).toMatchObject({
    stderr: '',
    stdout: expect.stringMatching(/^compdef _milestone milestone\nstatus:show how far/),
  });
  expect((await ask('redo', 'auth-api', 'us')).stdout).toContain('users-table:Make: the users');
  expect((await ask('init', '')).stdout).toContain('files');
});

test.skipIf(FISH === undefined)('fish offers the same', async () => {
  await using rig = await completionRig();
  const ask = async (line: string) => {
    const script = `milestone completion fish | source; complete -C '${line}'`;
    const {stdout, stderr} = await rig.start(FISH as string, '--no-config', '-c', script);
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean);
  };
  expect(await ask('milestone sta')).toEqual(['status\tshow how far a milestone is, and what needs you']);
  expect(await ask('milestone status --milestone bi')).toEqual(['billing\tactive']);
  expect((await ask('milestone redo auth-api ')).map(line => line.split('\t')[0])).toEqual(['login', 'users-table']);
});

test.concurrent('what a shell is told can be had as JSON', async () => {
  await using rig = await completionRig();
  const {stdout: script} = await rig.milestone('completion', 'zsh');
  expect((await rig.milestone('completion', 'zsh', '--json')).json()).toEqual({ok: true, shell: 'zsh', script});
});
