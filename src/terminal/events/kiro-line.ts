import chalk from 'chalk';
import type {EventOf, KiroEvent} from '../../events/event.ts';
import {approvalsOf, approveCommand, rejectCommand} from '../../projections/approvals.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {counted} from '../amounts.ts';
import {printable} from '../printable.ts';
import {name} from './name.ts';

/** What a person wants to see of the phases of a kiro task; the start of each shows by its attempt. */
export function kiroLine(event: KiroEvent, state: MilestoneState): string | undefined {
  switch (event.event) {
    case 'kiro_phase_updated': {
      const {task_id, phase, status, deliverables} = event.details;
      // What waits is asked for next, and the last phase ends with the task.
      if (status === 'waiting_approval' || phase === 'execute') return undefined;
      return `${chalk.green('✔')} ${name(task_id)} ${phase} done${documents(deliverables.length)}`;
    }
    case 'kiro_approval_requested':
      return approvalScreen(event, state);
    case 'kiro_approval_granted': {
      const {task_id, phase, by, role, comment} = event.details;
      if (by === 'auto') return `${chalk.yellow('!')} ${name(task_id)} ${phase} let through by nobody (gates: auto)`;
      return `${chalk.green('✔')} ${name(task_id)} ${phase} approved${as(role)}${said(comment)}`;
    }
    case 'kiro_approval_rejected': {
      const {task_id, phase, role, comment} = event.details;
      return `${chalk.yellow('↻')} ${name(task_id)} ${phase} rejected${as(role)}${said(comment)}`;
    }
    case 'kiro_approval_voided': {
      const {task_id, phase, reason} = event.details;
      const command = `milestone approve ${state.id} ${task_id} ${phase}`;
      return `${chalk.yellow('!')} ${name(task_id)} ${printable(reason)}\n         ${chalk.cyan(printable(command))}`;
    }
    default:
      return undefined;
  }
}

function approvalScreen({details}: EventOf<'kiro_approval_requested'>, state: MilestoneState) {
  const {task_id, phase, approvers, deliverables} = details;
  const roles = approvers.length === 0 ? '' : ` by ${approvers.join(', ')}`;
  const kiro = state.tasks.get(task_id)?.history.kiro;
  const approval = kiro && approvalsOf(task_id, kiro).find(one => one.phase === phase);
  const commands = approval ? [approveCommand(state.id, approval), rejectCommand(state.id, approval)] : [];
  return [
    `${chalk.yellow('?')} ${name(task_id)} ${phase} waits for approval${printable(roles)}${documents(deliverables.length)}`,
    ...commands.map(command => `         ${chalk.cyan(printable(command))}`),
  ].join('\n');
}

function documents(count: number): string {
  return count === 0 ? '' : chalk.dim(` (${counted(count, 'document')})`);
}

function as(role: string | undefined): string {
  return role === undefined || role === 'any' ? '' : ` by ${printable(role)}`;
}

function said(comment: string | undefined): string {
  return comment === undefined ? '' : `: ${printable(comment)}`;
}
