import path from 'node:path';
import type {ExecutionContext} from './context.ts';

/** The copy of the home in a slot; the home itself where attempts have no slots of their own, or no slot at all. */
export function slotHomeOf({workspace, paths}: Pick<ExecutionContext, 'workspace' | 'paths'>, slot: number): string {
  if (!workspace.hasSlots || slot < 0) return paths.home;
  return path.join(workspace.folderOf(slot), path.basename(paths.home));
}
