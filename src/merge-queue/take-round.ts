// A round of the merge queue:
//
//   lay the works on the head, one after the other ─> check what comes out ─> task_integrating of all ─> move the branch
//     ─> task_completed of all
//
// M1. The branch moves only to what was checked, and only by compare-and-swap from the head that it was laid on.
// M2. `task_integrating` of all is on disk before the branch moves, `task_completed` only after the branch is synced.
// M3. A round that is stopped, or whose head has moved, changes nothing: what was in it waits for the next.

import {completion, giveUp} from '../attempt/attempt-end.ts';
import {voidIfChanged} from '../attempt/void-changed.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {NewEvent} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import type {TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {findingOf, type Suspects} from '../scheduler/merge-round.ts';
import type {Branch, BranchBlocker} from '../workspace/workspace.ts';
import {checkRound, concerns} from './check-round.ts';
import {type Laid, layWorks, type Member, type Stack} from './lay-works.ts';

export interface Round {
  branch: Branch;
  /** In the order of their claims. */
  members: readonly Member[];
  /** Head of the branch. */
  onto: string;
  suspects: Suspects | undefined;
  /** Aborts when one of the members is to leave the queue, or all are to stop. */
  signal: StopSignal;
  /** Told of what keeps the branch from being moved. */
  onClosed(blocker: BranchBlocker): Promise<void>;
}

/** Take works onto the branch together, or find who is to blame that they cannot be. @returns Who is suspected now. */
export async function takeRound(execution: Execution, round: Round): Promise<Suspects | undefined> {
  const {branch, onto, signal, suspects} = round;
  const stack = await layWorks(execution, round);
  const {laid, tip} = stack;
  if (laid.length === 0 || signal.aborted) return suspects;
  const verdict = await checkRound(execution, {branch, stack, signal});
  if (verdict.kind === 'stopped') return suspects;
  const tasks = laid.map(({place}) => place.taskId);
  const red = verdict.kind === 'red' ? verdict.red : [];
  const asks = (task: string, command: string) => concerns(execution, task, command);
  const found = findingOf({onto, tip, tasks, red}, suspects, asks);
  if (verdict.kind === 'green') return (await integrate(execution, round, stack)) ? found.suspects : suspects;
  const blamed = laid.find(({place}) => place.taskId === found.blamed);
  if (blamed)
    await giveUp(
      execution,
      blamed.place,
      namingOthers(verdict.outcome, blamed, suspects?.onto === onto ? suspects.together : []),
      blamed.work,
    );
  return found.suspects;
}

/** Its own checks were green: who was with it may be why they are not any more. */
function namingOthers(outcome: Outcome, {place}: Laid, together: readonly TaskId[]): Outcome {
  const others = together.filter(task => task !== place.taskId);
  if (outcome.kind !== 'failed' || others.length === 0) return outcome;
  const more = others.length > OTHERS_NAMED ? ` and ${others.length - OTHERS_NAMED} more` : '';
  const named = others.slice(0, OTHERS_NAMED).map(task => `\`${task}\``);
  return {...outcome, message: `${outcome.message}, merged in a round with ${named.join(', ')}${more}`};
}

const OTHERS_NAMED = 5;

/** @returns False when something has changed meanwhile: then all is to be looked at anew. */
async function integrate(execution: Execution, round: Round, stack: Stack): Promise<boolean> {
  const {branch, signal} = round;
  const {laid, onto, tip} = stack;
  if (signal.aborted || (await haveVoided(execution, laid))) return false;
  const moved = laid.filter(isMerged);
  if (moved.length > 0) {
    // Nothing held what was merged while it was checked.
    if (!(await branch.isWhole({tree: tip, base: onto}))) return false;
    if (signal.aborted) return false;
    execution.ledger.record(...moved.map(one => integrating(one, stack)));
    await execution.ledger.durable();
    const advance = await branch.advance({from: onto, to: tip, places: moved.map(({place}) => place)});
    if (advance.kind === 'checked_out') await round.onClosed(advance.blocker);
    if (advance.kind !== 'advanced') return false;
  }
  const done: NewEvent[] = [];
  for (const {place, commit} of laid) done.push(...(await completion(execution, place, {checks: [], commit, tip})));
  execution.ledger.record(...done);
  return true;
}

/** Documents may have changed while the checks ran. */
async function haveVoided(execution: Execution, laid: readonly Laid[]): Promise<boolean> {
  let areThere = false;
  for (const {place, work} of laid) {
    const voided = voidIfChanged(execution, place.taskId);
    if (!voided) continue;
    areThere = true;
    await giveUp(execution, place, voided, work);
  }
  return areThere;
}

function isMerged(laid: Laid): laid is Laid & {commit: string} {
  return laid.commit !== undefined;
}

function integrating({place, commit}: Laid & {commit: string}, {onto, tip}: Stack): NewEvent {
  return {event: 'task_integrating', details: {task_id: place.taskId, attempt: place.attempt, commit, onto, tip}};
}
