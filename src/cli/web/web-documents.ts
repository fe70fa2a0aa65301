// The papers of a task's phases, as pages show them.

import fs from 'node:fs';
import {readDeliverables} from '../../documents/documents.ts';
import {keepDocuments, keptDocument} from '../../documents/kept-documents.ts';
import {MilestoneError} from '../../errors.ts';
import type {Deliverable} from '../../events/details/kiro.ts';
import {diffSince} from '../../git/text-diff.ts';
import type {ApprovalAnswer, ShownDocument} from '../../page/answers.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../../plan/plan.ts';
import {type ApprovalReport, approvalsOf, isWaiting} from '../../projections/approvals.ts';
import type {TaskDetails} from '../../reports/morning/task-details.ts';
import type {StatusReport} from '../../reports/status-shape.ts';
import type {Ask} from '../../requests/request.ts';
import type {TaskState} from '../../state/task.ts';

/** Characters of one document in an answer, and lines of what has changed in it. */
const MOST_CHARACTERS = 512 * 1024;
const MOST_LINES = 5_000;

/** Documents as they are now. @param recorded As they were. */
export function shownDocuments(home: string, recorded: readonly Deliverable[]): ShownDocument[] {
  return readDeliverables(home, recorded).map(({content, ...now}, place) => ({
    ...now,
    ...textOf(content),
    changed: now.sha256 !== recorded[place]?.sha256,
  }));
}

function textOf(content: Buffer | undefined): Pick<ShownDocument, 'text' | 'truncated'> {
  const text = content?.toString('utf8') ?? null;
  if (text === null || text.includes('\0')) return {text: null, truncated: false};
  return {text: text.slice(0, MOST_CHARACTERS), truncated: text.length > MOST_CHARACTERS};
}

/**
 * The approval of a phase, whether it waits or was decided, with what it is about.
 * @throws {MilestoneError} `WRONG_STATUS` where nobody was asked.
 */
export async function approvalAnswer(
  home: string,
  milestone: {id: MilestoneId; title: string},
  {details, state, phase}: {details: TaskDetails; state: TaskState; phase: KiroPhase},
): Promise<ApprovalAnswer> {
  const {kiro} = state.history;
  const approval = kiro && approvalsOf(details.id, kiro).find(one => one.phase === phase);
  if (!kiro || !approval)
    throw new MilestoneError('WRONG_STATUS', `nobody was asked to approve the ${phase} of task \`${details.id}\``);
  const {attempt, approval: {before = []} = {}} = kiro.phases[phase];
  const documents = shownDocuments(home, approval.deliverables).map(async document => ({
    ...document,
    changes: await changesOf(home, milestone.id, {
      document,
      before: before.find(({path}) => path === document.path),
    }),
  }));
  return {
    milestone,
    task: {id: details.id, title: details.title, status: details.status},
    approval,
    waits: isWaiting(approval, state),
    documents: await Promise.all(documents),
    checks: details.attempt_records.find(one => one.attempt === attempt)?.checks ?? [],
  };
}

async function changesOf(
  home: string,
  id: MilestoneId,
  {document, before}: {document: ShownDocument; before: Deliverable | undefined},
): Promise<string[] | null> {
  if (!before || document.text === null || document.truncated) return null;
  if (before.sha256 === document.sha256) return [];
  const file = keptDocument(home, id, before);
  const changes = fs.existsSync(file) ? await diffSince(file, document.text) : undefined;
  return changes?.slice(0, MOST_LINES) ?? null;
}

/**
 * What is approved is what was shown, all of it; it is kept for the next one to be compared with.
 * @throws {MilestoneError} `REQUEST_REJECTED` when a document has changed since, or was not shown.
 */
export function keepSeen(home: string, {id, approvals}: StatusReport, what: Extract<Ask, {kind: 'approve'}>): void {
  const {task_id, phase, deliverables: seen} = what;
  const approval = approvals.find(one => one.task_id === task_id && (phase === undefined || one.phase === phase));
  // Where nothing waits, whoever answers the request says so.
  if (!approval) return;
  const now = readDeliverables(home, approval.deliverables);
  const unseen = now.find(({path, sha256}) => !seen.some(one => one.path === path && one.sha256 === sha256));
  if (unseen || seen.length !== now.length)
    throw new MilestoneError('REQUEST_REJECTED', `\`${unseen?.path ?? task_id}\` is not what was shown`, {
      hint: 'look at it again',
    });
  keepDocuments(home, id, approval.deliverables);
}

/** All that was asked of a task's phases. */
export function approvalsOfTask(id: TaskId, {history: {kiro}}: TaskState): ApprovalReport[] {
  return kiro ? approvalsOf(id, kiro) : [];
}
