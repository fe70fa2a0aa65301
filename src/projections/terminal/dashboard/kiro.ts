// What a state says of its kiro tasks, for the dashboard.

import {pendingApprovals} from '../../../state/kiro.ts';
import type {MilestoneState} from '../../../state/milestone.ts';
import {phaseAverages} from '../../../state/progress.ts';
import type {ApprovalRow, PhaseAverages} from './model.ts';

/** Undefined without kiro tasks. */
export function kiroAverages({plan, tasks}: MilestoneState): PhaseAverages | undefined {
  return phaseAverages(
    plan.tasks.flatMap(({id, kiro_workflow}) => (kiro_workflow?.enabled ? (tasks.get(id) ?? []) : [])),
  );
}

/** In the order of the plan. */
export function waitingApprovals({id, tasks}: MilestoneState): ApprovalRow[] {
  return [...tasks].flatMap(([task_id, {history}]) =>
    history.kiro
      ? pendingApprovals(history.kiro).map(({transition}) => ({
          task_id,
          transition,
          command: `milestone approve ${id} ${task_id}`,
        }))
      : [],
  );
}
