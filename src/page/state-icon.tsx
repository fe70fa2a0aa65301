// How a task is, as a shape and as a word: neither needs a colour.

import type {ShownStatus} from '../state/task.ts';

const SHAPES: Record<ShownStatus, string> = {
  pending: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z',
  in_progress: 'M4 2.5 13 8 4 13.5z',
  kiro_managed: 'M8 1.5 14.5 8 8 14.5 1.5 8z',
  completed: 'M2.5 8.5 6.5 12.5 13.5 4',
  failed: 'M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5',
  blocked: 'M3 3h10v10H3zM5.5 8h5',
  skipped: 'M2.5 4 7 8 2.5 12M8.5 4 13 8 8.5 12',
};

export const STATE_WORDS: Record<ShownStatus, string> = {
  pending: 'pending',
  in_progress: 'running',
  kiro_managed: 'in its workflow',
  completed: 'done',
  failed: 'failed',
  blocked: 'blocked',
  skipped: 'skipped',
};

/** In the order in which they are counted up. */
export const STATES: readonly ShownStatus[] = [
  'completed',
  'skipped',
  'in_progress',
  'kiro_managed',
  'failed',
  'blocked',
  'pending',
];

/** @param at Where in a drawing. */
export function StateIcon({status, at}: {status: ShownStatus; at?: {x: number; y: number}}) {
  return (
    <svg class={`icon ${status}`} width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" {...at}>
      <path d={SHAPES[status]} />
    </svg>
  );
}
