// Where a kiro task stands between its phases. Pure.

import {pendingApprovals, waitingPhase, waitingPhases} from './kiro.ts';
import type {TaskState} from './task.ts';

/** Whether a task waits until somebody approves what a phase of it has left. */
export function waitsForApproval({history}: TaskState): boolean {
  return history.kiro !== undefined && waitingPhase(history.kiro) !== undefined;
}

/** Whether a kiro task rests between two phases: one is over, and the next has not been entered. */
export function isBetweenPhases({history: {kiro}}: TaskState): boolean {
  if (!kiro) return false;
  const {status} = kiro.phases[kiro.phase];
  // Work that has passed the last gate is still to be integrated.
  if (kiro.phase === 'execute' && status === 'approved') return false;
  return status === 'waiting_approval' || status === 'approved' || status === 'completed';
}

/**
 * On whom it hangs how a kiro task goes on: on a person who was asked for an approval, or on the program, which asks for
 * it, enters the next phase, or sees whether what was rejected may be tried again.
 */
export function nextStepIsOf(task: TaskState): 'person' | 'program' | undefined {
  const {status, history} = task;
  const {kiro} = history;
  if (!kiro || status === 'completed' || status === 'skipped') return undefined;
  const waiting = waitingPhases(kiro).length;
  if (waiting > 0) return pendingApprovals(kiro).length === waiting ? 'person' : 'program';
  const {approval, status: phase} = kiro.phases[kiro.phase];
  const isRejected = phase === 'in_progress' && approval?.status === 'rejected';
  return isRejected || isBetweenPhases(task) ? 'program' : undefined;
}

/** The attempt whose finished work was let through by the last gate and only has to be integrated. */
export function workToIntegrate({history: {kiro, last}}: TaskState): number | undefined {
  const execute = kiro?.phases.execute;
  if (kiro?.phase !== 'execute' || execute?.status !== 'approved' || execute.attempt === undefined) return undefined;
  // What did not pass after all is worked on again.
  const didFail = last && last.attempt > execute.attempt && ['failed', 'conflict'].includes(last.outcome?.kind ?? '');
  return didFail ? undefined : execute.attempt;
}
