import fs from 'node:fs';
import {movePlanFile} from '../projections/yaml.ts';
import type {OpenMilestone} from './open.ts';

/** Move a completed milestone's plan to `completed/`; the last thing that happens under the lock. */
export function moveToCompleted({paths, id}: OpenMilestone): void {
  movePlanFile(paths.active(id), paths.completed(id));
  fs.rmSync(paths.current, {force: true});
}

/** Finish the move of a milestone that its log calls completed. @returns Whether there was one to finish. */
export function finishMove(opened: OpenMilestone): boolean {
  if (opened.state.status !== 'completed' || opened.planFile !== opened.paths.active(opened.id)) return false;
  moveToCompleted(opened);
  return true;
}
