import type {EventName, MilestoneEvent} from '../events/event.ts';

/** What the program notes for itself: it says nothing of the work. */
const HOUSEKEEPING: readonly EventName[] = [
  'agent_registered',
  'agent_stopped',
  'session_saved',
  'session_ended',
  'progress_updated',
  'repository_state_saved',
  'branch_synced',
  'milestone_landing',
  'blockers_escalated',
];

/** Whether an event is one of those that a person wants to see among the last ones. */
export function isNotable({event}: MilestoneEvent): boolean {
  return !HOUSEKEEPING.includes(event);
}
