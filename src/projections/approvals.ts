// What somebody was asked to let through: as data for screens, and as a file each for whoever reads the home.
// The files follow the log and are never read: what somebody writes into one decides nothing.

import type {Deliverable} from '../events/details/kiro.ts';
import type {Timestamp} from '../events/timestamp.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../plan/plan.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import type {Approval, Approver, KiroState} from '../state/kiro.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {TaskState} from '../state/task.ts';
import {yamlText} from './yaml-text.ts';

export interface ApprovalReport {
  id: string;
  task_id: TaskId;
  transition: string;
  phase: KiroPhase;
  status: Approval['status'];
  approvers: Approver[];
  criteria: string[];
  deliverables: Deliverable[];
  requested_at: Timestamp;
  summary?: string;
  /** Why it is asked again. */
  voided?: string;
}

/** Everything that was asked for a task, first phase to last. */
export function approvalsOf(task_id: TaskId, kiro: KiroState): ApprovalReport[] {
  return KIRO_PHASES.flatMap(phase => {
    const {approval} = kiro.phases[phase];
    return approval ? [report(task_id, approval)] : [];
  });
}

/** Whether a decision is still waited for. */
export function isWaiting({status}: Pick<ApprovalReport, 'status'>, task: Pick<TaskState, 'status'>): boolean {
  return status === 'pending' && task.status !== 'skipped' && task.status !== 'completed';
}

/** What somebody types who lets it through; the role is left out where only one is still asked. */
export function approveCommand(id: MilestoneId, {task_id, phase, approvers}: ApprovalReport): string {
  const [first, second] = approvers.filter(({status}) => status === 'pending');
  return `milestone approve ${id} ${task_id} ${phase}${first && second ? ` --role ${first.role}` : ''}`;
}

/** What somebody types who sends it back to work. */
export function rejectCommand(id: MilestoneId, {task_id, phase, approvers}: ApprovalReport): string {
  const open = approvers.find(one => one.status === 'pending') ?? approvers[0];
  const role = approvers.length > 1 ? ` --role ${open?.role}` : '';
  return `milestone reject ${id} ${task_id} ${phase}${role} -m "…"`;
}

function report(task_id: TaskId, approval: Approval): ApprovalReport {
  const {id, transition, phase, status, approvers, criteria, deliverables, requestedAt, summary, voided} = approval;
  return {
    id,
    task_id,
    transition,
    phase,
    status,
    approvers,
    criteria,
    deliverables,
    requested_at: requestedAt,
    ...(summary !== undefined && {summary}),
    ...(voided !== undefined && {voided}),
  };
}

/** The file of one approval. */
export function approvalText(milestone_id: MilestoneId, approval: ApprovalReport): string {
  const {id, task_id, transition, phase, requested_at, status, approvers, ...rest} = approval;
  const head = {approval_id: id, milestone_id, task_id, transition, phase, requested_at, status};
  const text = yamlText({
    ...head,
    approvers: approvers.map(approver => ({...approver})),
    criteria: rest.criteria,
    deliverables: rest.deliverables.map(deliverable => ({...deliverable})),
    phase_summary: rest.summary,
    voided: rest.voided,
  });
  return `# Written by milestone, never read by it: \`milestone approve\` and \`milestone reject\` decide.\n${text}`;
}

/** The files of one milestone's approvals. */
export class ApprovalFiles {
  /** As last written or found, by id. */
  private readonly known = new Map<string, Approval>();

  constructor(
    private readonly paths: HomePaths,
    private readonly state: MilestoneState,
  ) {}

  /**
   * Bring the files up to date where an approval has changed.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
   */
  write(): void {
    for (const id of this.state.kiroTasks) {
      const kiro = this.state.tasks.get(id)?.history.kiro;
      if (kiro) for (const phase of KIRO_PHASES) this.writeOne(id, kiro.phases[phase].approval);
    }
  }

  private writeOne(task: TaskId, approval: Approval | undefined): void {
    if (!approval || this.known.get(approval.id) === approval) return;
    const file = this.paths.approval(this.state.id, approval.id);
    const text = approvalText(this.state.id, report(task, approval));
    if (readIfExists(file) !== text) replaceFile(file, text);
    this.known.set(approval.id, approval);
  }
}
