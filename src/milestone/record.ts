import type {NewEvent} from '../events/event.ts';
import type {EventLog} from '../events/log.ts';
import {applyEvent} from '../state/apply-event.ts';
import type {MilestoneState} from '../state/milestone.ts';

/** Queue events for the log and fold them; for what happens before and outside an execution. Resolves once on disk. */
export function recordAll(log: EventLog, state: MilestoneState, events: readonly NewEvent[]): Promise<void> {
  for (const event of events) log.append(event, recorded => applyEvent(state, recorded));
  return log.durable();
}
