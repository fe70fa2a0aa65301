import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {Layout, MapLayout, TaskLayout} from '../plan/layout.ts';
import type {KiroPhase} from '../plan/plan.ts';
import type {KiroState} from '../state/kiro.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {shownStatus, type TaskState} from '../state/task.ts';

/**
 * What a person wrote into the status fields of a plan, which are output: for each one what to do instead. The file
 * may be behind the state, so only what the program cannot have written itself is taken for an edit.
 */
export function handEdits(layout: Layout, state: MilestoneState): string[] {
  const tasks = layout.tasks.flatMap(task => [...editOfTask(task, state), ...editsOfPhases(task, state)]);
  return [...editOfMilestone(layout.milestone, state), ...tasks];
}

function editOfMilestone({fields}: MapLayout, {id, status}: MilestoneState): string[] {
  const said = fields.status?.value;
  if (said === status) return [];
  if (said === 'cancelled') return [putBack('the milestone', said, status, `milestone cancel ${id}`)];
  if (said === 'completed') return [putBack('the milestone', said, status, `milestone skip ${id} <task>`)];
  return [];
}

function editOfTask({id, fields}: TaskLayout, state: MilestoneState): string[] {
  const task = state.tasks.get(id);
  const said = fields.status?.value;
  if (!task || said === shownStatus(task)) return [];
  const command = commandFor(said, fields, task);
  return command === undefined
    ? []
    : [putBack(`task \`${id}\``, String(said), shownStatus(task), `milestone ${command} ${state.id} ${id}`)];
}

/** A gate is passed by a command, never by a word in the plan. */
function editsOfPhases({id, maps: holders}: TaskLayout, state: MilestoneState): string[] {
  const kiro = state.tasks.get(id)?.history.kiro;
  const phases = holders?.kiro_workflow?.maps?.phases?.maps ?? {};
  return KIRO_PHASES.flatMap(phase => {
    const said = phases[phase]?.fields.status?.value;
    if ((said !== 'approved' && said !== 'completed') || !isOpen(kiro, phase)) return [];
    const status = kiro?.phases[phase].status ?? 'pending';
    return [putBack(`the ${phase} of task \`${id}\``, said, status, `milestone approve ${state.id} ${id} ${phase}`)];
  });
}

/** Whether the program cannot have written that a phase is through. */
function isOpen(kiro: KiroState | undefined, phase: KiroPhase): boolean {
  const {status = 'pending', approval} = kiro?.phases[phase] ?? {};
  return status !== 'approved' && status !== 'completed' && approval?.voided === undefined;
}

function commandFor(said: unknown, fields: MapLayout['fields'], task: TaskState): string | undefined {
  const isDone = task.status === 'completed' || task.status === 'skipped';
  if (said === 'completed' || said === 'skipped') return isDone ? undefined : 'skip';
  if (said !== 'pending') return undefined;
  if (task.status === 'completed') return fields.completed_at === undefined ? undefined : 'redo';
  // Fields of the failure itself are there: the file has been up to date with it.
  const isKnown = fields.error !== undefined && fields.attempts?.value === task.history.attempts;
  return task.status === 'failed' && isKnown ? 'retry' : undefined;
}

function putBack(what: string, said: string, is: string, command: string): string {
  return `\`status: ${said}\` of ${what} is put back to \`${is}\`: \`${command}\` is the way to change it`;
}
