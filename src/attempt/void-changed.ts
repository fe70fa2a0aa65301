// Gates hold as long as the documents are what was approved.

import {currentDeliverables} from '../documents/documents.ts';
import {keepDocuments} from '../documents/kept-documents.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {NewEvent} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase, TaskId} from '../plan/plan.ts';
import {sameDeliverables} from '../state/kiro.ts';
import {taskState} from '../state/milestone.ts';

/**
 * Ask again for the first phase whose approved documents are not in the home any more as they were approved. What comes
 * later is kept and waits.
 * @param at Look at these phases alone, and at what was laid into a slot of them: an attempt gets to read that.
 * @returns How an attempt ends that has to wait for that.
 */
export function voidIfChanged(
  execution: Pick<Execution, 'ledger' | 'surroundings'>,
  id: TaskId,
  at: {home: string; phases: readonly KiroPhase[]} = {home: execution.surroundings.paths.home, phases: KIRO_PHASES},
): Outcome | undefined {
  const voided = voidedApproval(execution, id, at);
  if (!voided) return undefined;
  keepDocuments(at.home, execution.ledger.state.id, voided.details.deliverables);
  execution.ledger.record(voided);
  return {kind: 'cancelled', message: voided.details.reason};
}

type Voided = Extract<NewEvent, {event: 'kiro_approval_voided'}>;

function voidedApproval(
  execution: Pick<Execution, 'ledger'>,
  task_id: TaskId,
  {home, phases}: {home: string; phases: readonly KiroPhase[]},
): Voided | undefined {
  const {kiro} = taskState(execution.ledger.state, task_id).history;
  for (const phase of phases) {
    const {approval, status, deliverables = []} = kiro?.phases[phase] ?? {};
    if (status !== 'approved' || !approval) continue;
    const now = currentDeliverables(home, deliverables);
    if (sameDeliverables(now, deliverables)) continue;
    const changed = now.find((one, index) => one.sha256 !== deliverables[index]?.sha256);
    const reason = `\`${changed?.path}\` changed after the ${phase} was approved: it has to be approved again`;
    return {
      event: 'kiro_approval_voided',
      details: {task_id, approval_id: approval.id, phase, reason, deliverables: now},
    };
  }
  return undefined;
}
