import fs from 'node:fs';
import {removeSlots} from '../git/slots.ts';
import {renderPlan} from '../milestone/layout.ts';
import {resolveMilestoneSettings} from '../milestone/settings.ts';
import {stateFields} from '../projections/state-fields.ts';
import {movePlanFile, PlanFileWriter} from '../projections/yaml.ts';
import type {OpenMilestone} from './open.ts';

/** Move a completed milestone's plan to `completed/`; the last thing that happens under the lock. */
export function moveToCompleted({paths, id}: OpenMilestone): void {
  movePlanFile(paths.active(id), paths.completed(id));
  fs.rmSync(paths.current, {force: true});
}

/**
 * Finish what a crash kept an execution from: its log says completed, but its plan file or its slots do not follow yet.
 * What was cancelled may have attempts that go on; `doctor --repair` ends them and removes its slots.
 * @returns Whether the milestone was complete and its plan had to be moved.
 */
export async function finishMove(opened: OpenMilestone): Promise<boolean> {
  const {state, planFile, paths, id, read, repo} = opened;
  if (state.status !== 'completed' || planFile !== paths.active(id)) return false;
  if (read.layout)
    await new PlanFileWriter(planFile, read.text).write(renderPlan(read.text, read.layout, stateFields(state)));
  const {workspace} = resolveMilestoneSettings(state.plan.settings, read.config.settings);
  if (repo && state.activation?.isolation === 'worktree') await removeSlots(repo, workspace.root, id);
  moveToCompleted(opened);
  return true;
}
