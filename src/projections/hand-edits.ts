import type {Layout, MapLayout, TaskLayout} from '../milestone/layout.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {TaskState} from '../state/task.ts';

/**
 * What a person wrote into the status fields of a plan, which are output: for each one what to do instead. The file
 * may be behind the state, so only what the program cannot have written itself is taken for an edit.
 */
export function handEdits(layout: Layout, state: MilestoneState): string[] {
  const tasks = layout.tasks.flatMap(task => editOfTask(task, state));
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
  if (!task || said === task.status) return [];
  const command = commandFor(said, fields, task);
  return command === undefined
    ? []
    : [putBack(`task \`${id}\``, String(said), task.status, `milestone ${command} ${state.id} ${id}`)];
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
