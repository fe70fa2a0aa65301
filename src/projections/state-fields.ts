import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {TaskId} from '../plan/plan.ts';
import type {PhaseFields, StateFields, TaskFields} from '../plan/state-field-names.ts';
import {blockerFields} from '../state/blockers.ts';
import type {KiroState, PhaseState} from '../state/kiro.ts';
import {type MilestoneState, taskState, tasksCompleted} from '../state/milestone.ts';
import {milestoneProgress, phaseAverages} from '../state/progress.ts';
import {shownStatus, type TaskState} from '../state/task.ts';

/** What the YAML file of a milestone says of its state. */
export function stateFields(state: MilestoneState): StateFields {
  return {
    status: state.status,
    execution: executionFields(state),
    progress: withoutUndefined({
      percentage: milestoneProgress(state.progressSum, state.tasks.size),
      tasks_completed: tasksCompleted(state),
      tasks_total: state.tasks.size,
      last_update: state.recordedProgress?.at,
    }),
    ...kiroProgressFields(state),
    ...(state.blockers.size > 0 && {
      blockers: [...state.blockers.values()].map(blockerFields),
    }),
    tasks: new FieldsByTask(state),
  };
}

function executionFields(state: MilestoneState): Record<string, unknown> {
  const {activation, session, completedAt, paused} = state;
  if (!activation) return {};
  return withoutUndefined({
    id: activation.executionId,
    branch: activation.branch,
    base: activation.base,
    commit: commitToBuildOn(state),
    session_id: session?.id,
    started_at: activation.at,
    completed_at: completedAt,
    paused_reason: paused?.reason,
  });
}

/** Of what was squashed, whoever gets the branch that it landed in has nothing else. */
function commitToBuildOn({commit, landed}: MilestoneState): string | undefined {
  return landed?.head === commit ? (landed?.work ?? commit) : commit;
}

function kiroProgressFields(state: MilestoneState): Pick<StateFields, 'kiro_progress'> {
  const phase_averages = phaseAverages([...state.kiroTasks].map(id => taskState(state, id)));
  if (!phase_averages) return {};
  return {
    kiro_progress: withoutUndefined({
      phase_averages,
      kiro_task_count: state.kiroTasks.size,
      last_calculated: state.kiroChangedAt,
    }),
  };
}

/** The fields of all tasks, each worked out when it is asked for, and again only when the task has changed. */
class FieldsByTask implements Pick<ReadonlyMap<TaskId, TaskFields>, 'get'> {
  constructor(private readonly state: MilestoneState) {}

  get(id: TaskId): TaskFields | undefined {
    const task = this.state.tasks.get(id);
    if (!task) return undefined;
    let fields = fieldsOfState.get(task);
    if (!fields) {
      fields = taskFields(task);
      fieldsOfState.set(task, fields);
    }
    return fields;
  }
}

/** States of tasks are immutable, so what was worked out for one stays true. */
const fieldsOfState = new WeakMap<TaskState, TaskFields>();

function taskFields(task: TaskState): TaskFields {
  const {history} = task;
  return withoutUndefined({
    status: shownStatus(task),
    started_at: history.startedAt,
    completed_at: task.status === 'completed' ? task.completedAt : undefined,
    attempts: history.attempts > 0 ? history.attempts : undefined,
    commit: task.status === 'completed' ? task.commit : undefined,
    checked: task.status === 'completed' ? task.checked : undefined,
    cost_usd: history.used?.usd === undefined ? undefined : Math.round(history.used.usd * 1e6) / 1e6,
    error: task.status === 'failed' ? {cause: task.cause, message: task.message} : undefined,
    kiro_workflow: history.kiro && kiroFields(history.kiro),
  });
}

/** Of the phases that have begun. */
function kiroFields({phase: current_phase, phases}: KiroState): TaskFields['kiro_workflow'] {
  const begun = KIRO_PHASES.filter(phase => phases[phase].status !== 'pending');
  return {current_phase, phases: Object.fromEntries(begun.map(phase => [phase, phaseFields(phases[phase])]))};
}

function phaseFields({status, startedAt, endedAt, approval}: PhaseState): PhaseFields {
  const decisions = approval?.status === 'granted' ? approval.approvers.flatMap(({at}) => at ?? []) : [];
  const isThrough = status === 'approved' || status === 'completed';
  return withoutUndefined({
    status,
    started_at: startedAt,
    completed_at: isThrough ? (decisions.sort().at(-1) ?? endedAt) : undefined,
  });
}

function withoutUndefined<T extends object>(value: T): {[Key in keyof T]: Exclude<T[Key], undefined>} {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}
