import fs from 'node:fs';
import path from 'node:path';
import {configSetupProblems, planSetupProblems} from '../../doctor/setup-problems.ts';
import {DriverSet} from '../../drivers/registry.ts';
import {MilestoneError} from '../../errors.ts';
import {knownMilestones, locatePlan, sharedId} from '../../milestone/find-milestone.ts';
import {findHome, type HomePaths, homePaths} from '../../plan/file/home.ts';
import {hasErrors} from '../../plan/file/problems.ts';
import type {Config} from '../../plan/file/read-plan-text.ts';
import {type ReadPlan, readConfigFile, readPlanFile} from '../../plan/file/reader.ts';
import {unknownRequirements} from '../../plan/file/unknown-requirements.ts';
import {isValidId} from '../../plan/ids.ts';
import type {MilestoneId, Problem} from '../../plan/plan.ts';
import {listFolder, readIfExists} from '../../platform/files.ts';
import {print} from '../../platform/print.ts';
import {version} from '../../platform/version.ts';
import {findTemplateErrors, promptsFolder} from '../../prompts/read-template.ts';
import {excerptLines} from '../../terminal/excerpt.ts';
import {choosePaint, type Paint} from '../../terminal/paint.ts';
import {printable, printableLines} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {pathInRepository, shownPath, shownPosition} from '../shown-path.ts';

interface Result {
  /** As the file name says; null for what is no plan. */
  id: MilestoneId | null;
  file: string;
  valid: boolean;
  problems: Problem[];
}

export interface ValidateFlags {
  json?: boolean;
  strict?: boolean;
  format?: 'text' | 'json' | 'github' | 'junit' | 'sarif';
  /** Only what differs from where this ref and the checked-out commit parted. */
  changed?: string;
}

/** `milestone validate`. @returns The exit code. */
export async function validate(words: readonly string[], flags: ValidateFlags): Promise<number> {
  const all = words.length === 0 ? allFiles(homePaths(requireHome())) : words.map(fileOf);
  const files = flags.changed === undefined ? all : await changedOf(all, flags.changed);
  const results = files.map(file => resultOf(file, check(file), flags.strict ?? false));
  const bad = results.filter(({valid}) => !valid);
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  if (format === 'json') console.log(JSON.stringify({ok: bad.length === 0, results, ...failure(results, bad)}));
  else if (format === 'text') console.log(textOf(results, await choosePaint()));
  else print(await forPrograms(results, format));
  return bad.length === 0 ? 0 : 2;
}

/** All of them where config.yaml has changed: what holds for every plan may have. */
async function changedOf(files: readonly string[], ref: string): Promise<readonly string[]> {
  const [{changedFiles}, {openRepository}] = await Promise.all([
    import('../../git/changed-files.ts'),
    import('../../git/repository.ts'),
  ]);
  const repo = await openRepository(process.cwd());
  if (!repo)
    throw new MilestoneError('NOT_A_REPOSITORY', '`--changed` compares with a commit, and this is no repository');
  const changed = await changedFiles(repo, ref, files);
  return changed.some(isConfig) ? files : changed;
}

async function forPrograms(results: readonly Result[], format: 'github' | 'junit' | 'sarif'): Promise<string> {
  const shown = results.map(({file, problems}) => ({file: pathInRepository(file), problems}));
  switch (format) {
    case 'github':
      return (await import('../../terminal/ci/github.ts')).githubAnnotations(shown);
    case 'junit':
      return (await import('../../terminal/ci/junit.ts')).problemsJunit(shown);
    case 'sarif':
      return (await import('../../terminal/ci/sarif.ts')).problemsSarif(shown, version);
  }
}

/** Every plan of a home, its config.yaml, and the templates of its prompts. */
function allFiles(paths: HomePaths): string[] {
  const config = fs.existsSync(paths.config) ? [paths.config] : [];
  const prompts = listFolder(promptsFolder(paths)).filter(name => name.endsWith('.md'));
  return [
    ...config,
    ...prompts.map(name => path.join(promptsFolder(paths), name)),
    ...knownMilestones(paths).map(({file}) => file),
  ];
}

/** A path, or the id of a milestone in the home of the working directory. */
function fileOf(word: string): string {
  if (/[/\\]|\.ya?ml$/.test(word)) return path.resolve(word);
  if (isValidId(word)) return locatePlan(homePaths(requireHome()), word);
  throw new MilestoneError('UNKNOWN_MILESTONE', `\`${word}\` is neither a file nor the id of a milestone`, {
    hint: 'milestone list',
  });
}

function check(file: string): Problem[] {
  if (file.endsWith('.md')) return templateProblems(file);
  if (isConfig(file)) return configProblems(file);
  const read = readPlanFile(file);
  const home = findHome(path.dirname(file));
  const inHome = home === undefined ? [] : problemsInHome(read, file, homePaths(home));
  const problems = home === undefined ? read.problems : explainGone(read.problems, file, homePaths(home));
  return [...problems, ...inHome];
}

function isConfig(file: string): boolean {
  return path.basename(file) === 'config.yaml';
}

/** A plan that was deleted under way is still in the log. */
function explainGone(problems: readonly Problem[], file: string, paths: HomePaths): Problem[] {
  const isLogged = () =>
    knownMilestones(paths).some(known => known.file === file && fs.existsSync(paths.log(known.id)));
  return problems.map(problem =>
    problem.code === 'FILE_MISSING' && isLogged()
      ? {...problem, hint: '`milestone doctor --repair` writes the plan in force to it again'}
      : problem,
  );
}

function configProblems(file: string): Problem[] {
  const {config, problems} = readConfigFile(file);
  return [...problems, ...configSetupProblems(config, driversOf(config), {file, text: readIfExists(file) ?? ''})];
}

/** What only the home of a plan shows to be wrong. */
function problemsInHome(read: ReadPlan, file: string, paths: HomePaths): Problem[] {
  const {config} = readConfigFile(paths.config);
  const origin = {file, text: read.text};
  // Nobody needs what a completed one named.
  const isOver = path.dirname(file) === path.dirname(paths.completed(''));
  const setup = read.plan && !isOver ? planSetupProblems(read.plan, config, driversOf(config), origin) : [];
  const id = path.basename(file, '.yaml');
  const isIn = file === paths.active(id) || file === paths.completed(id);
  return [...(isIn ? sharedId(paths, id, file) : []), ...unknownRequirements(read, file, paths), ...setup];
}

function driversOf({drivers}: Config): DriverSet {
  return new DriverSet({drivers, env: process.env});
}

function templateProblems(file: string): Problem[] {
  return findTemplateErrors(path.dirname(file))
    .filter(({where}) => where?.file === file)
    .map(({code, message, hint, where}) => ({
      severity: 'error',
      code,
      message,
      ...(hint !== undefined && {hint}),
      ...(where && {where}),
    }));
}

function resultOf(file: string, found: Problem[], isStrict: boolean): Result {
  const isPlan = !file.endsWith('.md') && !isConfig(file);
  const problems = isStrict ? found.map(strict) : found;
  const id = isPlan ? path.basename(file).replace(/\.ya?ml$/, '') : null;
  return {id, file, valid: !hasErrors(problems), problems};
}

function strict(problem: Problem): Problem {
  return problem.code === 'UNKNOWN_KEY' ? {...problem, severity: 'error'} : problem;
}

function failure(results: readonly Result[], bad: readonly Result[]): object {
  if (bad.length === 0) return {};
  const code = bad.every(({id}) => id === null) ? 'CONFIG_INVALID' : 'PLAN_INVALID';
  return {
    error: {code, message: `${bad.length} of ${results.length} files ${bad.length === 1 ? 'is' : 'are'} invalid`},
  };
}

function textOf(results: readonly Result[], paint: Paint): string {
  const found = results.flatMap(({problems}) => problems.flatMap(problem => problemLines(problem, paint)));
  const good = results.filter(({problems}) => problems.length === 0);
  const fine = good.map(({file}) => `${paint.green('valid')}: ${printable(shownPath(file))}`);
  return [...found, ...fine, ...(results.length === 0 ? ['there is nothing to validate'] : [])].join('\n');
}

function problemLines({severity, message, hint, where}: Problem, paint: Paint): string[] {
  const location = where ? `${printable(shownPosition(where))}: ` : '';
  const name = severity === 'error' ? paint.red('error') : paint.yellow('warning');
  return [
    `${location}${name}: ${printableLines(message)}`,
    ...(where ? excerptLines(where) : []),
    ...(hint === undefined ? [] : [`  hint: ${printable(hint)}`]),
  ];
}
