import fs from 'node:fs';
import type {OpenMilestone, OpenOptions} from '../milestone/open-milestone.ts';
import {withLog} from '../milestone/with-milestone.ts';
import {renderPlan} from '../plan/layout.ts';
import {readIfExists} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {movePlanFile, PlanFileWriter} from '../projections/plan-file-writer.ts';
import {stateFields} from '../projections/state-fields.ts';
import {milestoneToken} from '../state/milestone.ts';
import {type GroundOptions, prepareGround} from './prepare-execution.ts';

/** Move a completed milestone's plan to `completed/`; the last thing that happens under the lock. */
export function moveToCompleted({paths, id}: OpenMilestone): void {
  // First, so that it is on disk with the move; it may name another that was activated since.
  if (readIfExists(paths.current)?.trim() === id) fs.rmSync(paths.current, {force: true});
  movePlanFile(paths.active(id), paths.completed(id));
}

/** What finishing a move needs where slots are still to be torn down. */
export interface FinishOptions
  extends Pick<GroundOptions, 'callerEnv' | 'warn' | 'signal'>,
    Pick<OpenOptions, 'readPlan'> {
  /** End a teardown. */
  signals?: Signals;
}

/**
 * Finish what a crash kept an execution from: its log says completed, but its plan file or its slots do not follow yet.
 * What was cancelled may have attempts that go on; `doctor --repair` ends them and removes its slots.
 * @returns Whether the milestone was complete and its plan had to be moved.
 */
export async function finishMove(opened: OpenMilestone, options: FinishOptions): Promise<boolean> {
  const {state, planFile, paths, id, read, repo, clock} = opened;
  if (state.status !== 'completed' || planFile !== paths.active(id)) return false;
  if (read.layout)
    await new PlanFileWriter(planFile, read.text).write(renderPlan(read.text, read.layout, stateFields(state)));
  // What tore slots down may have outlived its executor.
  await endLeftovers(new Set([milestoneToken(state)]), clock);
  if (repo && state.activation?.isolation === 'worktree') await removeWorkspace(opened, options);
  moveToCompleted(opened);
  return true;
}

/** Tear down the slots that are still there, and remove them. */
function removeWorkspace(opened: OpenMilestone, options: FinishOptions): Promise<void> {
  return withLog(opened, options, async log => {
    const {attempts, workspace} = prepareGround(opened, log, options);
    const stopListening = options.signals?.listen(name =>
      attempts.interruptAll({
        kind: 'interrupted',
        message: `was interrupted by ${name}`,
        executor_died: false,
      }),
    );
    try {
      await workspace.remove();
    } finally {
      stopListening?.();
    }
  });
}
