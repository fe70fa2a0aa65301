import {ANY_ROLE, type Approval, HASH_OF_NOTHING, pendingApprovals, sameDeliverables} from '../state/kiro.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {accept, type Decision, type Rejection, refuseTaskWork, rejectTask} from './decision.ts';
import type {Ask} from './request.ts';

/** Whether what waits for approval is let through or done again. Pure. */
export function decideApproval(state: MilestoneState, ask: Extract<Ask, {kind: 'approve' | 'reject'}>): Decision {
  const {task_id, phase, role} = ask;
  const refusal = refuseTaskWork(state, task_id, `${ask.kind === 'approve' ? 'approved' : 'rejected'}`);
  if (refusal) return refusal;
  const {status, history} = taskState(state, task_id);
  const isOver = status === 'skipped' || status === 'completed';
  const waiting = history.kiro && !isOver ? pendingApprovals(history.kiro) : [];
  const approval = waiting.find(one => phase === undefined || one.phase === phase);
  if (!approval) return rejectTask(state, task_id, `no approval${phase === undefined ? '' : ` of its ${phase}`} waits`);
  const chosen = chooseRole(approval, role, ask.kind === 'approve');
  if ('kind' in chosen) return chosen;
  const about = {task_id, approval_id: approval.id, phase: approval.phase, role: chosen.role};
  if (ask.kind === 'reject')
    return accept({event: 'kiro_approval_rejected', details: {...about, comment: ask.comment}});
  // Approved is what was asked for, as whoever approves has seen it.
  const seen = approval.deliverables.map(asked => ask.deliverables.find(({path}) => path === asked.path) ?? asked);
  const gone = ask.deliverables.find(({sha256}) => sha256 === HASH_OF_NOTHING);
  if (gone)
    return {
      kind: 'rejected',
      code: 'REQUEST_REJECTED',
      reason: `\`${gone.path}\` is gone or empty, or no regular file: there is nothing to approve`,
      hint: 'put it back, or `milestone reject` the phase so that it is written again',
    };
  return accept({
    event: 'kiro_approval_granted',
    details: {
      ...about,
      by: 'person',
      ...(ask.comment !== undefined && {comment: ask.comment}),
      ...(!sameDeliverables(seen, approval.deliverables) && {deliverables: seen}),
    },
  });
}

/** In which role somebody speaks; it has to be said where more than one is asked. */
function chooseRole(
  {approvers}: Approval,
  wanted: string | undefined,
  isApproval: boolean,
): {role: string} | Rejection {
  const reject = (reason: string, hint?: string): Rejection => ({
    kind: 'rejected',
    code: 'REQUEST_REJECTED',
    reason,
    ...(hint !== undefined && {hint}),
  });
  const roles = approvers.map(({role}) => `\`${role}\``).join(', ');
  const open = approvers.filter(({status}) => status === 'pending');
  if (approvers[0]?.role === ANY_ROLE)
    return wanted === undefined || wanted === ANY_ROLE
      ? {role: ANY_ROLE}
      : reject(`nobody is asked in the role \`${wanted}\`: this gate asks for no role`, 'leave `--role` out');
  if (wanted === undefined) {
    const [only, ...others] = isApproval ? open : approvers;
    if (only && others.length === 0) return {role: only.role};
    return reject(`it has to be said in which role: ${roles}`, 'add `--role <role>`');
  }
  const asked = approvers.find(({role}) => role === wanted);
  if (!asked) return reject(`nobody is asked in the role \`${wanted}\`; asked are ${roles}`);
  if (isApproval && asked.status !== 'pending') return reject(`\`${wanted}\` has approved it already`);
  return {role: wanted};
}
