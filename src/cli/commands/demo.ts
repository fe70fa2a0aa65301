import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import chalk from 'chalk';
import {runGit} from '../../platform/processes/run-git.ts';
import {execute} from './execute.ts';

/** The example plans of this package, as seen from dist/. */
const EXAMPLE = path.join(import.meta.dirname, '../.milestones.example');
const IDENTITY = ['-c', 'user.name=Demo', '-c', 'user.email=demo@localhost'];

/**
 * `milestone demo`: carry out the example in a new repository, and show what came of it. The repository stays, so that
 * one can look at it.
 * @returns The exit code.
 */
export async function demo({json = false}: {json?: boolean}): Promise<number> {
  // With JSON the events alone are the answer.
  const print = json ? process.stderr : process.stdout;
  const say = (text: string) => print.write(`\n${chalk.bold(text)}\n\n`);
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-demo-')));
  await git(folder, ['init', '--quiet', '--initial-branch=main']);
  fs.cpSync(EXAMPLE, path.join(folder, '.milestones'), {recursive: true});
  const [plan] = fs.readdirSync(path.join(folder, '.milestones', 'active'));
  const id = path.basename(plan as string, '.yaml');
  await git(folder, ['add', '--all']);
  await git(folder, [...IDENTITY, 'commit', '--quiet', '--no-verify', '--message', 'Plan the milestone']);
  say(`A new git repository with the plan .milestones/active/${plan}: ${folder}`);
  say(`$ milestone execute ${id}`);
  process.chdir(folder);
  const exit = await execute('execute', id, {git: true, json});
  say(`$ git log --oneline --graph milestone/${id}`);
  print.write(await git(folder, ['log', '--oneline', '--graph', '--no-decorate', `milestone/${id}`]));
  say(`$ git show --stat --format=%b milestone/${id}`);
  print.write(await git(folder, ['show', '--stat', '--format=%b', `milestone/${id}`]));
  say(`Look around: cd ${folder} && git switch milestone/${id}`);
  return exit;
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await runGit(args, {cwd: folder, env: process.env});
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
}
