import {giveUp} from '../attempt/attempt-end.ts';
import {completeUnmerged} from '../attempt/claim/complete-unmerged.ts';
import {voidIfChanged} from '../attempt/void-changed.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {PRUNED_WORK} from '../workspace/freezer.ts';
import type {AttemptPlace, Branch, LaidWork, QueuedWork} from '../workspace/workspace.ts';

/** A task of a round. */
export interface Member {
  place: AttemptPlace;
  /** Absent where there is nothing to merge. */
  work: QueuedWork | undefined;
}

/** A work as it lies on those before it. */
export interface Laid extends Member {
  /** Its commit; absent where there is nothing to merge. */
  commit?: string;
}

/** Works on top of each other, in commits that no branch has yet. */
export interface Stack {
  onto: string;
  /** The last commit; `onto` where nobody has anything to merge. */
  tip: string;
  laid: readonly Laid[];
}

/**
 * Lay works on a commit, one after the other, each in a commit of its own. Who conflicts with those before him is left
 * out, and waits for the next round; who conflicts with the head itself ends, and so does who has nothing to do here. Where
 * a merge went wrong, that work ends, and those after it wait for the next round, too.
 */
export async function layWorks(
  execution: Execution,
  {branch, members, onto}: {branch: Branch; members: readonly Member[]; onto: string},
): Promise<Stack> {
  const laid: Laid[] = [];
  const merges: Array<LaidWork & Laid> = [];
  let tip = onto;
  for (const member of members) {
    const {place, work} = member;
    if (!work && place.slot !== undefined) {
      await completeUnmerged(execution, place, []);
      continue;
    }
    const voided = voidIfChanged(execution, place.taskId);
    if (voided) {
      await giveUp(execution, place, voided, work);
      continue;
    }
    if (!work) {
      laid.push(member);
      continue;
    }
    const merged = await branch.merge(place, work, tip);
    if (merged.kind === 'merged') {
      const commit = await branch.commit(merged.tree, tip, work.message);
      if (tip !== work.base) merges.push({place, work, commit});
      laid.push({...member, commit});
      tip = commit;
    } else if (merged.kind === 'lost') await giveUp(execution, place, PRUNED_WORK);
    else {
      const alone = tip === onto ? merged : await branch.merge(place, work, onto);
      if (alone.kind === 'conflict') await giveUp(execution, place, conflict(alone.files), work);
      else if (alone.kind === 'lost') await giveUp(execution, place, PRUNED_WORK);
    }
  }
  const lost = await branch.firstLost(merges);
  if (!lost) return {onto, tip, laid};
  await giveUp(execution, lost.place, PRUNED_WORK);
  const sound = laid.slice(
    0,
    laid.findIndex(({commit}) => commit === lost.commit),
  );
  return {onto, tip: sound.findLast(({commit}) => commit !== undefined)?.commit ?? onto, laid: sound};
}

function conflict(files: readonly string[]): Outcome {
  const named = files.slice(0, 5).join(', ');
  return {kind: 'conflict', files: [...files], message: `conflicts with what was integrated meanwhile: ${named}`};
}
