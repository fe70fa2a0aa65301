// The head and the tasks of a plan: from what the file says to what is executed.

import {checkContradictions, checkFileName, checkId, checkRequires, checkTasks} from '../check-plan.ts';
import type {KiroWorkflow, Plan, Task} from '../plan.ts';
import {suggestId} from '../suggest.ts';
import type {RawTask} from './imported.ts';
import {normaliseMilestone, normaliseTask} from './normalise.ts';
import type {Problems} from './problems.ts';
import {milestoneSchema, taskSchema} from './schema.ts';
import {describe, isData, validate} from './validate.ts';
import type {Data} from './yaml/data.ts';
import type {YamlSource} from './yaml/source.ts';

/** All of a milestone but its tasks. */
export const headSchema = milestoneSchema.omit({tasks: true});

/** Whether a key that is not known holds what is meant for tasks. */
function isForTasks(key: string, value: unknown): boolean {
  const isUnknown = key !== 'tasks' && !Object.hasOwn(headSchema.shape, key);
  return isUnknown && Array.isArray(value) && suggestId(key, ['tasks']) !== undefined;
}

/** The tasks as they stand in the file; entries that are none are recorded. */
export function tasksOf(root: Data, source: YamlSource, problems: Problems): RawTask[] {
  const list = root.tasks;
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    const misspelt = Object.keys(root).find(key => isForTasks(key, root[key]));
    const hint =
      misspelt === undefined ? 'add at least one under `tasks:`' : `write \`tasks\` in place of \`${misspelt}\``;
    problems.error('NO_TASKS', 'the milestone has no tasks', source.positionOfKey([], misspelt ?? 'tasks'), hint);
    return [];
  }
  if (!Array.isArray(list)) {
    problems.error(
      'WRONG_TYPE',
      `\`tasks\` must be a list, not ${describe(list)}`,
      source.positionAt(['tasks']),
      'write `tasks:` and then `- id: …` for each task',
    );
    return [];
  }
  return list.flatMap((data, index) => {
    const at = ['tasks', index];
    if (data === null) return [];
    if (isData(data)) return [{id: data.id == null ? undefined : source.textAt([...at, 'id']), data, path: at}];
    problems.error(
      'WRONG_TYPE',
      `task ${index + 1} must be a map of keys and values, not ${describe(data)}`,
      source.positionAt(at),
      'write `- id: …`',
    );
    return [];
  });
}

/** The plan without its tasks; `undefined` when something in it does not fit (recorded). */
export function readHead(
  root: Data,
  source: YamlSource,
  expectedId: string,
  problems: Problems,
): Omit<Plan, 'tasks'> | undefined {
  const data = normaliseMilestone(root, source, problems);
  checkHead(data, source, expectedId, problems);
  const head = validate(headSchema, {id: expectedId, ...data}, {source, path: [], owner: ''}, problems);
  if (!head) return undefined;
  const {id, title, description, success_criteria, dependencies, settings, kiro_configuration} = head;
  return withoutUndefined({
    id,
    title: title || id,
    description,
    success_criteria,
    requires: [...new Set(dependencies?.requires)],
    settings: settings ?? {},
    kiro_configuration,
  }) as Omit<Plan, 'tasks'>;
}

/** The tasks that fit; whatever does not is recorded. */
export function readTasks(rawTasks: readonly RawTask[], source: YamlSource, problems: Problems): Task[] {
  const tasks = rawTasks.map(task => ({...task, data: normaliseTask(task.data, task.path, source, problems)}));
  checkTasks(tasks, source, problems);
  return tasks.flatMap(task => readTask(task, source, problems) ?? []);
}

function checkHead(data: Data, source: YamlSource, expectedId: string, problems: Problems): void {
  const {id} = data;
  if (id === undefined)
    problems.error('MISSING_KEY', 'the milestone has no `id`', source.positionAt([]), `add \`id: ${expectedId}\``);
  if (typeof id === 'string') {
    checkId(id, 'the milestone', ['id'], source, problems);
    checkFileName(id, expectedId, source, problems);
  }
  if (!data.title)
    problems.warn(
      'MISSING_TITLE',
      'the milestone has no `title`',
      source.positionAt(['id']),
      'add one: it is shown everywhere',
    );
  const requires = isData(data.dependencies) ? data.dependencies.requires : undefined;
  if (Array.isArray(requires)) checkRequires(String(id), requires, source, problems);
}

function readTask(raw: RawTask, source: YamlSource, problems: Problems): Task | undefined {
  const {id, data, path} = raw;
  if (id === undefined) {
    problems.error(
      'MISSING_KEY',
      `task ${(path.at(-1) as number) + 1} has no \`id\``,
      source.positionAt(path),
      'add one: `id: …`',
    );
    return undefined;
  }
  if (!data.title)
    problems.warn(
      'MISSING_TITLE',
      `task \`${id}\` has no \`title\``,
      source.positionAt([...path, 'id']),
      'add one: its commit is named after it',
    );
  checkContradictions(raw, source, problems);
  const task = validate(taskSchema, data, {source, path, owner: ` of task \`${id}\``}, problems);
  return task && toTask(task);
}

/** Plan fields alone, in the order of the schema, so that two readings of one plan are the same text. */
function toTask(task: Data): Task {
  const {kiro_workflow: kiro} = task;
  const dependencies = task.dependencies as string[] | undefined;
  const id = task.id as string;
  return withoutUndefined({
    ...task,
    id,
    title: (task.title as string | undefined) || id,
    dependencies: dependencies && [...new Set(dependencies)],
    kiro_workflow: isData(kiro) ? kiroPlan(kiro) : undefined,
  }) as Task;
}

function kiroPlan({enabled: isEnabled, phases}: Data): KiroWorkflow {
  const enabled = isEnabled as boolean;
  if (!isData(phases)) return {enabled};
  const plans = Object.entries(phases).flatMap(([name, phase]) => {
    const {status: _s, started_at: _a, completed_at: _c, ...plan} = phase as Data;
    // One that the program has added, for its state, is no part of the plan.
    return Object.keys(plan).length > 0 ? [[name, plan]] : [];
  });
  return plans.length > 0 ? {enabled, phases: Object.fromEntries(plans)} : {enabled};
}

function withoutUndefined<T extends Data>(data: T): T {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as T;
}
