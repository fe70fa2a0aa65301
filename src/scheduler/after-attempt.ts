// What follows from the end of an attempt, by the table of outcomes:
//
//   failed       another try while `retries` lasts, then the task has failed; none where it would end in the same way: the
//                same file outside its areas again, its own check red twice as it is before any work, or unable to run
//   conflict     free twice, then alone, then as failed
//   interrupted  free, unless the task asks first; the third time that the execution broke off under it makes it suspect
//   overload     free five times, each after a longer rest; then it counts as quota
//   quota        free; the driver rests, not the task. A guessed one that says no time counts for `max_attempts`
//   auth, driver_missing, question   a blocker: somebody has to act
//   cancelled, budget   nothing: whoever cancelled says what comes next
//
// `max_attempts` bounds them all.

import type {BlockerType} from '../events/details/blocker.ts';
import type {DriverPause} from '../events/details/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {NewEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import type {AttemptCounters} from '../state/task.ts';

const FREE_CONFLICTS = 2;
const FREE_OVERLOADS = 5;
const DEATHS_OF_A_SUSPECT = 3;
const SAME_REDS = 2;
/** So many in a row, and the driver rests until somebody has logged in. */
const AUTH_FAILURES_OF_A_DRIVER = 2;
const FIRST_OVERLOAD_REST_MS = 5_000;
const FIRST_QUOTA_REST_MS = 60_000;
const LONGEST_QUOTA_REST_MS = 3_600_000;

export interface EndedAttempt {
  milestoneId: MilestoneId;
  taskId: TaskId;
  attempt: number;
  outcome: Outcome;
  /** As they stand after this attempt. */
  counters: AttemptCounters;
  retries: number;
  maxAttempts: number;
  onInterrupt: 'rerun' | 'ask';
  now: Timestamp;
  /** Who did it, and what it has gone through; absent where nobody can rest. */
  driver?: {
    name: string;
    authFailures: number;
    isPaused: boolean;
    /** Times in a row that its quota was used up without a word until when. */
    quotaFailures: number;
  };
}

type Blocking = {type: BlockerType; message: string; hint: string};

/** The events that follow an `attempt_ended`; none after a cancelled one. */
export function afterAttempt(ended: EndedAttempt): NewEvent[] {
  const {outcome} = ended;
  if (outcome.kind === 'cancelled' || outcome.kind === 'budget') return [];
  const blocking = blockingOf(ended);
  return [...driverEvents(ended), blocking ? blocker(ended, blocking) : nextTry(ended)];
}

function blocker({taskId: task_id, attempt}: EndedAttempt, {type, message, hint}: Blocking): NewEvent {
  return {
    event: 'blocker_detected',
    details: {id: `${type}-${task_id}-${attempt}`, type, message, hint, task_id, attempt},
  };
}

function blockingOf({milestoneId: id, taskId, outcome, counters, onInterrupt}: EndedAttempt): Blocking | undefined {
  const {message} = outcome;
  switch (outcome.kind) {
    case 'driver_missing':
      return {
        type: 'driver_missing',
        message,
        hint: outcome.hint ?? `set \`driver\` or \`run\` in the plan, then \`milestone retry ${id} ${taskId}\``,
      };
    case 'auth':
      return {type: 'auth', message, hint: `${outcome.hint}, then \`milestone retry ${id} ${taskId}\``};
    case 'question':
      return {type: 'question', message, hint: `milestone answer ${id} ${taskId} "…"`};
    case 'interrupted':
      if (counters.deaths >= DEATHS_OF_A_SUSPECT)
        return {
          type: 'suspect',
          message: `the execution broke off ${counters.deaths} times while task \`${taskId}\` was running`,
          hint: `look at its output (\`milestone log ${id} ${taskId} --output\`), then \`milestone retry ${id} ${taskId}\``,
        };
      if (onInterrupt === 'ask')
        return {
          type: 'question',
          message: `task \`${taskId}\` was interrupted and may have had effects that a second run would repeat`,
          hint: `look, then \`milestone retry ${id} ${taskId}\` to run it again or \`milestone skip ${id} ${taskId}\` if it is done`,
        };
      return undefined;
    default:
      return undefined;
  }
}

function nextTry(ended: EndedAttempt): NewEvent {
  const {taskId: task_id, attempt, outcome, counters, now} = ended;
  if (hasAnotherTry(ended))
    return {
      event: 'task_retry_scheduled',
      details: {
        task_id,
        attempt,
        retry_at: outcome.kind === 'overload' ? later(now, overloadRestMs(counters.overloads)) : now,
        ...(outcome.kind === 'conflict' && counters.conflicts > FREE_CONFLICTS && {alone: true}),
      },
    };
  const cause = outcome.kind === 'failed' ? outcome.cause : outcome.kind;
  const inVain = outcome.kind === 'failed' ? whyInVain(outcome, counters) : undefined;
  const message = inVain === undefined ? outcome.message : `${outcome.message}; not tried again: ${inVain}`;
  return {event: 'task_failed', details: {task_id, attempt, cause, message}};
}

/** Why another try would end as this one did; undefined where it may not. */
function whyInVain(
  {red_before}: Extract<Outcome, {kind: 'failed'}>,
  {isOutsideAgain, redBefore = 0}: AttemptCounters,
): string | undefined {
  if (isOutsideAgain) return 'it changed the same file before';
  if (red_before === 'cannot_run') return 'its check cannot run here';
  if (red_before !== undefined && redBefore >= SAME_REDS) return 'its check says the same each time';
  return undefined;
}

function hasAnotherTry({outcome, counters, retries, maxAttempts}: EndedAttempt): boolean {
  if (counters.started >= maxAttempts) return false;
  if (outcome.kind === 'failed' && whyInVain(outcome, counters) !== undefined) return false;
  if (outcome.kind === 'interrupted' || outcome.kind === 'quota' || outcome.kind === 'overload') return true;
  // Two conflicts are free and the third is tried alone; from then on they count like failures.
  const counted = counters.failures + Math.max(0, counters.conflicts - FREE_CONFLICTS - 1);
  return counted <= retries;
}

/** The driver rests: one event, however many attempts of it fail at the same time. */
function driverEvents({outcome, driver, counters, now}: EndedAttempt): NewEvent[] {
  if (!driver || driver.isPaused) return [];
  const {name} = driver;
  const pause = (reason: DriverPause, resets_at?: Timestamp): NewEvent => ({
    event: 'driver_paused',
    details: {driver: name, reason, message: outcome.message, ...(resets_at !== undefined && {resets_at})},
  });
  const isQuota = outcome.kind === 'quota' || (outcome.kind === 'overload' && counters.overloads > FREE_OVERLOADS);
  if (isQuota) {
    const said = outcome.kind === 'quota' ? outcome.resets_at : undefined;
    // A time that is over is no answer: it would be asked again at once.
    return [pause('quota', said !== undefined && said > now ? said : later(now, quotaRestMs(driver.quotaFailures)))];
  }
  if (outcome.kind === 'auth' && driver.authFailures >= AUTH_FAILURES_OF_A_DRIVER) return [pause('auth')];
  return [];
}

function overloadRestMs(overloads: number): number {
  return overloads > FREE_OVERLOADS ? 0 : FIRST_OVERLOAD_REST_MS * 3 ** (overloads - 1);
}

/** Longer each time, up to an hour, where nobody says when it is worth another try. */
function quotaRestMs(failures: number): number {
  return Math.min(FIRST_QUOTA_REST_MS * 2 ** failures, LONGEST_QUOTA_REST_MS);
}

function later(now: Timestamp, ms: number): Timestamp {
  return new Date(Date.parse(now) + ms).toISOString();
}
