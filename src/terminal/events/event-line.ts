import chalk from 'chalk';
import type {Usage} from '../../events/details/driver.ts';
import type {EventDetails, MilestoneEvent} from '../../events/event.ts';
import {firstLine} from '../../platform/first-line.ts';
import {AUTO_GATES, YOLO} from '../../reports/liberties.ts';
import {repositoryChangeText} from '../../reports/repository-change.ts';
import {uncommittedText} from '../../reports/uncommitted.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {counted} from '../amounts.ts';
import {printable, printableLines} from '../printable.ts';
import {usageText} from '../usage-text.ts';
import {attemptLine} from './attempt-line.ts';
import {blockerScreen} from './blocker-screen.ts';
import {redCheckLines} from './check-lines.ts';
import {kiroLine} from './kiro-line.ts';
import {name} from './name.ts';

/** As many of the skipped tasks are named. */
const SKIPPED_SHOWN = 5;

/** One plain line for an event that a person wants to see, with its time; nothing for the others. */
export function eventLine(event: MilestoneEvent, state: MilestoneState): string[] {
  const said = describe(event, state);
  return said === undefined ? [] : [`${chalk.dim(event.timestamp.slice(11, 19))} ${said}`];
}

function describe(event: MilestoneEvent, state: MilestoneState): string | undefined {
  switch (event.event) {
    case 'milestone_activated':
      return `milestone ${name(state.id)} activated: ${counted(event.details.plan.tasks.length, 'task')}`;
    case 'branch_created': {
      const {branch, base, merged} = event.details;
      const with_ = merged.length > 0 ? `, with ${merged.map(name).join(', ')} merged in` : '';
      return `branch ${name(branch)} at ${base.slice(0, 10)}${with_}`;
    }
    case 'session_started': {
      const {yolo, uncommitted} = event.details;
      const unseen = uncommitted && printable(uncommittedText(uncommitted, state.activation ?? {}));
      const said = [
        ...(yolo ? [YOLO] : []),
        ...(state.session?.autoGates ? [AUTO_GATES] : []),
        ...(unseen ? [unseen] : []),
      ];
      return said.length === 0 ? undefined : said.map(text => `${chalk.yellow('!')} ${text}`).join('\n         ');
    }
    case 'session_resumed':
      return `going on from ${name(event.details.previous_session_id)}`;
    case 'task_started':
    case 'task_claimed':
    case 'task_verified':
    case 'task_completed':
    case 'attempt_ended':
    case 'task_failed':
    case 'task_skipped':
    case 'task_reset':
      return attemptLine(event, state);
    case 'blocker_detected':
      return `${chalk.red('■')} blocked: ${printableLines(event.details.message)}`;
    case 'blockers_escalated':
      return blockerScreen(event.details.ids, state);
    case 'blocker_answered':
      return `${name(event.details.task_id)} is answered: ${printable(event.details.answer)}`;
    case 'blocker_resolved':
      return `${chalk.green('■')} no longer: ${name(event.details.id)}`;
    case 'dependency_resolved':
      return `${chalk.green('✔')} milestone ${name(event.details.requires)}, which this one requires, is complete`;
    case 'driver_paused': {
      const {driver, message, resets_at} = event.details;
      const until = resets_at === undefined ? '' : ` until ${resets_at}`;
      return `${chalk.yellow('‖')} the driver ${name(driver)} rests${until}: ${printableLines(message)}`;
    }
    case 'driver_resumed':
      return `${chalk.cyan('▶')} the driver ${name(event.details.driver)} is tried again`;
    case 'budget_settled':
      return spent(event.details, state);
    case 'baseline_checked':
      return event.details.ok
        ? `${chalk.green('✔')} the checks are green before anything is changed`
        : ['the checks are red before anything is changed', ...event.details.checks.flatMap(redCheckLines)].join('\n');
    case 'kiro_workflow_started':
    case 'kiro_phase_updated':
    case 'kiro_phase_transition':
    case 'kiro_approval_requested':
    case 'kiro_approval_granted':
    case 'kiro_approval_rejected':
    case 'kiro_approval_voided':
    case 'kiro_workflow_completed':
      return kiroLine(event, state);
    case 'agent_failed':
      return `${chalk.yellow('!')} ${name(event.details.agent)} failed and tries again: ${printableLines(event.details.message)}`;
    case 'plan_changed':
      return planChanged(event.details);
    case 'plan_refused':
      return `${chalk.yellow('!')} the edited plan is not in force: ${printable(event.details.problems.join('; '))}`;
    case 'repository_changed': {
      const {during, changes} = event.details;
      const whose = during.length > 0 ? `${during.map(({task}) => name(task)).join(', ')} worked` : 'checks ran';
      return changes
        .map(change => `${chalk.yellow('!')} while ${whose}: ${printable(repositoryChangeText(change))}`)
        .join('\n');
    }
    case 'round_started':
      return event.details.tasks.length === 1
        ? undefined
        : `${chalk.cyan('▶')} checking together: ${event.details.tasks.map(name).join(', ')}`;
    case 'round_checked':
      return roundChecked(event.details);
    case 'final_checked':
      return event.details.ok
        ? `${chalk.green('✔')} final check passed`
        : event.details.checks.flatMap(redCheckLines).join('\n');
    case 'milestone_paused':
      return `${chalk.yellow('‖')} paused: ${pauseReason(event.details.reason, state)}`;
    case 'milestone_blocked':
      return `${chalk.red('■')} milestone ${name(state.id)} is blocked`;
    case 'milestone_cancelled':
      return `milestone ${name(state.id)} is cancelled: ${printable(event.details.reason)}`;
    case 'milestone_landed':
      return `${chalk.green('✔')} milestone ${name(state.id)} landed in ${name(event.details.into)} as ${event.details.commit.slice(0, 10)}`;
    case 'milestone_completed':
      return completed(event.details.commit, state);
    default:
      return undefined;
  }
}

/** What one alone comes to is said of its task. */
function roundChecked({tasks, ok, checks}: EventDetails['round_checked']): string | undefined {
  if (tasks.length === 1) return undefined;
  const together = tasks.map(name).join(', ');
  if (ok) return `${chalk.green('✔')} checked together: ${together}`;
  return [`red together, to be halved: ${together}`, ...checks.flatMap(redCheckLines)].join('\n');
}

/** What holds it up has been shown already. */
function pauseReason(reason: string, {blockers}: MilestoneState): string {
  const isShown = [...blockers.values()].some(({message}) => message === reason);
  return isShown ? 'nothing else can go on meanwhile' : printableLines(reason);
}

/** What it costs is what the agent says. */
function spent(
  {task_id, used, basis, estimated}: EventDetails['budget_settled'],
  {spending}: MilestoneState,
): string | undefined {
  const [cost, sum] = [used, spending.used].map(({minutes: _, ...said}) => said) as [Usage, Usage];
  if (Object.keys(cost).length === 0) return undefined;
  const seen = basis === 'reported' ? "the agent's estimate" : 'as far as it was seen';
  const known = estimated ? `${seen}; estimated, because it was cut off: ${usageText(estimated)}` : seen;
  return chalk.dim(`  ${printable(task_id)}: ${usageText(cost)}; so far ${usageText(sum)} (${known})`);
}

function planChanged({change, warnings}: EventDetails['plan_changed']): string {
  const said = Object.keys(change).length > 0 || warnings.length === 0 ? ['the plan was edited and is in force'] : [];
  const lines = [...said, ...warnings.map(text => `warning: ${text}`)];
  return lines.map(text => printable(text)).join('\n         ');
}

function completed(commit: string | undefined, state: MilestoneState): string {
  const unchecked = state.unchecked > 0 ? `, ${state.unchecked} of them unchecked` : '';
  const where = commit === undefined ? '' : ` on ${name(state.activation?.branch ?? '')}`;
  const done = counted(state.counts.completed, 'task');
  return `${chalk.green('✔')} milestone ${name(state.id)} completed: ${done} done${unchecked}${skippedText(state)}${where}`;
}

/** What nobody has done, and why. */
function skippedText({counts, plan, tasks}: MilestoneState): string {
  if (counts.skipped === 0) return '';
  const skipped = plan.tasks.flatMap(({id}) => {
    const task = tasks.get(id);
    return task?.status === 'skipped' ? `${id}${task.reason === undefined ? '' : `: ${firstLine(task.reason)}`}` : [];
  });
  const more = skipped.length > SKIPPED_SHOWN ? [`and ${skipped.length - SKIPPED_SHOWN} more`] : [];
  return `, ${counts.skipped} skipped (${printable([...skipped.slice(0, SKIPPED_SHOWN), ...more].join('; '))})`;
}
