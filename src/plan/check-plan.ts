// What no schema can say: ids, dependencies between tasks, things that contradict each other.

import type {RawTask} from './file/imported.ts';
import type {Problems} from './file/problems.ts';
import type {Path, YamlSource} from './file/yaml/source.ts';
import {findCycles} from './graph.ts';
import {isValidId} from './ids.ts';
import type {MilestoneId, TaskId} from './plan.ts';
import {didYouMean} from './suggest.ts';

const MOST_CYCLES = 20;
/** Tasks of a circle that are named in its message. */
const NAMED_IN_CYCLE = 8;

/** @param owner Such as `the milestone` or `task 3`, for the message. */
export function checkId(id: string, owner: string, path: Path, source: YamlSource, problems: Problems): void {
  if (isValidId(id)) return;
  const fixed = id
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/(\.lock|[.-])+$/i, '');
  problems.error(
    'BAD_ID',
    `the id \`${id}\` of ${owner} is not valid: up to 64 letters, digits, \`.\`, \`_\`, \`-\`, beginning with a letter or digit, without \`..\`, not ending in \`.\` or \`.lock\``,
    source.positionAt(path),
    isValidId(fixed) ? `\`${fixed}\` would do` : undefined,
  );
}

/** The id of a milestone against the name of its file. */
export function checkFileName(id: MilestoneId, expected: string, source: YamlSource, problems: Problems): void {
  if (id === expected) return;
  problems.error(
    'ID_NOT_FILE_NAME',
    `the id \`${id}\` differs from the file name \`${expected}\``,
    source.positionAt(['id']),
    `write \`id: ${expected}\`, or rename the file`,
  );
}

/** Ids and dependencies of all tasks, also of those that are wrong in other ways. */
export function checkTasks(tasks: readonly RawTask[], source: YamlSource, problems: Problems): void {
  for (const [index, {id, path}] of tasks.entries())
    if (id !== undefined) checkId(id, `task ${index + 1}`, [...path, 'id'], source, problems);
  checkUnique(tasks, source, problems);
  checkDependencies(tasks, source, problems);
  checkCycles(tasks, source, problems);
}

/** Things that are allowed each, and odd together. */
export function checkContradictions({id, data, path}: RawTask, source: YamlSource, problems: Problems): void {
  if (data.run === undefined) return;
  for (const key of ['prompt', 'driver', 'model', 'effort', 'review'])
    if (data[key] !== undefined)
      problems.warn(
        'CONTRADICTION',
        `task \`${id ?? '?'}\` has \`run\` and \`${key}\`; a shell task makes no use of \`${key}\``,
        source.positionOfKey(path, key),
        'remove one of the two',
      );
}

/** Milestones that a plan waits for. */
export function checkRequires(
  id: MilestoneId,
  requires: readonly unknown[],
  source: YamlSource,
  problems: Problems,
): void {
  for (const [index, required] of requires.entries()) {
    if (typeof required !== 'string') continue;
    const path = ['dependencies', 'requires', index];
    checkId(required, 'a required milestone', path, source, problems);
    if (required === id)
      problems.error(
        'SELF_DEPENDENCY',
        `milestone \`${id}\` requires itself`,
        source.positionAt(path),
        `remove \`${id}\` from \`requires\``,
      );
  }
}

function checkUnique(tasks: readonly RawTask[], source: YamlSource, problems: Problems): void {
  const first = new Map<string, RawTask>();
  for (const task of tasks) {
    if (task.id === undefined) continue;
    const other = first.get(task.id.toLowerCase());
    if (!other) {
      first.set(task.id.toLowerCase(), task);
      continue;
    }
    const line = source.positionAt([...other.path, 'id'])?.line;
    const message =
      other.id === task.id
        ? `the task id \`${task.id}\` is used twice (first in line ${line})`
        : `the task ids \`${other.id}\` (line ${line}) and \`${task.id}\` differ in upper and lower case alone`;
    problems.error('DUPLICATE_ID', message, source.positionAt([...task.path, 'id']), 'give each task an id of its own');
  }
}

function checkDependencies(tasks: readonly RawTask[], source: YamlSource, problems: Problems): void {
  const known = new Set(tasks.flatMap(({id}) => id ?? []));
  for (const {id, data, path} of tasks) {
    for (const [index, dependency] of dependenciesOf(data).entries()) {
      const at = () => source.positionAt([...path, 'dependencies', index]);
      if (dependency === id)
        problems.error(
          'SELF_DEPENDENCY',
          `task \`${id}\` depends on itself`,
          at(),
          `remove \`${id}\` from its \`dependencies\``,
        );
      else if (!known.has(dependency))
        problems.error(
          'UNKNOWN_DEPENDENCY',
          `task \`${id ?? '?'}\` depends on \`${dependency}\`, which is no task of this plan`,
          at(),
          didYouMean(dependency, known),
        );
    }
  }
}

function checkCycles(tasks: readonly RawTask[], source: YamlSource, problems: Problems): void {
  const byId = new Map(tasks.flatMap(task => (task.id === undefined ? [] : [[task.id, task] as const])));
  const graph = [...byId].map(([id, {data}]) => ({
    id,
    dependencies: dependenciesOf(data).filter(other => other !== id),
  }));
  for (const cycle of findCycles(graph, MOST_CYCLES)) {
    const [first, last] = [cycle[0] as TaskId, cycle.at(-1) as TaskId];
    const {data, path} = byId.get(last) as RawTask;
    problems.error(
      'DEPENDENCY_CYCLE',
      `tasks depend on each other in a circle: ${chain(cycle)}`,
      source.positionAt([...path, 'dependencies', dependenciesOf(data).indexOf(first)]),
      `remove \`${first}\` from the \`dependencies\` of \`${last}\``,
    );
  }
}

function chain(cycle: readonly TaskId[]): string {
  const left = cycle.length - NAMED_IN_CYCLE;
  const names = [...cycle.slice(0, NAMED_IN_CYCLE), cycle[0]].map(id => `\`${id}\``);
  if (left > 0) names.splice(-1, 0, `(${left} more)`);
  return names.join(' -> ');
}

function dependenciesOf(data: RawTask['data']): string[] {
  const list = data.dependencies;
  return Array.isArray(list) ? list.filter(entry => typeof entry === 'string') : [];
}
