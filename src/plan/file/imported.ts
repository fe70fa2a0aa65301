// The state fields of a plan, read leniently: they count once, at the first activation, and are output ever after.

import type {ImportedState, ImportedTask, TaskId} from '../plan.ts';
import {didYouMean} from '../suggest.ts';
import type {Problems} from './problems.ts';
import {MILESTONE_STATUSES, milestoneStateShape, TASK_STATUSES} from './schema.ts';
import {isData} from './validate.ts';
import type {Data} from './yaml/data.ts';
import type {Path, YamlSource} from './yaml/source.ts';

const OLDER_STATUSES: Record<string, ImportedState['status']> = {planning: 'planned', active: 'in_progress'};
/** What people write for a status, and what they mean. */
const MEANT: Record<string, string> = {
  done: 'completed',
  finished: 'completed',
  complete: 'completed',
  todo: 'pending',
};

/** Statuses of other programs, and of people, that keep a milestone from being executed. */
const HELD = [
  'blocked',
  'completed',
  'cancelled',
  'canceled',
  'on_hold',
  'hold',
  'draft',
  'archived',
  'deferred',
  'postponed',
  'rejected',
  'obsolete',
];

/** A task as the file has it: `data` stands at `path`. */
export interface RawTask {
  id: TaskId | undefined;
  data: Data;
  path: Path;
}

/** What a file says of the state of its milestone. */
export function readImported(
  root: Data,
  tasks: readonly RawTask[],
  source: YamlSource,
  problems: Problems,
): ImportedState {
  const statuses = tasks.map(({data, path}) => readStatus(data, path, TASK_STATUSES, source, problems) ?? 'pending');
  const imported: ImportedState = {
    status: readStatus(root, [], MILESTONE_STATUSES, source, problems) ?? derived(statuses),
    tasks: {},
  };
  if (isHeld(root.status)) imported.held = String(root.status);
  const execution = readExecution(root, source);
  if (execution) imported.execution = execution;
  for (const [index, {id, path}] of tasks.entries()) {
    const status = statuses[index];
    if (id === undefined || (status !== 'completed' && status !== 'skipped')) continue;
    if (execution && tasks[index]?.data.checked === true) imported.checked = [...(imported.checked ?? []), id];
    imported.tasks[id] = {status, ...texts(path, ['started_at', 'completed_at', 'commit'], source)} as ImportedTask;
  }
  return imported;
}

function readStatus<Status extends string>(
  data: Data,
  path: Path,
  known: readonly Status[],
  source: YamlSource,
  problems: Problems,
): Status | undefined {
  const value = data.status;
  if (value === undefined || value === null) return undefined;
  const older = path.length === 0 ? OLDER_STATUSES[String(value)] : undefined;
  const status = known.find(one => one === (older ?? value));
  if (status !== undefined) return status;
  const meant = MEANT[String(value)];
  const effect =
    path.length === 0 && isHeld(value) ? 'it keeps the milestone from being executed' : 'it counts as missing';
  const hint = known.includes(meant as Status) ? `did you mean \`${meant}\`?` : didYouMean(String(value), known);
  problems.warn(
    'UNKNOWN_STATUS',
    `\`${isData(value) || Array.isArray(value) ? 'status' : value}\` is no status of a ${path.length === 0 ? 'milestone' : 'task'}; ${effect}`,
    source.positionAt([...path, 'status']),
    hint ?? `the statuses are ${known.join(', ')}`,
  );
  return undefined;
}

function isHeld(status: unknown): boolean {
  const word = String(status)
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  return HELD.includes(word) || MEANT[word] === 'completed';
}

function derived(statuses: readonly string[]): ImportedState['status'] {
  if (statuses.length === 0 || statuses.every(status => status === 'pending')) return 'planned';
  return statuses.every(status => status === 'completed' || status === 'skipped') ? 'completed' : 'in_progress';
}

function readExecution(root: Data, source: YamlSource): ImportedState['execution'] {
  if (!isData(root.execution)) return undefined;
  const keys = Object.keys(milestoneStateShape.execution.unwrap().shape);
  const execution = texts(['execution'], keys, source);
  return execution.id === undefined ? undefined : (execution as ImportedState['execution']);
}

/** Values as they are written: a commit of digits alone is a number to YAML. */
function texts(path: Path, keys: readonly string[], source: YamlSource): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap(key => {
      const text = source.textAt([...path, key]);
      return text === undefined || text === '' || isMissing(source, [...path, key]) ? [] : [[key, text]];
    }),
  );
}

function isMissing(source: YamlSource, path: Path): boolean {
  const node = source.target(source.nodeAt(path)) as {value?: unknown} | null;
  return node === null || node.value === null;
}
