import type {EventName} from './event.ts';

/**
 * What an event is to those who act on events; each agent names the kinds that wake it.
 * - `plan`: other tasks are there; `refused`: an edit of the plan is not taken
 * - `go`, `stop`: the milestone goes on, or does not
 * - `turn`: something about a task is to be decided anew; `claim`: its work is to be checked, `queue`: to be merged, and its
 *   place is free; `done`: it is complete
 * - `trouble`: a task failed for good, or something is in the way; `relief`: something is out of the way
 * - `standing`: others can work than before; `spending`: what an attempt has used is known
 * - `session`: where a resume would start has to be written down
 * - `note`: nobody acts on it
 */
export type EventKind =
  | 'plan'
  | 'refused'
  | 'go'
  | 'stop'
  | 'turn'
  | 'claim'
  | 'queue'
  | 'done'
  | 'trouble'
  | 'relief'
  | 'standing'
  | 'spending'
  | 'session'
  | 'note';

/** A new event gets its kind here, or does not compile. */
export const EVENT_KINDS: Readonly<Record<EventName, EventKind>> = {
  milestone_activated: 'plan',
  branch_created: 'note',
  dependency_resolved: 'note',
  plan_changed: 'plan',
  plan_refused: 'refused',
  milestone_paused: 'stop',
  milestone_resumed: 'go',
  milestone_blocked: 'stop',
  milestone_completed: 'stop',
  milestone_cancelled: 'stop',
  milestone_landing: 'note',
  milestone_landed: 'note',
  session_started: 'session',
  session_resumed: 'note',
  session_saved: 'note',
  session_ended: 'note',
  agent_registered: 'note',
  agent_failed: 'note',
  agent_stopped: 'note',
  task_started: 'note',
  task_conversation: 'note',
  attempt_dispatched: 'note',
  task_working: 'note',
  task_claimed: 'claim',
  tests_removed: 'note',
  task_verified: 'note',
  task_queued: 'queue',
  task_integrating: 'note',
  task_completed: 'done',
  attempt_ended: 'turn',
  task_retry_scheduled: 'turn',
  task_failed: 'trouble',
  task_skipped: 'turn',
  task_reset: 'turn',
  kiro_workflow_started: 'note',
  kiro_phase_updated: 'turn',
  kiro_phase_transition: 'turn',
  kiro_approval_requested: 'turn',
  kiro_approval_granted: 'turn',
  kiro_approval_rejected: 'turn',
  kiro_approval_voided: 'turn',
  kiro_workflow_completed: 'turn',
  progress_updated: 'note',
  dependency_blocker: 'note',
  task_dependency_blocker: 'note',
  blocker_detected: 'trouble',
  blockers_escalated: 'session',
  blocker_answered: 'note',
  blocker_resolved: 'relief',
  budget_reserved: 'note',
  budget_settled: 'spending',
  driver_paused: 'standing',
  driver_resumed: 'standing',
  auto_commit: 'note',
  slot_kept: 'note',
  repository_changed: 'note',
  repository_state_saved: 'note',
  branch_synced: 'note',
  checks_dispatched: 'note',
  // What waited for a green base can be done.
  baseline_checked: 'standing',
  check_compared: 'note',
  round_started: 'note',
  round_checked: 'note',
  final_checked: 'relief',
  request_rejected: 'note',
};

export const EVENT_NAMES = Object.keys(EVENT_KINDS) as EventName[];
