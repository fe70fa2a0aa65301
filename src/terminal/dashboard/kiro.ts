// What a state says of its kiro tasks, for the dashboard.

import {type ApprovalReport, approvalsOf, approveCommand, isWaiting} from '../../projections/approvals.ts';
import {ANY_ROLE} from '../../state/kiro.ts';
import {type MilestoneState, taskState} from '../../state/milestone.ts';
import {phaseAverages} from '../../state/progress.ts';
import type {ApprovalRow, PhaseAverages} from './model.ts';

/** Undefined without kiro tasks. */
export function kiroAverages(state: MilestoneState): PhaseAverages | undefined {
  return phaseAverages([...state.kiroTasks].map(id => taskState(state, id)));
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
      details: detailsOf(approval),
    }));
  });
}

function detailsOf({approvers, deliverables, criteria}: ApprovalReport): string[] {
  const roles = approvers.map(({role, status}) => `${role === ANY_ROLE ? 'anybody' : role} ${status}`);
  return [
    roles.join(', '),
    ...deliverables.map(({path}) => `document: .milestones/${path}`),
    ...criteria.map(text => `criterion: ${text}`),
  ];
}
