import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import type {TestProject} from 'vitest/node';
import {temporaryFolder} from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What is to be preloaded into the command, so that it need not be compiled at each start; absent without a build. */
    compiled?: string;
  }
}

const PRELOAD = fileURLToPath(new URL('compiled.cjs', import.meta.url));
const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

const PLAN = 'id: m\ntitle: M\ntasks:\n  - {id: a, title: A, run: echo a > a, verify: test -f a}\n';

/** Compile the command for a whole run of tests: a third of what a start costs otherwise. */
export default async function compileOnce(project: TestProject): Promise<() => void> {
  if (!fs.existsSync(DIST)) return () => {}; // tests of what is pure need no build
  const folder = fs.mkdtempSync(path.join(temporaryFolder(), 'compiled-'));
  const preload = path.join(folder, 'compiled.cjs');
  fs.copyFileSync(PRELOAD, preload);
  for (const keeps of ['at-once', 'at-the-end']) await execute(path.join(folder, keeps), preload, keeps);
  project.provide('compiled', preload);
  return () => fs.rmSync(folder, {recursive: true, force: true});
}

/** Execute a plan in a repository of its own, then look at it. */
async function execute(folder: string, preload: string, keeps: string): Promise<void> {
  fs.mkdirSync(path.join(folder, '.milestones/active'), {recursive: true});
  fs.writeFileSync(path.join(folder, '.milestones/active/m.yaml'), PLAN);
  const identity = {GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@b'};
  const env = {PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...identity};
  const run = (program: string, ...args: string[]) =>
    promisify(execFile)(program, args, {cwd: folder, env: {...env, KEEP_COMPILED: keeps}});
  await run('git', 'init', '-q');
  await run('git', 'commit', '-q', '--allow-empty', '-m', 'First commit');
  for (const words of [
    ['execute', 'm'],
    ['status', '--json'],
  ])
    await run(process.execPath, '--require', preload, MILESTONE, ...words);
}
