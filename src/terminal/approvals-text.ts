import {clockTime} from './amounts.ts';
// Approvals for a terminal: what is asked, of whom, about which documents, and what to type.

import path from 'node:path';
import type {Deliverable} from '../events/details/kiro.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {type ApprovalReport, approveCommand, rejectCommand} from '../projections/approvals.ts';
import {ANY_ROLE, type Approver} from '../state/kiro.ts';
import type {Paint} from './paint.ts';
import {printable} from './printable.ts';
import {wrapped} from './wrap.ts';

const COLUMNS = 80;
const INDENT = '  ';
/** Digits of a hash that tell two contents apart for a person. */
const HASH_DIGITS = 12;

export interface ApprovalsShown {
  id: MilestoneId;
  waiting: readonly ApprovalReport[];
  decided: readonly ApprovalReport[];
  /** Folder that paths of documents are shown with. */
  home: string;
}

/** All approvals of a milestone, those that wait first. */
export function approvalsText({id, waiting, decided, home}: ApprovalsShown, paint: Paint): string {
  if (waiting.length + decided.length === 0) return `no approval has been asked for in \`${id}\`\n`;
  const sections = [
    ...(waiting.length === 0 ? [[`nothing of \`${id}\` waits for approval`]] : []),
    ...waiting.map(approval => [
      paint.yellow(`${nameOf(approval)} waits for approval`),
      ...indented(approvalLines(approval, home)),
      ...indented([approveCommand(id, approval), rejectCommand(id, approval)].map(text => paint.cyan(printable(text)))),
    ]),
    ...decided.map(approval => [
      `${nameOf(approval)} is ${approval.status === 'granted' ? paint.green('approved') : paint.red('rejected')}`,
      ...indented(approval.approvers.flatMap(approverLines)),
    ]),
  ];
  return `${sections.map(lines => lines.join('\n')).join('\n\n')}\n`;
}

/** What somebody decides about: who is asked, by which criteria, about which documents. */
export function approvalLines(approval: ApprovalReport, home: string): string[] {
  const {transition, requested_at, voided, summary, criteria, deliverables, approvers} = approval;
  return [
    ...wrapped(`${transition}, asked for at ${day(requested_at)}`, COLUMNS - 2),
    ...(voided === undefined ? [] : wrapped(`asked again: ${voided}`, COLUMNS - 2)),
    ...approvers.flatMap(approverLines),
    ...(summary === undefined ? [] : wrapped(`summary: ${summary}`, COLUMNS - 2)),
    ...criteria.flatMap(text => wrapped(`criterion: ${text}`, COLUMNS - 2)),
    ...deliverables.map(deliverable => documentLine(deliverable, home)),
  ];
}

/** A document, and what it is known by. */
export function documentLine({path: file, sha256}: Deliverable, home: string): string {
  return printable(`${path.join(home, file)}  sha256 ${sha256.slice(0, HASH_DIGITS)}`);
}

function approverLines({role, status, at, comment, by}: Approver): string[] {
  const who = by === 'auto' ? 'nobody (gates: auto)' : role === ANY_ROLE ? 'anybody' : role;
  const said = status === 'pending' ? 'has not decided' : `${status}${at === undefined ? '' : ` at ${day(at)}`}`;
  return wrapped(`${who} ${said}${comment === undefined ? '' : `: ${comment}`}`, COLUMNS - 2);
}

function nameOf({task_id, phase}: ApprovalReport): string {
  return printable(`the ${phase} of task \`${task_id}\``);
}

function day(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${clockTime(timestamp)}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `${INDENT}${line}`);
}
