//                    ┌────────────── rejected ──────────────┐
//                    v                                      │
//   pending ──> in_progress ──> waiting_approval ──────────┴─ granted ──> approved ──┐
//      ^             │                 ^                                             ├─> the next phase
//      │             │                 └────────────── voided ───────────────────────┤
//      └─ task_reset ┤                                                               │
//                 blocked            in_progress ──> completed (no gate) ────────────┘
//
// K1. No phase is entered while an earlier one is neither approved nor completed. Where an approval that had been
//     granted is asked again and rejected, the task goes back to that phase, and the later ones are pending again.

import type {Deliverable} from '../events/details/kiro.ts';
import type {KiroEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {KIRO_PHASES, phaseAfter} from '../plan/kiro-plan.ts';
import type {KiroPhase} from '../plan/plan.ts';

export type PhaseStatus = 'pending' | 'in_progress' | 'waiting_approval' | 'approved' | 'completed' | 'blocked';

export interface Approver {
  /** `any` where the plan names nobody: one approval is enough. */
  role: string;
  status: 'pending' | 'approved' | 'rejected';
  at?: Timestamp;
  comment?: string;
  by?: 'person' | 'auto';
}

/** What somebody is asked to let through, and what became of that. */
export interface Approval {
  id: string;
  phase: KiroPhase;
  transition: string;
  requestedAt: Timestamp;
  status: 'pending' | 'granted' | 'rejected';
  approvers: Approver[];
  criteria: string[];
  /** What is approved; another content is not. */
  deliverables: Deliverable[];
  summary?: string;
  /** Why an approval that had been granted is asked again. */
  voided?: string;
  /** What was decided on before this was asked. */
  before?: Deliverable[];
}

export interface PhaseState {
  status: PhaseStatus;
  startedAt?: Timestamp;
  endedAt?: Timestamp;
  /** The attempt that the phase ended with. */
  attempt?: number;
  deliverables?: Deliverable[];
  approval?: Approval;
}

/** How far a kiro task is. */
export interface KiroState {
  /** The phase that is worked on, or was last. */
  phase: KiroPhase;
  phases: Record<KiroPhase, PhaseState>;
}

/** SHA-256 of no bytes: that of a document which is gone or empty. */
export const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Role of whoever may approve where the plan names nobody. */
export const ANY_ROLE = 'any';

/** A kiro task before its first phase. */
export function newKiro(): KiroState {
  const pending: PhaseState = {status: 'pending'};
  return {phase: 'design', phases: {design: pending, spec: pending, task: pending, execute: pending}};
}

/** The phase that waits for somebody's approval: nothing of the task goes on before. */
export function waitingPhase(kiro: KiroState): KiroPhase | undefined {
  return waitingPhases(kiro)[0];
}

/** All phases that wait for somebody's approval, first to last. */
export function waitingPhases({phases}: KiroState): KiroPhase[] {
  return KIRO_PHASES.filter(phase => phases[phase].status === 'waiting_approval');
}

/** The approvals that wait, first to last. */
export function pendingApprovals(kiro: KiroState): Approval[] {
  return waitingPhases(kiro).flatMap(phase => {
    const {approval} = kiro.phases[phase];
    return approval?.status === 'pending' ? [approval] : [];
  });
}

/** A phase in another status. */
export function withPhase(kiro: KiroState, phase: KiroPhase, change: Partial<PhaseState>): KiroState {
  return {...kiro, phases: {...kiro.phases, [phase]: {...kiro.phases[phase], ...change}}};
}

/** Work on the current phase begins or goes on. */
export function startPhase(kiro: KiroState, at: Timestamp): KiroState {
  const {startedAt = at} = kiro.phases[kiro.phase];
  return withPhase(kiro, kiro.phase, {status: 'in_progress', startedAt});
}

/** Fold an event of the workflow; undefined when it cannot follow what came before. */
export function applyToKiro(kiro: KiroState, event: KiroEvent): KiroState | undefined {
  switch (event.event) {
    case 'kiro_workflow_started':
    case 'kiro_workflow_completed':
      return kiro;
    case 'kiro_phase_updated': {
      const {phase, status, deliverables, attempt} = event.details;
      if (phase !== kiro.phase) return undefined;
      const ended = {endedAt: event.timestamp, ...(attempt !== undefined && {attempt})};
      return withPhase(kiro, phase, {status, deliverables, ...ended});
    }
    case 'kiro_phase_transition': {
      const {from, to} = event.details;
      return from === kiro.phase && phaseAfter(from) === to && isThrough(kiro.phases[from])
        ? {...kiro, phase: to}
        : undefined;
    }
    default:
      return applyToApproval(kiro, event);
  }
}

/** What came after a phase was made from what is not right: it is worked on again, from what is there. */
function backTo(kiro: KiroState, phase: KiroPhase): KiroState {
  const later = KIRO_PHASES.slice(KIRO_PHASES.indexOf(phase) + 1);
  return later.reduce((next, one) => withPhase(next, one, {status: 'pending'}), {...kiro, phase});
}

type ApprovalEvent = Extract<KiroEvent, {event: `kiro_approval_${string}`}>;

function applyToApproval(kiro: KiroState, event: ApprovalEvent): KiroState | undefined {
  const {phase, approval_id} = event.details;
  const {approval, status} = kiro.phases[phase];
  if (event.event === 'kiro_approval_requested')
    return status === 'waiting_approval'
      ? withPhase(kiro, phase, {approval: requested(event, approval?.deliverables)})
      : undefined;
  if (approval?.id !== approval_id) return undefined;
  switch (event.event) {
    case 'kiro_approval_granted':
      return approval.status === 'pending' ? granted(kiro, approval, event) : undefined;
    case 'kiro_approval_rejected':
      if (approval.status !== 'pending') return undefined;
      return withPhase(backTo(kiro, phase), phase, {status: 'in_progress', approval: rejected(approval, event)});
    case 'kiro_approval_voided':
      return withPhase(kiro, phase, {
        status: 'waiting_approval',
        deliverables: event.details.deliverables,
        approval: voided(approval, event),
      });
  }
}

function requested(
  {timestamp, details}: Extract<ApprovalEvent, {event: 'kiro_approval_requested'}>,
  before: Deliverable[] | undefined,
): Approval {
  const {approval_id: id, phase, transition, approvers, criteria, deliverables, summary} = details;
  const roles = approvers.length > 0 ? approvers : [ANY_ROLE];
  return {
    id,
    phase,
    transition,
    requestedAt: timestamp,
    status: 'pending',
    approvers: roles.map(role => ({role, status: 'pending'})),
    criteria,
    deliverables,
    ...(summary !== undefined && {summary}),
    ...(before && {before}),
  };
}

function granted(
  kiro: KiroState,
  approval: Approval,
  {timestamp, details}: Extract<ApprovalEvent, {event: 'kiro_approval_granted'}>,
): KiroState {
  const {role = ANY_ROLE, comment, by, deliverables = approval.deliverables} = details;
  const said = {status: 'approved' as const, at: timestamp, by, ...(comment !== undefined && {comment})};
  const isOther = !sameDeliverables(deliverables, approval.deliverables);
  const approvers = approval.approvers.map(one => {
    if (one.role === role || (by === 'auto' && one.status === 'pending')) return {...one, ...said};
    // Whoever approved before has seen other documents.
    return isOther ? {role: one.role, status: 'pending' as const} : one;
  });
  const isGranted = approvers.every(one => one.status === 'approved');
  return withPhase(kiro, approval.phase, {
    ...(isGranted && {status: 'approved'}),
    deliverables,
    approval: {...approval, approvers, deliverables, status: isGranted ? 'granted' : 'pending'},
  });
}

function rejected(
  approval: Approval,
  {timestamp, details: {role = ANY_ROLE, comment}}: Extract<ApprovalEvent, {event: 'kiro_approval_rejected'}>,
): Approval {
  const approvers = approval.approvers.map(one =>
    one.role === role ? {...one, status: 'rejected' as const, at: timestamp, comment} : one,
  );
  return {...approval, approvers, status: 'rejected'};
}

function voided(
  approval: Approval,
  {timestamp, details}: Extract<ApprovalEvent, {event: 'kiro_approval_voided'}>,
): Approval {
  return {
    ...approval,
    status: 'pending',
    requestedAt: timestamp,
    approvers: approval.approvers.map(({role}) => ({role, status: 'pending'})),
    deliverables: details.deliverables,
    before: approval.deliverables,
    voided: details.reason,
  };
}

/** What was said against a phase that is worked on again. */
export function rejectionComments({phases}: KiroState, phase: KiroPhase): string[] {
  const {approval} = phases[phase];
  if (approval?.status !== 'rejected') return [];
  return approval.approvers.flatMap(({status, comment}) => (status === 'rejected' ? (comment ?? []) : []));
}

function isThrough({status}: PhaseState): boolean {
  return status === 'approved' || status === 'completed';
}

/** Whether two lists name the same documents with the same content. */
export function sameDeliverables(a: readonly Deliverable[], b: readonly Deliverable[]): boolean {
  const hashes = new Map(a.map(({path, sha256}) => [path, sha256]));
  return a.length === b.length && b.every(({path, sha256}) => hashes.get(path) === sha256);
}
