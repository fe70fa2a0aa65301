import type {MilestoneState} from '../state/milestone.ts';
import {tasksCompleted} from '../state/milestone.ts';
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
}

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
      pid: context.pid,
      host: context.host,
      exit: context.exit,
      reason: context.reason,
    },
    context: {
      command: context.command,
      home: context.home,
      repository: context.repository,
      branch: activation?.branch,
      base: activation?.base,
      isolation: activation?.isolation,
      execution_id: activation?.executionId,
    },
    execution_state: {
      status: state.status,
      log_seq: state.seq,
      percentage: milestoneProgress(state.progressSum, state.tasks.size),
      tasks_completed: tasksCompleted(state),
      tasks_total: state.tasks.size,
      counts: state.counts,
      blockers: [...state.blockers.keys()],
    },
    resume_points: resumePoints(state),
  });
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
