// What the start of an attempt makes of its task.

import {BY_HAND} from '../events/details/attempt.ts';
import type {EventOf} from '../events/event.ts';
import {startPhase} from './kiro.ts';
import type {PendingTask, TaskHistory, TaskState} from './task.ts';

/** The task in the attempt that has just begun. */
export function startedAttempt({alone, history}: PendingTask, event: EventOf<'task_started'>): TaskState {
  const {timestamp, session_id: session, details} = event;
  return {
    status: 'in_progress',
    stage: 'starting',
    attempt: details.attempt,
    ...(details.slot !== BY_HAND && {slot: details.slot}),
    ...(details.folder !== undefined && {folder: details.folder}),
    token: details.token,
    driver: details.driver,
    startedAt: timestamp,
    session,
    ...(details.provider !== undefined && {provider: details.provider}),
    ...(details.phase !== undefined && {phase: details.phase}),
    ...(details.conversation !== undefined && {conversation: details.conversation}),
    ...(details.continues !== undefined && {continues: details.continues}),
    ...(details.integrates !== undefined && {integrates: details.integrates}),
    ...(alone && {alone: true}),
    history: {
      ...(goesOn(history, details.conversation) ? history : withoutConversation(history)),
      attempts: details.attempt,
      startedAt: history.startedAt ?? timestamp,
      counters: {...history.counters, started: history.counters.started + 1},
      // What waits for approval does not begin anew.
      ...(history.kiro && details.integrates === undefined && {kiro: startPhase(history.kiro, timestamp)}),
    },
  };
}

function goesOn({last}: TaskHistory, conversation: string | undefined): boolean {
  return conversation !== undefined && last?.conversation === conversation;
}

/** What the next attempt uses, it uses in a conversation of its own. */
export function withoutConversation({usedInConversation: _, ...history}: TaskHistory): TaskHistory {
  return history;
}
