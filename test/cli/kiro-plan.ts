// Kiro tasks whose phases shell commands do.

import type {KiroPhase} from '../../src/plan/plan.ts';
import type {MilestoneRig, TaskText} from '../rig/milestone-rig.ts';
import {eventsOf} from './support.ts';

/** Writes each document with one line that names it. */
export function writes(...names: string[]): string {
  return names
    .map(name => `echo "# ${name}, attempt $MILESTONE_ATTEMPT" > "$MILESTONE_DELIVERABLES/${name}"`)
    .join(' && ');
}

const PHASES = {
  design: {run: writes('architecture.md', 'api-spec.yaml')},
  spec: {run: writes('technical-spec.md', 'test-plan.md')},
  task: {run: writes('implementation-plan.md')},
  execute: {run: 'echo done > done.txt'},
};

type PhaseText = Record<string, unknown>;

/** A kiro task; what is given for a phase is put over what shell commands do there. */
export function kiroTask(
  id: string,
  phases: Partial<Record<KiroPhase, PhaseText>> = {},
  rest: Record<string, unknown> = {},
): TaskText {
  const all = Object.entries(PHASES).map(([name, phase]) => [name, {...phase, ...phases[name as KiroPhase]}]);
  return {id, ...rest, kiro_workflow: {enabled: true, phases: Object.fromEntries(all)}};
}

/** The same without any gate. */
export function freeTask(id: string, phases: Partial<Record<KiroPhase, PhaseText>> = {}, rest = {}): TaskText {
  return kiroTask(
    id,
    {...phases, design: {approval_required: false, ...phases.design}, spec: {approval_required: false, ...phases.spec}},
    rest,
  );
}

/** A task that only executes: the phases before leave nothing and let everything through. */
export function executeOnly(id: string, execute: PhaseText, rest: Record<string, unknown> = {}): TaskText {
  const nothing = {run: 'true', deliverables: [], approval_required: false};
  return {
    id,
    ...rest,
    kiro_workflow: {enabled: true, phases: {design: nothing, spec: nothing, task: nothing, execute}},
  };
}

/** What became of the phases, in order: `task phase status`. */
export function phasesOf(rig: MilestoneRig, id: string): string[] {
  return eventsOf(rig, id, 'kiro_phase_updated').map(
    ({details}) => `${details.task_id} ${details.phase} ${details.status}`,
  );
}

/** The attempts in order: `task.number phase`. */
export function attemptsOf(rig: MilestoneRig, id: string): string[] {
  return eventsOf(rig, id, 'task_started').map(({details}) => `${details.task_id}.${details.attempt} ${details.phase}`);
}

/** Path of a document in the home, relative to the repository. */
export function documentPath(milestone: string, task: string, phase: KiroPhase, name: string): string {
  return `.milestones/deliverables/${milestone}/${task}/${phase}/${name}`;
}
