// Every event there is, joined. A new one goes into the file of `details/` that it is about; the compiler then lists the work.

import type {MilestoneId, TaskId} from '../plan/plan.ts';
import type {AttemptEvents} from './details/attempt.ts';
import type {BlockerEvents} from './details/blocker.ts';
import type {ChecksEvents} from './details/checks.ts';
import type {DriverEvents} from './details/driver.ts';
import type {KiroEvents} from './details/kiro.ts';
import type {MilestoneEvents} from './details/milestone.ts';
import type {RepositoryEvents} from './details/repository.ts';
import type {SessionEvents} from './details/session.ts';
import type {Timestamp} from './timestamp.ts';

/** `details` of each event. A request from another process that it answers is named by `request_id`. */
export interface EventDetails
  extends MilestoneEvents,
    SessionEvents,
    AttemptEvents,
    KiroEvents,
    BlockerEvents,
    DriverEvents,
    RepositoryEvents,
    ChecksEvents {}

export type EventName = keyof EventDetails;

/** An event before the log has given it its number. */
export type NewEvent = {
  [Name in EventName]: {event: Name; details: EventDetails[Name] & {request_id?: string}};
}[EventName];

/** An event as it stands in the log, without `sum`. */
export type MilestoneEvent = NewEvent & {
  seq: number;
  timestamp: Timestamp;
  milestone_id: MilestoneId;
  session_id: string;
};

type TaskEventName = {[Name in EventName]: 'task_id' extends keyof EventDetails[Name] ? Name : never}[EventName];

/** The events that are about one task. */
export type TaskEvent = Extract<MilestoneEvent, {event: TaskEventName}> & {details: {task_id: TaskId}};

export type EventOf<Name extends EventName> = Extract<MilestoneEvent, {event: Name}>;

/** What happens to a task on its way through the phases. */
export type KiroEvent = Extract<TaskEvent, {event: keyof KiroEvents}>;
