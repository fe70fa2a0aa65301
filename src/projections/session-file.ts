import path from 'node:path';
import type {TaskId} from '../plan/plan.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import {isReady} from '../state/is-ready.ts';
import {type MilestoneState, tasksCompleted} from '../state/milestone.ts';
import {milestoneProgress} from '../state/progress.ts';
import {yamlText} from './yaml-text.ts';

/** What a session file says besides what the state knows. */
export interface SessionContext {
  sessionId: string;
  startedAt: string;
  updatedAt: string;
  status: 'running' | 'ended';
  exit?: number;
  reason?: string;
  pid: number;
  host: string;
  command: string;
  repository: string | undefined;
  home: string;
  /** The session that this one goes on from. */
  previous: string | undefined;
}

/** Tasks that are named as the next ones. */
const NEXT = 10;

/** The text of `sessions/<session>.yaml`: who executes, in what surroundings, how far it is, and where a resume starts. */
export function sessionText(state: MilestoneState, context: SessionContext): string {
  const {activation} = state;
  return yamlText({
    session: {
      session_id: context.sessionId,
      milestone_id: state.id,
      status: context.status,
      started_at: context.startedAt,
      updated_at: context.updatedAt,
      saved_at: context.updatedAt,
      save_reason: context.reason ?? 'auto_save',
      resumed_at: context.previous === undefined ? undefined : context.startedAt,
      resumed_from: context.previous,
      pid: context.pid,
      host: context.host,
      exit: context.exit,
      reason: context.reason,
    },
    context: {
      command: context.command,
      home: context.home,
      working_directory: path.dirname(context.home),
      repository: context.repository,
      branch: activation?.branch,
      base: activation?.base,
      isolation: activation?.isolation,
      execution_id: activation?.executionId,
      git_branch: activation?.branch,
      git_commit: state.head ?? activation?.base,
      uncommitted_changes: state.session?.uncommitted?.count ?? 0,
      active_agents: Object.entries(state.agents).flatMap(([agent, is]) => (is === 'stopped' ? [] : [agent])),
    },
    execution_state: {
      status: state.status,
      log_seq: state.seq,
      current_task: [...state.running][0] ?? null,
      next_tasks: nextTasks(state),
      percentage: milestoneProgress(state.progressSum, state.tasks.size),
      tasks_completed: tasksCompleted(state),
      tasks_total: state.tasks.size,
      counts: state.counts,
      blockers: [...state.blockers.keys()],
    },
    resume_points: resumePoints(state),
  });
}

/** Tasks that could start, in the order of the plan. */
function nextTasks({tasks, unmet}: MilestoneState): TaskId[] {
  const next: TaskId[] = [];
  for (const [id, task] of tasks) {
    if (isReady(task, unmet.get(id) ?? 0)) next.push(id);
    if (next.length === NEXT) break;
  }
  return next;
}

/**
 * Say in the file of a session whose executor died what became of it.
 * @param at When the next session took over.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function settleSession(file: string, next: {sessionId: string; at: string}): void {
  const text = readIfExists(file);
  const died = [
    '  status: "died"',
    '  reason: "its executor died"',
    `  resumed_by: ${JSON.stringify(next.sessionId)}`,
    `  resumed_by_at: ${JSON.stringify(next.at)}`,
  ];
  const settled = text?.replace(/^ {2}status: "running"$/m, died.join('\n'));
  if (settled !== undefined && settled !== text) replaceFile(file, settled, {mode: 0o600});
}

/** What a resume would take up: attempts in progress, failed and blocked tasks, and tasks that wait for another try. */
export function resumePoints(
  state: MilestoneState,
): Array<{task_id: string; status: string; attempt: number; action: string}> {
  const points = [];
  for (const [id, task] of state.tasks) {
    const point = {task_id: id, status: task.status, attempt: task.history.attempts};
    if (task.status === 'in_progress')
      points.push({...point, action: task.stage === 'integrating' ? 'settle' : 'run again'});
    else if (task.status === 'failed' || task.status === 'blocked') points.push({...point, action: 'retry'});
    else if (task.status === 'pending' && task.history.attempts > 0) points.push({...point, action: 'run again'});
  }
  return points;
}
