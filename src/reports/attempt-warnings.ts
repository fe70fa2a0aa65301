// Attempts that may be about to fail: said beside the blockers, holding and stopping nothing. Pure.

import type {Timestamp} from '../events/timestamp.ts';
import {taskInPhase} from '../plan/kiro-plan.ts';
import type {Plan, Settings, TaskId} from '../plan/plan.ts';
import {resolveTaskSettings} from '../plan/settings.ts';
import type {TaskState} from '../state/task.ts';

export interface AttemptWarning {
  kind: 'long_running' | 'silent';
  task_id: TaskId;
  message: string;
  /** When it started, or last printed something. */
  since: Timestamp;
}

export interface AttemptFacts {
  /** Milliseconds since the Unix epoch. */
  now: number;
  /** Settings of config.yaml. */
  project: Settings;
  /** When an attempt last printed something, in milliseconds since the Unix epoch. */
  lastSignOf(task: TaskId, attempt: number): number | undefined;
}

/** Share of a limit from which on it is worth saying. */
const SHARE = 2 / 3;

/** @param tasks In the order of the plan's. */
export function attemptWarnings(plan: Plan, tasks: readonly TaskState[], facts: AttemptFacts): AttemptWarning[] {
  return plan.tasks.flatMap((whole, index) => {
    const state = tasks[index];
    if (state?.status !== 'in_progress' || (state.stage !== 'starting' && state.stage !== 'working')) return [];
    // What waits for a worker is not at work.
    if (state.dispatched && state.stage === 'starting') return [];
    const task = state.phase === undefined ? whole : taskInPhase(whole, state.phase);
    const {timeoutMs, silentMs} = resolveTaskSettings(task, plan.settings, facts.project);
    const startedAt = Date.parse(state.startedAt);
    const lastSign = Math.max(startedAt, facts.lastSignOf(task.id, state.attempt) ?? 0);
    const about = (kind: AttemptWarning['kind'], since: number, message: string): AttemptWarning => ({
      kind,
      task_id: task.id,
      message: `task \`${task.id}\` ${message}`,
      since: new Date(since).toISOString(),
    });
    const age = facts.now - startedAt;
    const silence = facts.now - lastSign;
    return [
      ...(age >= timeoutMs * SHARE
        ? [about('long_running', startedAt, `runs for ${minutes(age)} of the ${minutes(timeoutMs)} that it may`)]
        : []),
      ...(silence >= silentMs * SHARE
        ? [about('silent', lastSign, `printed nothing for ${minutes(silence)} of the ${minutes(silentMs)} that it may`)]
        : []),
    ];
  });
}

function minutes(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 120_000 ? `${Math.floor(ms / 1_000)} s` : `${Math.floor(ms / 60_000)} min`;
}
