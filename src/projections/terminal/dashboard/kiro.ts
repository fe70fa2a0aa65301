// What a state says of its kiro tasks, for the dashboard.

import type {MilestoneState} from '../../../state/milestone.ts';
import {phaseAverages} from '../../../state/progress.ts';
import {approvalsOf, approveCommand, isWaiting} from '../../approvals.ts';
import type {ApprovalRow, PhaseAverages} from './model.ts';

/** Undefined without kiro tasks. */
export function kiroAverages({plan, tasks}: MilestoneState): PhaseAverages | undefined {
  return phaseAverages(
    plan.tasks.flatMap(({id, kiro_workflow}) => (kiro_workflow?.enabled ? (tasks.get(id) ?? []) : [])),
  );
}

/** In the order of the plan. */
export function waitingApprovals({id, tasks}: MilestoneState): ApprovalRow[] {
  return [...tasks].flatMap(([task_id, task]) => {
    const {kiro} = task.history;
    const waiting = kiro ? approvalsOf(task_id, kiro).filter(approval => isWaiting(approval, task)) : [];
    return waiting.map(approval => ({
      task_id,
      transition: approval.transition,
      command: approveCommand(id, approval),
    }));
  });
}
