import {MilestoneError} from '../errors.ts';
import type {TaskId} from '../plan/plan.ts';
import {systemClock} from '../platform/clock.ts';
import {type Ask, newRequest, parseRequest} from '../requests/request.ts';

type About = 'task' | 'milestone';

/** What a person can decide on a page, and what it may be about: one task, or all of a milestone. */
export const DECISIONS = {
  approve: ['task'],
  reject: ['task'],
  answer: ['task'],
  retry: ['task', 'milestone'],
  skip: ['task'],
  pause: ['milestone'],
  resume: ['milestone'],
} as const satisfies Partial<Record<Ask['kind'], readonly About[]>>;

export type Decision = keyof typeof DECISIONS;

/**
 * What is asked, held to the rules for what lies in an inbox.
 * @throws {MilestoneError} `USAGE`
 */
export function decisionOf(kind: Decision, body: Record<string, unknown>, task: TaskId | undefined): Ask {
  const {task_id: _, ...words} = body;
  const said = {now: false, ...words, kind, ...(task !== undefined && {task_id: task})} as Ask;
  const parsed = parseRequest(JSON.stringify(newRequest(said, systemClock)));
  if (!('kind' in parsed)) throw new MilestoneError('USAGE', `the request is not understood: ${parsed.reason}`);
  const {request_id: _id, requested_at: _at, session_id: _session, attempt: _attempt, sender: _sender, ...ask} = parsed;
  return ask as Ask;
}
