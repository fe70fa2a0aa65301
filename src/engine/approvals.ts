// Gates hold as long as the documents are what was approved.

import type {Deliverable} from '../events/event.ts';
import {KIRO_PHASES} from '../milestone/kiro.ts';
import type {KiroPhase, TaskId} from '../milestone/plan.ts';
import {sameDeliverables} from '../state/kiro.ts';
import {taskState} from '../state/milestone.ts';
import type {ExecutionContext} from './context.ts';
import {currentDeliverables} from './documents.ts';

export interface ChangedDocument {
  phase: KiroPhase;
  approvalId: string;
  /** What is there now. */
  deliverables: Deliverable[];
  reason: string;
}

/** The first phase whose approved documents are not in the home any more as they were approved. */
export function findChangedDocument(context: ExecutionContext, id: TaskId): ChangedDocument | undefined {
  const {kiro} = taskState(context.state, id).history;
  for (const phase of KIRO_PHASES) {
    const {approval, status, deliverables = []} = kiro?.phases[phase] ?? {};
    if (status !== 'approved' || !approval) continue;
    const now = currentDeliverables(context.paths.home, deliverables);
    if (sameDeliverables(now, deliverables)) continue;
    const changed = now.find((one, place) => one.sha256 !== deliverables[place]?.sha256);
    const reason = `\`${changed?.path}\` changed after the ${phase} was approved: it has to be approved again`;
    return {phase, approvalId: approval.id, deliverables: now, reason};
  }
  return undefined;
}

/** Ask again; what comes later is kept and waits. */
export function voidApproval(context: ExecutionContext, id: TaskId, changed: ChangedDocument): void {
  const {phase, approvalId: approval_id, deliverables, reason} = changed;
  context.record({event: 'kiro_approval_voided', details: {task_id: id, approval_id, phase, reason, deliverables}});
}
