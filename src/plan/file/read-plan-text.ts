// A plan or config.yaml as text -> what it means and all that is wrong with it. Loads `yaml` and `zod`: nothing that
// the executor or `status` loads may import this statically.

import path from 'node:path';
import type {Layout} from '../layout.ts';
import type {ImportedState, Plan, Problem, Settings} from '../plan.ts';
import {type RawTask, readImported} from './imported.ts';
import {layoutOf} from './layout-of.ts';
import {normaliseSettings, OLDER_TASK_KEYS} from './normalise.ts';
import {headSchema, readHead, readTasks, tasksOf} from './plan-parts.ts';
import {Problems} from './problems.ts';
import {configSchema, taskSchema} from './schema.ts';
import {settingsSchema} from './settings-schema.ts';
import {UnknownKeys} from './unknown-keys.ts';
import {describe, isData, validate} from './validate.ts';
import type {Data} from './yaml/data.ts';
import {LARGEST_FILE_BYTES, YamlSource} from './yaml/source.ts';

/** What a file in `active/` or `completed/` says. */
export interface PlanFile {
  /** False for a file that merely lies there, such as a list of dependencies. */
  isMilestone: boolean;
  /** As far as the file says it, also when the plan is invalid. */
  id?: string;
  title?: string;
  /** Absent when an error other than those of `READABLE_ERRORS` is among the problems. */
  plan?: Plan;
  imported: ImportedState;
  /** Where state fields go in this very text; present with `plan`, unless a key is misspelt. */
  layout?: Layout;
  /** In the order of the file. Fit to execute = no error among them. */
  problems: Problem[];
}

/** What config.yaml says. */
export interface Config {
  settings?: Settings;
  drivers?: Record<string, Record<string, unknown>>;
  notify?: NonNullable<Settings['notify']>;
  workers?: WorkersConfig;
}

/** Where workers are found. */
export interface WorkersConfig {
  /** As written: `${NAME}` stands for a variable of the environment. */
  connect: string;
  remote?: string;
  /** Pools of workers, the preferred ones first. */
  queues?: string[];
}

/** What makes a plan unfit to execute, and says no less what it is. */
const READABLE_ERRORS: readonly string[] = ['NO_TASKS', 'UNKNOWN_KEY'];

const NOTHING_IMPORTED: ImportedState = {status: 'planned', tasks: {}};

/** Read a plan, whose id has to be the file's name without `.yaml`; never throws for what the text says. */
export function readPlanText(text: string, file: string): PlanFile {
  const problems = new Problems(file);
  if (!isReadable(text, problems)) return notParsed(text, file, problems);
  const expectedId = path.basename(file).replace(/\.ya?ml$/, '');
  const source = YamlSource.parse(text, problems);
  const value = source?.data()?.value;
  if (!source || value === undefined) return notParsed(text, file, problems);
  if (!isData(value) || (!('id' in value) && !('tasks' in value))) return notAMilestone(file, problems);
  return readMilestone(value, source, expectedId, problems);
}

function notParsed(text: string, file: string, problems: Problems): PlanFile {
  return looksLikeMilestone(text)
    ? {isMilestone: true, imported: NOTHING_IMPORTED, problems: problems.sorted()}
    : notAMilestone(file, problems);
}

/** Read the text of config.yaml; an empty one says nothing. */
export function readConfigText(text: string, file: string): {config: Config; problems: Problem[]} {
  const problems = new Problems(file);
  const source = isReadable(text, problems) ? YamlSource.parse(text, problems) : undefined;
  const value = source?.data()?.value;
  if (!source || value === undefined || value === null) return {config: {}, problems: problems.sorted()};
  if (!isData(value)) {
    problems.error(
      'WRONG_TYPE',
      `the file must be a map of keys and values, not ${describe(value)}`,
      source.positionAt([]),
    );
    return {config: {}, problems: problems.sorted()};
  }
  const unknown = new UnknownKeys(source, settingsSchema);
  unknown.collect(configSchema, value, [], 'config.yaml');
  unknown.report(problems);
  const {settings, ...rest} = normaliseSettings(value, [], source);
  const data = {
    ...rest,
    ...(isData(settings)
      ? {settings: normaliseSettings(settings, ['settings'], source)}
      : settings !== undefined && {settings}),
  };
  const config = validate(configSchema, data, {source, path: [], owner: ''}, problems);
  return {config: (config ?? {}) as Config, problems: problems.sorted()};
}

function isReadable(text: string, problems: Problems): boolean {
  if (text.length > LARGEST_FILE_BYTES) {
    problems.error('TOO_LARGE', `the file is larger than ${LARGEST_FILE_BYTES / 1024 / 1024} MiB`);
    return false;
  }
  const nul = text.indexOf('\0');
  if (nul < 0) return true;
  const before = text.slice(0, nul).split('\n');
  const at = {line: before.length, column: (before.at(-1) as string).length + 1};
  problems.error('NUL_BYTE', 'the file contains a NUL character', at, 'remove it');
  return false;
}

function looksLikeMilestone(text: string): boolean {
  return /^["{\uFEFF ]{0,3}(?:id|tasks)["]?\s*:/m.test(text);
}

function notAMilestone(file: string, problems: Problems): PlanFile {
  const where = problems.sorted()[0]?.where ?? {file};
  return {
    isMilestone: false,
    imported: NOTHING_IMPORTED,
    problems: [
      {
        severity: 'warning',
        code: 'NOT_A_MILESTONE',
        message: `\`${path.basename(file)}\` is no milestone: it has neither an \`id\` nor \`tasks\``,
        hint: 'move it out of the folder of milestones',
        where,
      },
    ],
  };
}

function readMilestone(root: Data, source: YamlSource, expectedId: string, problems: Problems): PlanFile {
  const rawTasks = tasksOf(root, source, problems);
  reportUnknownKeys(root, rawTasks, source, problems);
  const imported = readImported(root, rawTasks, source, problems);
  const head = readHead(root, source, expectedId, problems);
  const tasks = readTasks(rawTasks, source, problems);
  const plan = head && {...head, tasks};
  const errors = problems.found.flatMap(({severity, code}) => (severity === 'error' ? code : []));
  const isSound = plan && errors.every(code => READABLE_ERRORS.includes(code));
  // A file with a misspelt key is a person's to mend, and left alone until then.
  const layout = isSound && !errors.includes('UNKNOWN_KEY') ? layoutOf(source, rawTasks, problems) : undefined;
  return {
    isMilestone: true,
    ...optionalText('id', source),
    ...optionalText('title', source),
    ...(isSound && {plan}),
    imported,
    ...(layout && {layout}),
    problems: problems.sorted(),
  };
}

function optionalText(key: 'id' | 'title', source: YamlSource): {id?: string; title?: string} {
  const text = source.textAt([key]);
  return text === undefined ? {} : {[key]: text};
}

function reportUnknownKeys(root: Data, tasks: readonly RawTask[], source: YamlSource, problems: Problems): void {
  const unknown = new UnknownKeys(source, settingsSchema);
  const {tasks: _, ...head} = root;
  unknown.collect(headSchema, head, [], 'a milestone');
  for (const {data, path: at} of tasks) unknown.collect(taskSchema, data, at, 'a task', OLDER_TASK_KEYS);
  unknown.report(problems);
}
