// How plans in the wild differ from the contract, settled before the schema has its say: older names, `null` for
// missing, numbers as ids, criteria that YAML took for maps.

import type {Problems} from './problems.ts';
import {milestoneStateShape, taskStateShape} from './schema.ts';
import {isData} from './validate.ts';
import type {Data} from './yaml/data.ts';
import type {Path, YamlSource} from './yaml/source.ts';

/** Keys that are read although the schema does not list them. */
export const OLDER_TASK_KEYS = ['hours'];

/** Kinds of task in older plans; as the type of a commit they would mean nothing. */
const OLDER_TYPES = ['standard', 'kiro_workflow'];

/** The plan fields of a milestone but its tasks, in the form that the schema expects. */
export function normaliseMilestone(raw: Data, source: YamlSource, problems: Problems): Data {
  const data = withoutKeys(raw, ['tasks', ...Object.keys(milestoneStateShape)]);
  idsToText(data, [], source);
  if (isData(data.dependencies) && Array.isArray(data.dependencies.requires))
    data.dependencies = {
      ...data.dependencies,
      requires: listToText(data.dependencies.requires, ['dependencies', 'requires'], source),
    };
  criteriaToText(data, 'success_criteria', [], source, problems);
  if (isData(data.settings)) data.settings = normaliseSettings(data.settings, ['settings'], source);
  return data;
}

/** The plan fields of one task, in the form that the schema expects. */
export function normaliseTask(raw: Data, path: Path, source: YamlSource, problems: Problems): Data {
  const data = withoutKeys(raw, Object.keys(taskStateShape));
  idsToText(data, path, source);
  runToText(data);
  if (Array.isArray(data.dependencies))
    data.dependencies = listToText(data.dependencies, [...path, 'dependencies'], source);
  if (data.estimated_hours === undefined && data.hours !== undefined) data.estimated_hours = data.hours;
  criteriaToText(data, 'acceptance_criteria', path, source, problems);
  if (OLDER_TYPES.includes(data.type as string)) delete data.type;
  if (isData(data.kiro_workflow)) data.kiro_workflow = {enabled: true, ...data.kiro_workflow};
  return data;
}

/** Values of variables are texts, however they are written. */
export function normaliseSettings(raw: Data, path: Path, source: YamlSource): Data {
  const data = withoutKeys(raw, []);
  if (isData(data.env))
    data.env = Object.fromEntries(
      Object.entries(data.env).map(([key, value]) => [key, scalarToText(value, [...path, 'env', key], source)]),
    );
  return data;
}

/** A copy without some keys, and without those whose value is missing, at any depth. */
function withoutKeys(raw: Data, keys: readonly string[]): Data {
  return Object.fromEntries(
    Object.entries(raw)
      .filter(([key, value]) => value !== null && !keys.includes(key))
      .map(([key, value]) => [key, isData(value) ? withoutKeys(value, []) : value]),
  );
}

function idsToText(data: Data, path: Path, source: YamlSource): void {
  for (const key of ['id', 'title'])
    if (data[key] !== undefined) data[key] = scalarToText(data[key], [...path, key], source);
}

/** `run: true` is a truth value to YAML, and the command of that name to whoever wrote it. */
function runToText(data: Data): void {
  if (typeof data.run === 'boolean') data.run = String(data.run);
}

function listToText(list: unknown[], path: Path, source: YamlSource): unknown[] {
  return list.map((value, index) => scalarToText(value, [...path, index], source));
}

function scalarToText(value: unknown, path: Path, source: YamlSource): unknown {
  if (typeof value === 'string' || typeof value === 'object') return value;
  return source.textAt(path) ?? String(value);
}

/** `- API: all documented` is a map to YAML and a sentence to whoever wrote it. */
function criteriaToText(data: Data, key: string, path: Path, source: YamlSource, problems: Problems): void {
  if (typeof data[key] === 'string') data[key] = [data[key]];
  const list = data[key];
  if (!Array.isArray(list)) return;
  data[key] = list.map((entry, index) => {
    if (typeof entry === 'string') return entry;
    const at = [...path, key, index];
    const text = source.textAt(at) ?? '';
    if (entry !== null && typeof entry === 'object')
      problems.warn(
        'READ_AS_TEXT',
        `\`${key}[${index}]\` is no text to YAML; it is read as one`,
        source.positionAt(at),
        'put it in quotes',
      );
    return text;
  });
}
