import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase} from '../plan/plan.ts';
import type {PhaseStatus} from '../state/kiro.ts';

const MARKS: Record<PhaseStatus, string> = {
  pending: '○',
  in_progress: '●',
  waiting_approval: '?',
  approved: '✔',
  completed: '✔',
  blocked: '■',
};

/** How far each phase is, as short as can be: `design ✔ spec ● task ○ execute ○`. */
export function phasesText(phases: Readonly<Record<KiroPhase, PhaseStatus>>): string {
  return KIRO_PHASES.map(phase => `${phase} ${MARKS[phases[phase]]}`).join(' ');
}
