import {layOutlines} from '../documents/documents.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import {approvalId, gateOf, isKiro, KIRO_PHASES, phaseAfter} from '../plan/kiro-plan.ts';
import type {KiroPhase, Plan, Task, TaskId} from '../plan/plan.ts';
import type {KiroState} from '../state/kiro.ts';
import {isOver, phaseInWork, taskState} from '../state/milestone.ts';

const HALF_A_MINUTE_MS = 30_000;

/** Leads kiro tasks from phase to phase: asks for approvals where there is a gate, and goes on behind it. */
export function kiroCoordinator(execution: Execution): Agent {
  const outlines = new Outlines();
  return {
    name: 'kiro-coordinator',
    everyMs: HALF_A_MINUTE_MS,
    wakesOn: ['plan', 'go', 'turn', 'done'],
    tick() {
      const {settings} = execution.inForce;
      const {state} = execution.ledger;
      if (isOver(state.status)) return;
      const {program, person} = state.nextStep;
      for (const id of [...program, ...(settings.gates === 'auto' ? person : [])]) lead(execution, id);
      outlines.layFor(execution);
    },
  };
}

function lead(execution: Pick<Execution, 'inForce' | 'ledger'>, id: TaskId): void {
  const task = taskState(execution.ledger.state, id);
  const {kiro} = task.history;
  if (!kiro || task.status === 'completed' || task.status === 'skipped') return;
  for (const phase of KIRO_PHASES) askFor(execution, id, kiro, phase);
  const after = taskState(execution.ledger.state, id).history.kiro as KiroState;
  goOn(execution, id, after);
  refuseRejected(execution, id, after);
}

/** Ask for the approval of a phase that waits for it, or let it through where the plan says that nobody is asked. */
function askFor(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  task_id: TaskId,
  kiro: KiroState,
  phase: KiroPhase,
): void {
  const {status, approval, deliverables = []} = kiro.phases[phase];
  if (status !== 'waiting_approval') return;
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const task = state.taskById.get(task_id) as Task;
  const gate = gateOf(state.plan, task, phase);
  const approval_id = approvalId(state.plan, task, phase);
  const about = {task_id, approval_id, phase};
  if (approval?.status !== 'pending') {
    const summary = taskState(state, task_id).history.last?.claim?.summary;
    execution.ledger.record({
      event: 'kiro_approval_requested',
      details: {
        ...about,
        transition: gate.transition,
        approvers: [...gate.approvers],
        criteria: [...gate.criteria],
        deliverables,
        ...(summary !== undefined && {summary}),
      },
    });
  }
  if (settings.gates === 'auto')
    execution.ledger.record({event: 'kiro_approval_granted', details: {...about, by: 'auto'}});
}

/** Enter the next phase, now that this one is through. */
function goOn(execution: Pick<Execution, 'ledger'>, task_id: TaskId, {phase, phases}: KiroState): void {
  const {status} = phases[phase];
  const to = phaseAfter(phase);
  if (to === undefined || (status !== 'approved' && status !== 'completed')) return;
  // An approval that is asked again holds what comes after it.
  if (KIRO_PHASES.some(one => phases[one].status === 'waiting_approval')) return;
  execution.ledger.record({event: 'kiro_phase_transition', details: {task_id, from: phase, to}});
}

/** A rejection sends the phase back to work, as often as attempts are left. */
function refuseRejected(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  task_id: TaskId,
  {phase, phases}: KiroState,
): void {
  const task = taskState(execution.ledger.state, task_id);
  const {approval, status} = phases[phase];
  if (task.status !== 'pending' || status !== 'in_progress' || approval?.status !== 'rejected') return;
  if (task.history.counters.started < execution.inForce.settingsOf(task_id).maxAttempts) return;
  const comment = approval.approvers.find(one => one.status === 'rejected')?.comment ?? '';
  execution.ledger.openBlocker({
    type: 'approval_rejected',
    message: `the ${phase} of task \`${task_id}\` was rejected, and no attempt is left: ${comment}`,
    hint: `milestone retry ${execution.ledger.state.id} ${task_id}`,
    task_id,
  });
}

/** A person gets the outlines of what he is to write, once for each phase: he may take them away. */
class Outlines {
  private plan: Plan | undefined;
  private readonly laid = new Map<TaskId, KiroPhase>();

  layFor({ledger: {state}, surroundings: {paths}, ready}: Pick<Execution, 'ledger' | 'ready' | 'surroundings'>): void {
    if (this.plan !== state.plan) this.laid.clear();
    this.plan = state.plan;
    for (const id of ready.manual) {
      const task = state.taskById.get(id) as Task;
      const phase = phaseInWork(state, id);
      if (!isKiro(task) || phase === undefined || this.laid.get(id) === phase) continue;
      layOutlines(paths.home, {id: state.id, task, phase});
      this.laid.set(id, phase);
    }
  }
}
