import chalk from 'chalk';
import {SHELL_DRIVER} from '../../drivers/driver-name.ts';
import type {AttemptEvents, Claim, Denial, RemovedTest} from '../../events/details/attempt.ts';
import type {EventDetails, EventOf} from '../../events/event.ts';
import {removedTestLines, removedTestsInShort} from '../../events/removed-tests.ts';
import type {TaskId} from '../../plan/plan.ts';
import {firstLine} from '../../platform/first-line.ts';
import {type MilestoneState, tasksCompleted} from '../../state/milestone.ts';
import {milestoneProgress} from '../../state/progress.ts';
import {printable, printableLines} from '../printable.ts';
import {redCheckLines, tailLines} from './check-lines.ts';
import {name} from './name.ts';

/** What a person wants to see of an attempt and its task. */
export function attemptLine(event: EventOf<keyof AttemptEvents>, state: MilestoneState): string | undefined {
  switch (event.event) {
    case 'task_started':
      return started(event.details, state);
    case 'task_claimed':
      return claimed(event.details.task_id, event.details.result);
    case 'task_verified':
      return event.details.ok ? undefined : event.details.checks.flatMap(redCheckLines).join('\n');
    case 'task_completed':
      return completed(event.details, state);
    case 'attempt_ended':
      return attemptEnded(event.details, state);
    case 'task_failed':
      return `${chalk.red('✘')} task ${name(event.details.task_id)} ${printableLines(event.details.message)}`;
    case 'task_skipped':
      return `${chalk.dim('↷')} ${name(event.details.task_id)} skipped${event.details.reason === undefined ? '' : `: ${printable(event.details.reason)}`}`;
    case 'task_reset':
      return `${name(event.details.task_id)} is pending again (${printable(event.details.reason)})`;
    default:
      return undefined;
  }
}

function started(
  {task_id, attempt, phase, driver, integrates}: EventDetails['task_started'],
  state: MilestoneState,
): string {
  const start = `${chalk.cyan('▶')} ${name(task_id)}`;
  if (integrates !== undefined) return `${start} what was approved goes onto the branch`;
  const inPhase = phase === undefined ? '' : ` ${phase}`;
  // Attempts are numbered through all phases; what matters is whether this one was tried before.
  const isAgain = (state.tasks.get(task_id)?.history.counters.started ?? attempt) > 1;
  const more = [...(isAgain ? [`attempt ${attempt}`] : []), ...(driver === SHELL_DRIVER ? [] : [printable(driver)])];
  const how = more.length > 0 ? chalk.dim(` (${more.join(', ')})`) : '';
  const title = titleOf(state, task_id);
  return `${start}${inPhase}${title === '' ? '' : ` ${title}`}${how}`;
}

function titleOf(state: MilestoneState, id: TaskId): string {
  const title = state.taskById.get(id)?.title ?? '';
  return title === id ? '' : printable(title);
}

/** Only what a person should know before he trusts the work. */
function claimed(task: TaskId, {assumptions = [], warning, denials = []}: Claim): string | undefined {
  const lines = [
    ...(warning === undefined ? [] : [`${chalk.yellow('!')} ${name(task)} ${printable(warning)}`]),
    ...assumptions.map(text => `  ${name(task)} assumes: ${printable(text)}`),
    ...denials.map(denialLine),
  ];
  return lines.length === 0 ? undefined : lines.join('\n');
}

function completed({task_id, commit, checked}: EventDetails['task_completed'], state: MilestoneState): string {
  const task = state.tasks.get(task_id);
  const removed = (task?.status === 'completed' && task.removedTests) || [];
  const done = commit === undefined ? '' : chalk.dim(` ${commit.slice(0, 10)}`);
  const share = `${tasksCompleted(state)}/${state.tasks.size}, ${milestoneProgress(state.progressSum, state.tasks.size)} %`;
  const how = chalk.dim(`${checked ? 'done' : 'done, unchecked'} (${share})`);
  return `${chalk.green('✔')} ${name(task_id)}${done} ${how}${removedText(removed)}`;
}

const REMOVED_SHOWN = 3;

/** Beside a green check it is what a person has to know first. */
function removedText(removed: readonly RemovedTest[]): string {
  if (removed.length === 0) return '';
  const lines = removedTestLines(removed, REMOVED_SHOWN).map(text => `\n  ${printable(text)}`);
  return ` ${chalk.yellow(`! ${removedTestsInShort(removed)}`)}${lines.join('')}`;
}

/** What becomes of it, the next line says: another attempt, a question, a failure. */
function attemptEnded(
  {task_id, attempt, outcome, denials = []}: EventDetails['attempt_ended'],
  {id}: MilestoneState,
): string {
  const how = outcome.kind === 'question' ? 'has a question' : printableLines(outcome.message);
  const isFailed = outcome.kind === 'failed';
  const hasPrinted = isFailed && (outcome.cause !== 'exit' || outcome.output_tail !== undefined);
  return [
    `${chalk.yellow('○')} ${name(task_id)} attempt ${attempt} ${how}`,
    ...(isFailed ? tailLines(outcome.output_tail) : []),
    ...(hasPrinted
      ? [`    all it printed: ${chalk.cyan(`milestone log ${id} ${task_id} --attempt ${attempt} --output`)}`]
      : []),
    ...denials.map(denialLine),
  ].join('\n');
}

function denialLine({tool, input, allow}: Denial): string {
  return `  denied: ${printable(`${tool} ${firstLine(input)}`)}; this line would permit it: ${chalk.cyan(printable(`allow: [${JSON.stringify(allow)}]`))}`;
}
