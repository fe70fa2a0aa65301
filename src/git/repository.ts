import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {GIT_MARKER} from '../platform/processes/git-processes.ts';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';
import {gitError, type Repository, type Signers} from './git.ts';

/** Signs commits where the user has configured no identity. */
const FALLBACK = 'milestone <milestone@localhost>';

/**
 * The repository that a folder belongs to.
 * @param folder The home's parent; it becomes the repository's `prefix`.
 * @returns `undefined` outside git.
 * @throws {MilestoneError} `NOT_A_REPOSITORY` in a bare repository or inside a git folder, `GIT_TOO_OLD`, `GIT_FAILED`.
 */
export async function openRepository(folder: string, from = process.env): Promise<Repository | undefined> {
  const cwd = fs.realpathSync(folder);
  const env = gitEnvironment(from);
  const locations = ['--is-inside-work-tree', '--show-object-format', '--path-format=absolute', ...PLACES];
  const [place, version] = await Promise.all([
    runGit(['rev-parse', ...locations], {cwd, env}),
    runGit(['version'], {cwd, env}),
  ]);
  if (/not a git repository/.test(place.stderr)) return undefined;
  validateVersion(version.stdout);
  const [isInside, objectFormat, commonDir, gitDir, topLevel] = place.stdout.split('\n');
  if (isInside === 'false') throw (await isCalledBare(cwd, env)) ? calledBare(folder) : noWorktree(folder);
  if (place.code !== 0 || !commonDir || !gitDir || !topLevel) throw gitError(['rev-parse'], place);
  return {
    topLevel: fs.realpathSync(topLevel),
    gitDir: fs.realpathSync(gitDir),
    commonDir: fs.realpathSync(commonDir),
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    prefix: path.relative(fs.realpathSync(topLevel), cwd).split(path.sep).join('/'),
    signers: askedOnce(() => readSigners(cwd, env)),
    environment: env,
  };
}

const PLACES = ['--git-common-dir', '--git-dir', '--show-toplevel'];

/** The same repository, every git of which can be found and ended by `endMarkedGit(marker)`. */
export function withMarker(repo: Repository, marker: string): Repository {
  return {...repo, environment: {...repo.environment, [GIT_MARKER]: marker}};
}

/** The home (`.milestones`) relative to the top of the worktree, with `/` between. */
export function homePath(repo: Repository): string {
  return repo.prefix === '' ? '.milestones' : `${repo.prefix}/.milestones`;
}

/** Whether a path of the tree is the home or in it. */
export function isInHome(repo: Repository, file: string): boolean {
  return file === homePath(repo) || file.startsWith(`${homePath(repo)}/`);
}

/** The folder of a worktree that corresponds to the home's parent; where tasks and checks run. */
export function workFolder(repo: Repository): string {
  return path.join(repo.topLevel, ...repo.prefix.split('/'));
}

function validateVersion(printed: string): void {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(printed) ?? [];
  if (Number(major) * 1_000 + Number(minor) >= 2_038) return;
  throw new MilestoneError('GIT_TOO_OLD', `git 2.38 or later is needed, found \`${printed.trim()}\``, {
    hint: 'update git, or run with `--no-git`',
  });
}

/** Whether the configuration says of a git folder beside a checkout that there is none. */
async function isCalledBare(cwd: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const {stdout} = await runGit(['config', '--type=bool', '--get', 'core.bare'], {cwd, env});
  const {stdout: common} = await runGit(['rev-parse', '--git-common-dir'], {cwd, env});
  return stdout.trim() === 'true' && path.basename(path.resolve(cwd, common.trim())) === '.git';
}

function calledBare(folder: string): MilestoneError {
  const message = `git takes \`${folder}\` for a bare repository: \`core.bare\` is true in its configuration`;
  return new MilestoneError('NOT_A_REPOSITORY', message, {hint: `git -C ${quoted(folder)} config core.bare false`});
}

function quoted(word: string): string {
  return /^[\w./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function noWorktree(folder: string): MilestoneError {
  return new MilestoneError('NOT_A_REPOSITORY', `\`${folder}\` belongs to a repository but is no checkout of it`, {
    hint: 'run it in a checkout (`git worktree add` makes one from a bare repository)',
  });
}

/** What could not be answered is asked again. */
function askedOnce<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => {
    answer ??= ask().catch(error => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}

async function readSigners(cwd: string, env: NodeJS.ProcessEnv): Promise<Signers> {
  const [author, committer] = await Promise.all([
    readIdentity(cwd, env, 'GIT_AUTHOR_IDENT'),
    readIdentity(cwd, env, 'GIT_COMMITTER_IDENT'),
  ]);
  return {author, committer};
}

/** The configured identity, never one that git makes up from the names of user and machine. */
async function readIdentity(cwd: string, env: NodeJS.ProcessEnv, variable: string): Promise<string> {
  const {code, stdout} = await runGit(['-c', 'user.useConfigOnly=true', 'var', variable], {cwd, env});
  return code === 0 ? stdout.trim().replace(/ \d+ [-+]\d{4}$/, '') : FALLBACK;
}

export type {Repository};
