import type {MilestoneError} from '../errors.ts';
import type {MilestoneId, Problem, TaskId} from '../plan/plan.ts';
import {someOf, type WillStop} from '../reports/will-stop.ts';
import type {DryRunPlan, PlannedTask} from '../scheduler/rehearse.ts';
import type {Paint} from './paint.ts';
import {printable, printableLines} from './printable.ts';
import {cutTo, pad} from './width.ts';
import {wrapped} from './wrap.ts';

const COLUMNS = 80;
const REASON_INDENT = ' '.repeat(11);

/** What a dry run says besides its plan. */
export interface DryRunFacts {
  titles: ReadonlyMap<TaskId, string>;
  maxParallel: number;
  requires: ReadonlyArray<{id: MilestoneId; completed: boolean}>;
  problems: ReadonlyArray<Problem & {position: string | undefined}>;
  /** Commands without a check. */
  unchecked: readonly TaskId[];
  /** What tasks would not see of the checkout. */
  unseen: string | undefined;
  refusal: MilestoneError | undefined;
  willStop: readonly WillStop[];
}

/** What would run, in which order and why, for a person. */
export function dryRunText(plan: DryRunPlan, facts: DryRunFacts, paint: Paint): string {
  const byId = new Map(plan.tasks.map(task => [task.id, task]));
  const waves = plan.waves.map((ids, index) => [
    paint.bold(`wave ${index + 1}`),
    ...taskLines(
      ids.map(id => byId.get(id) as PlannedTask),
      facts,
    ),
  ]);
  const others = plan.tasks.filter(({action}) => action === 'hold');
  const sections = [
    headline(plan, facts, paint),
    ...waves,
    others.length > 0 ? [paint.bold('would not run'), ...taskLines(others, facts)] : [],
    closing(plan, facts),
    facts.unseen === undefined ? [] : wrapped(`! ${facts.unseen}`, COLUMNS).map(line => paint.yellow(line)),
    facts.problems.flatMap(problem => problemLines(problem, paint)),
    stopLines(facts, paint),
  ];
  return `${sections
    .flatMap(lines => (lines.length > 0 ? [...lines, ''] : []))
    .join('\n')
    .trimEnd()}\n`;
}

function headline(plan: DryRunPlan, facts: DryRunFacts, paint: Paint): string[] {
  const {refusal} = facts;
  const lines = [`${paint.bold(plan.id)}: ${dryRunHeadline(plan, facts)}`];
  if (!refusal) return lines;
  lines.push(...wrapped(`but it cannot: ${refusal.message}`, COLUMNS).map(line => paint.red(line)));
  if (refusal.hint !== undefined) lines.push(`hint: ${printable(refusal.hint)}`);
  return lines;
}

/** How many tasks would run, and how. */
export function dryRunHeadline({waves}: DryRunPlan, {maxParallel}: DryRunFacts): string {
  const count = waves.reduce((sum, ids) => sum + ids.length, 0);
  const tasks = `${count} ${count === 1 ? 'task' : 'tasks'}`;
  return `${tasks} would run in ${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}, up to ${maxParallel} at a time`;
}

function stopLines({willStop}: DryRunFacts, paint: Paint): string[] {
  if (willStop.length === 0) return ['will stop for you: nothing'];
  return [
    paint.yellow('will stop for you'),
    ...willStop.flatMap(({text}) => wrapped(text, COLUMNS - 2).map(line => `  ${line}`)),
  ];
}

function taskLines(tasks: readonly PlannedTask[], {titles}: DryRunFacts): string[] {
  const idWidth = Math.min(Math.max(...tasks.map(({id}) => id.length)), 24);
  return tasks.flatMap(({id, driver, action, why}) => {
    const title = titles.get(id) ?? id;
    const start = `  ${action.padEnd(8)} ${pad(id, idWidth)}  `;
    const line = cutTo(`${start}${title === id ? '' : printable(title)}`.trimEnd(), COLUMNS);
    const reason = driver === 'shell' ? why : `${driver}; ${why}`;
    return [line, ...wrapped(reason, COLUMNS - REASON_INDENT.length).map(text => REASON_INDENT + text)];
  });
}

function closing({critical_path: path, tasks}: DryRunPlan, {requires, unchecked}: DryRunFacts): string[] {
  const required = requires.map(({id, completed}) => `${id} (${completed ? 'completed' : 'not completed'})`);
  const done = tasks.filter(({action}) => action === 'done' || action === 'skip').length;
  return [
    ...(done > 0 ? [`done already: ${done} of ${tasks.length} tasks`] : []),
    ...(path.length > 1 ? wrapped(`critical path: ${path.join(' -> ')}`, COLUMNS) : []),
    ...(required.length > 0 ? wrapped(`requires: ${required.join(', ')}`, COLUMNS) : []),
    ...(unchecked.length > 0 ? wrapped(uncheckedText(unchecked), COLUMNS) : []),
    'nothing was changed',
  ];
}

export function uncheckedText(unchecked: readonly TaskId[]): string {
  return `no check but their exit code, so they would be done, unchecked: ${someOf(unchecked)}`;
}

function problemLines({severity, message, hint, position}: DryRunFacts['problems'][number], paint: Paint): string[] {
  const name = severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const at = position === undefined ? '' : `${printable(position)}: `;
  return [`${at}${name}: ${printableLines(message)}`, ...(hint === undefined ? [] : [`  hint: ${printable(hint)}`])];
}
