// What follows from the end of an attempt, by the table of outcomes:
//
//   failed       another try while `retries` lasts, then the task has failed
//   conflict     free twice, then alone, then as failed
//   interrupted  free, unless the task asks first; the third death of the executor under it makes it suspect
//   cancelled    nothing: whoever cancelled says what comes next
//
// `max_attempts` bounds them all.

import type {NewEvent, Outcome, Timestamp} from '../events/event.ts';
import type {TaskId} from '../milestone/plan.ts';
import type {AttemptCounters} from '../state/task.ts';

const FREE_CONFLICTS = 2;
const DEATHS_OF_A_SUSPECT = 3;

export interface EndedAttempt {
  taskId: TaskId;
  attempt: number;
  outcome: Outcome;
  /** As they stand after this attempt. */
  counters: AttemptCounters;
  retries: number;
  maxAttempts: number;
  onInterrupt: 'rerun' | 'ask';
  now: Timestamp;
}

/** The event that follows an `attempt_ended`; none after a cancelled one. */
export function afterAttempt(ended: EndedAttempt): NewEvent | undefined {
  const {taskId: task_id, attempt, outcome, counters} = ended;
  if (outcome.kind === 'cancelled') return undefined;
  const id = `${outcome.kind === 'interrupted' ? 'suspect' : outcome.kind}-${task_id}-${attempt}`;
  if (outcome.kind === 'driver_missing')
    return {
      event: 'blocker_detected',
      details: {
        id,
        type: 'driver_missing',
        message: outcome.message,
        hint: 'set `driver` or `run` in the plan, then `milestone retry`',
        task_id,
        attempt,
      },
    };
  if (outcome.kind === 'interrupted' && counters.deaths >= DEATHS_OF_A_SUSPECT)
    return {
      event: 'blocker_detected',
      details: {
        id,
        type: 'suspect',
        message: `the executor died ${counters.deaths} times while task \`${task_id}\` was running`,
        hint: `look at its output (logs), then \`milestone retry ${task_id}\``,
        task_id,
        attempt,
      },
    };
  if (outcome.kind === 'interrupted' && ended.onInterrupt === 'ask')
    return {
      event: 'blocker_detected',
      details: {
        id: `question-${task_id}-${attempt}`,
        type: 'question',
        message: `task \`${task_id}\` was interrupted and may have had effects that a second run would repeat`,
        hint: `look, then \`milestone retry ${task_id}\` to run it again or \`milestone skip ${task_id}\` if it is done`,
        task_id,
        attempt,
      },
    };
  if (hasAnotherTry(ended))
    return {
      event: 'task_retry_scheduled',
      details: {
        task_id,
        attempt,
        retry_at: ended.now,
        ...(outcome.kind === 'conflict' && counters.conflicts > FREE_CONFLICTS && {alone: true}),
      },
    };
  const cause = outcome.kind === 'failed' ? outcome.cause : outcome.kind;
  return {event: 'task_failed', details: {task_id, attempt, cause, message: outcome.message}};
}

function hasAnotherTry({outcome, counters, retries, maxAttempts}: EndedAttempt): boolean {
  if (counters.started >= maxAttempts) return false;
  if (outcome.kind === 'interrupted') return true;
  // Two conflicts are free and the third is tried alone; from then on they count like failures.
  const counted = counters.failures + Math.max(0, counters.conflicts - FREE_CONFLICTS - 1);
  return counted <= retries;
}
