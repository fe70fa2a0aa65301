import {holdsEverything} from '../state/blockers.ts';
import type {ExecutionContext} from './context.ts';

/** Whether nothing may start at the moment. */
export function isHeld(context: ExecutionContext): boolean {
  const {state, ending, settings} = context;
  if (ending || state.status !== 'in_progress') return true;
  if (settings.onBlocker === 'stop' && (state.counts.failed > 0 || state.blockers.size > 0)) return true;
  for (const blocker of state.blockers.values()) if (holdsEverything(blocker)) return true;
  return false;
}
