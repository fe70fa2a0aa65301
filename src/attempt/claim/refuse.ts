import type {Outcome} from '../../events/details/outcome.ts';
import type {Execution} from '../../execution/execution.ts';
import {runningTask} from '../../execution/running-task.ts';
import {isInsideAreas, isProtected} from '../../plan/areas.ts';
import type {TaskId} from '../../plan/plan.ts';
import type {AttemptId} from '../../state/task.ts';
import {rescueRef} from '../../workspace/rescue.ts';
import type {AttemptPlace, Branch, FrozenWork} from '../../workspace/workspace.ts';

/**
 * What the tree alone condemns: files outside the task's areas, a merge that was not finished, or nothing where
 * something was to be done.
 */
export async function refuse(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  place: AttemptPlace,
  {branch, work}: {branch: Branch; work: FrozenWork},
): Promise<Outcome | undefined> {
  if (work.refused) return work.refused;
  const id = place.taskId;
  const task = execution.inForce.taskOf(id);
  const {touches, touchesFree, protect} = execution.inForce.settingsOf(id);
  const outside = work.changedFiles.filter(file => !isInsideAreas(file, touches, touchesFree));
  if (outside.length > 0)
    return {
      kind: 'failed',
      cause: 'out_of_area',
      files: outside,
      message: `changed files outside its \`touches\`: ${shorten(outside)} (${allowed(touches ?? [])}; ${keptAt(execution, place)})`,
    };
  const kept = work.changedFiles.filter(file => isProtected(file, protect, task.touches));
  if (kept.length > 0)
    return {
      kind: 'failed',
      cause: 'out_of_area',
      files: kept,
      message: `changed files that \`protect\` keeps from tasks whose own \`touches\` does not name them: ${shorten(kept)}`,
    };
  if (task.run !== undefined) return undefined;
  if (!work.hasChanges && !task.no_changes)
    return denied(execution, id, {
      kind: 'failed',
      cause: 'check',
      message: 'changed nothing (say `no_changes: true` if that is right)',
    });
  const unfinished = await branch.conflictMarkersIn(work);
  if (unfinished.length === 0) return undefined;
  return {kind: 'failed', cause: 'check', message: `left markers of a merge conflict in ${shorten(unfinished)}`};
}

function allowed(touches: readonly string[]): string {
  return `\`touches: [${touches.join(', ')}]\``;
}

function keptAt(
  {
    ledger: {
      state: {id},
    },
  }: Pick<Execution, 'ledger'>,
  {taskId: task, attempt}: AttemptId,
): string {
  return `its work is kept at \`${rescueRef({id, task, attempt})}\``;
}

/** Who was kept from a tool may have failed for that alone. */
export function denied(execution: Pick<Execution, 'ledger'>, id: TaskId, outcome: Outcome): Outcome {
  const [first, ...others] = runningTask(execution.ledger.state, id).claim?.denials ?? [];
  if (!first || outcome.kind !== 'failed') return outcome;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const why = `was not allowed ${first.tool} (${first.input})${more}; \`allow: [${JSON.stringify(first.allow)}]\` would permit it`;
  return {...outcome, cause: 'denied', message: `${outcome.message}; it ${why}`};
}

function shorten(files: readonly string[]): string {
  return `${files.slice(0, 5).join(', ')}${files.length > 5 ? ` and ${files.length - 5} more` : ''}`;
}
