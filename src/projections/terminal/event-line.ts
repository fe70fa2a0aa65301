import chalk from 'chalk';
import type {CheckResult, EventDetails, MilestoneEvent} from '../../events/event.ts';
import type {TaskId} from '../../milestone/plan.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {tasksCompleted} from '../../state/milestone.ts';
import {milestoneProgress} from '../../state/progress.ts';
import {firstLine} from '../../text/first-line.ts';
import {printable} from './printable.ts';

/** One plain line for an event that a person wants to see, with its time; nothing for the others. */
export function eventLine(event: MilestoneEvent, state: MilestoneState): string[] {
  const said = describe(event, state);
  return said === undefined ? [] : [`${chalk.dim(event.timestamp.slice(11, 19))} ${said}`];
}

function describe(event: MilestoneEvent, state: MilestoneState): string | undefined {
  switch (event.event) {
    case 'milestone_activated':
      return `milestone ${name(state.id)} activated: ${event.details.plan.tasks.length} tasks`;
    case 'branch_created': {
      const {branch, base, merged} = event.details;
      const with_ = merged.length > 0 ? `, with ${merged.map(name).join(', ')} merged in` : '';
      return `branch ${name(branch)} at ${base.slice(0, 10)}${with_}`;
    }
    case 'session_resumed':
      return `going on from ${name(event.details.previous_session_id)}`;
    case 'task_started': {
      const {task_id, attempt} = event.details;
      return `${chalk.cyan('▶')} ${name(task_id)} ${titleOf(state, task_id)}${attempt > 1 ? chalk.dim(` (attempt ${attempt})`) : ''}`;
    }
    case 'task_verified':
      return event.details.ok ? undefined : event.details.checks.flatMap(redCheckLine).join('\n');
    case 'task_completed': {
      const {task_id, commit, checked} = event.details;
      const done = commit === undefined ? '' : chalk.dim(` ${commit.slice(0, 10)}`);
      const share = `${tasksCompleted(state)}/${state.tasks.size}, ${milestoneProgress(state.progressSum, state.tasks.size)} %`;
      return `${chalk.green('✔')} ${name(task_id)}${done} ${chalk.dim(`${checked ? 'done' : 'done, unchecked'} (${share})`)}`;
    }
    case 'attempt_ended':
      return `${chalk.yellow('↻')} ${name(event.details.task_id)} attempt ${event.details.attempt} ${printable(event.details.outcome.message)}`;
    case 'task_failed':
      return `${chalk.red('✘')} task ${name(event.details.task_id)} ${printable(event.details.message)}`;
    case 'task_skipped':
      return `${chalk.dim('↷')} ${name(event.details.task_id)} skipped${event.details.reason === undefined ? '' : `: ${printable(event.details.reason)}`}`;
    case 'task_reset':
      return `${name(event.details.task_id)} is pending again (${printable(event.details.reason)})`;
    case 'blocker_detected':
      return `${chalk.red('■')} blocked: ${printable(event.details.message)}\n         hint: ${printable(event.details.hint)}`;
    case 'agent_failed':
      return `${chalk.yellow('!')} ${name(event.details.agent)} failed and tries again: ${printable(event.details.message)}`;
    case 'plan_changed':
      return planChanged(event.details);
    case 'plan_refused':
      return `${chalk.yellow('!')} the edited plan is not in force: ${printable(event.details.problems.join('; '))}`;
    case 'final_checked':
      return event.details.ok
        ? `${chalk.green('✔')} final check passed`
        : event.details.checks.flatMap(redCheckLine).join('\n');
    case 'milestone_paused':
      return `${chalk.yellow('‖')} paused: ${printable(event.details.reason)}`;
    case 'milestone_blocked':
      return `${chalk.red('■')} milestone ${name(state.id)} is blocked`;
    case 'milestone_cancelled':
      return `milestone ${name(state.id)} is cancelled: ${printable(event.details.reason)}`;
    case 'milestone_completed':
      return completed(event.details.commit, state);
    default:
      return undefined;
  }
}

function planChanged({change, warnings}: EventDetails['plan_changed']): string {
  const said = Object.keys(change).length > 0 || warnings.length === 0 ? ['the plan was edited and is in force'] : [];
  const lines = [...said, ...warnings.map(text => `warning: ${text}`)];
  return lines.map(text => printable(text)).join('\n         ');
}

function completed(commit: string | undefined, state: MilestoneState): string {
  const unchecked = state.unchecked > 0 ? `, ${state.unchecked} of them unchecked` : '';
  const where = commit === undefined ? '' : ` on ${name(state.activation?.branch ?? '')}`;
  return `${chalk.green('✔')} milestone ${name(state.id)} completed: ${tasksCompleted(state)} tasks done${unchecked}${where}`;
}

function redCheckLine({ok, command, exit_code, output_tail}: CheckResult): string[] {
  if (ok) return [];
  const how = exit_code === null ? 'did not end' : `exit code ${exit_code}`;
  const tail = (output_tail ?? '').trimEnd().split('\n').slice(-5);
  return [
    `  check \`${printable(firstLine(command))}\`: ${how}`,
    ...tail.map(line => chalk.dim(`    ${printable(line)}`)),
  ];
}

function titleOf(state: MilestoneState, id: TaskId): string {
  const title = state.taskById.get(id)?.title ?? '';
  return title === id ? '' : printable(title);
}

function name(text: string): string {
  return chalk.bold(printable(text));
}
