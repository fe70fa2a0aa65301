import type {StateFields, TaskFields} from '../milestone/layout-fields.ts';
import type {TaskId} from '../milestone/plan.ts';
import {type MilestoneState, tasksCompleted} from '../state/milestone.ts';
import {milestoneProgress} from '../state/progress.ts';
import type {TaskState} from '../state/task.ts';

/** What the YAML file of a milestone says of its state. */
export function stateFields(state: MilestoneState): StateFields {
  return {
    status: state.status,
    execution: executionFields(state),
    progress: {
      percentage: milestoneProgress(state.progressSum, state.tasks.size),
      tasks_completed: tasksCompleted(state),
      tasks_total: state.tasks.size,
    },
    ...(state.blockers.size > 0 && {
      blockers: [...state.blockers.values()].map(({id, type, message, taskId, since}) => ({
        id,
        type,
        message,
        ...(taskId !== undefined && {task_id: taskId}),
        since,
      })),
    }),
    tasks: new FieldsByTask(state),
  };
}

function executionFields({activation, session, completedAt, commit, paused}: MilestoneState): Record<string, unknown> {
  if (!activation) return {};
  return withoutUndefined({
    id: activation.executionId,
    branch: activation.branch,
    base: activation.base,
    commit,
    session_id: session?.id,
    started_at: activation.at,
    completed_at: completedAt,
    paused_reason: paused?.reason,
  });
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
    status: task.status,
    started_at: history.startedAt,
    completed_at: task.status === 'completed' ? task.completedAt : undefined,
    attempts: history.attempts > 0 ? history.attempts : undefined,
    commit: task.status === 'completed' ? task.commit : undefined,
    checked: task.status === 'completed' ? task.checked : undefined,
    error: task.status === 'failed' ? {cause: task.cause, message: task.message} : undefined,
  });
}

function withoutUndefined<T extends object>(value: T): {[Key in keyof T]: Exclude<T[Key], undefined>} {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}
