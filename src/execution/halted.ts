import {haltsEverything} from '../state/blockers.ts';
import {tasksCompleted} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';
import type {Execution} from './execution.ts';

/** Whether nothing may start at the moment. */
export function isHalted(execution: Pick<Execution, 'inForce' | 'ledger' | 'lifetime' | 'wait'>): boolean {
  const {state} = execution.ledger;
  const {ending} = execution.lifetime;
  if (ending || state.status !== 'in_progress' || isStopped(execution)) return true;
  for (const blocker of blockersOf(state, undefined).values()) if (haltsEverything(blocker)) return true;
  return false;
}

/** Whether the plan wants everything to stop for what has failed or is blocked. */
export function isStopped({
  ledger: {state},
  inForce: {settings},
  wait,
}: Pick<Execution, 'inForce' | 'ledger' | 'wait'>): boolean {
  const isDone = tasksCompleted(state) === state.tasks.size;
  if (settings.onBlocker !== 'stop' || isDone) return false;
  if (state.counts.failed > 0) return true;
  // Whoever waits for a driver does not stop for it; a login that is missing is a blocker of its own.
  if (!wait && Object.values(state.pausedDrivers).some(({reason}) => reason !== 'auth')) return true;
  // The plan in force goes on whatever is on disk.
  for (const {type} of state.blockers.values()) if (type !== 'plan_invalid' && type !== 'quota') return true;
  return false;
}
