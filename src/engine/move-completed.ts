import fs from 'node:fs';
import type {HeldMilestone} from '../milestone/hold.ts';
import {folderNumber, readIfExists} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {movePlanFile} from '../projections/plan-file-writer.ts';
import {leftBehind} from '../state/left-behind.ts';
import {type GroundOptions, onGround} from './prepare-execution.ts';

/** Move a completed milestone's plan to `completed/`; the last thing that happens under the lock. */
export function moveToCompleted({paths, id}: HeldMilestone): void {
  // First, so that it is on disk with the move; it may name another that was activated since.
  if (readIfExists(paths.current)?.trim() === id) fs.rmSync(paths.current, {force: true});
  movePlanFile(paths.active(id), paths.completed(id));
}

/** What finishing a move needs where slots are still to be torn down. */
export interface FinishOptions extends Pick<GroundOptions, 'callerEnv' | 'warn' | 'signal'> {
  /** End a teardown. */
  signals?: Signals;
}

/**
 * Finish what a crash kept an execution from: its log says completed, but its plan file or its slots do not follow yet.
 * What was cancelled may have attempts that go on; `doctor --repair` ends them and removes its slots.
 * @returns Whether the milestone was complete and its plan had to be moved.
 */
export async function finishMove(held: HeldMilestone, options: FinishOptions): Promise<boolean> {
  const {state, planFile, paths, id, repo, clock} = held;
  if (state.status !== 'completed' || planFile !== paths.active(id)) return false;
  held.openLog();
  // What tore slots down may have outlived its executor.
  await endLeftovers(new Set(leftBehind(state, folderNumber(paths.home)).milestone), clock);
  if (repo && state.activation?.isolation === 'worktree') await removeWorkspace(held, options);
  await held.flush();
  moveToCompleted(held);
  return true;
}

/** Tear down the slots that are still there, and remove them. */
async function removeWorkspace(held: HeldMilestone, options: FinishOptions): Promise<void> {
  await onGround(held, options, async ({attempts, workspace}) => {
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
