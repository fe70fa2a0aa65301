// Which works the merge queue takes together, and how it finds the one that makes a round red:
//
//   waiting ──> round: the first `batch` of them ──> green: integrated
//                   ^                                 red, of one: it is its own fault
//                   │                                 red, of more: they are suspects
//                   └── the first half of the suspects <──┘
//                         green: integrated, and the other half is what was red; red: they are the suspects
//
// R1. Only who is red alone, on a head that is checked, is blamed.
// R2. The suspects are halved without another check of the whole: what was red is their tree still.
// R3. Whoever is no suspect any more waits again, before those who came later.

import type {TaskId} from '../plan/plan.ts';

/** Works that were red together; or the last of them, red on top of the others. */
export interface Suspects {
  /** Head that they were laid on, in this order. */
  onto: string;
  tasks: readonly TaskId[];
  /** The commands that were red. */
  red: readonly string[];
  /** All that were in the round that was halved. */
  together: readonly TaskId[];
}

/** What was found of a round. */
export interface CheckedRound {
  onto: string;
  /** Commit that was checked, which is the head from now on if it was green. */
  tip: string;
  tasks: readonly TaskId[];
  /** The commands that were red; none: it is integrated. */
  red: readonly string[];
}

/** What is known once a round was checked. */
export interface Finding {
  /** Who was red alone. */
  blamed?: TaskId;
  suspects?: Suspects;
}

/**
 * The works to take next.
 * @param waiting All that wait, in the order of their claims.
 * @param batch At most so many.
 */
export function nextRound(
  waiting: readonly TaskId[],
  {batch, head, suspects}: {batch: number; head: string; suspects: Suspects | undefined},
): readonly TaskId[] {
  if (!suspects || !stillApplies(suspects, waiting, head)) return waiting.slice(0, batch);
  return suspects.tasks.slice(0, Math.ceil(suspects.tasks.length / 2));
}

/**
 * What follows from the checks of a round.
 * @param suspects Those that the round was half of, if it was.
 * @param concerns Whether a command is among the checks of a work.
 */
export function findingOf(
  round: CheckedRound,
  suspects: Suspects | undefined,
  concerns: (task: TaskId, command: string) => boolean,
): Finding {
  const {onto, tip, tasks, red} = round;
  const isHalf = suspects?.onto === onto && tasks.every(task => suspects.tasks.includes(task));
  if (red.length > 0) {
    const [only] = tasks;
    if (tasks.length === 1 && only !== undefined) return {blamed: only};
    return {suspects: {onto, tasks, red, together: isHalf ? suspects.together : tasks}};
  }
  if (!suspects || suspects.onto !== onto) return {};
  const rest = suspects.tasks.filter(task => !tasks.includes(task));
  // Nobody asks any more for what only those were checked by who are integrated.
  const stillAsked = suspects.red.filter(command => rest.some(task => concerns(task, command)));
  return stillAsked.length > 0 ? {suspects: {...suspects, onto: tip, tasks: rest, red: stillAsked}} : {};
}

/** Whether the suspects are what was red still: none is gone, and they would be laid on what they were laid on. */
function stillApplies({onto, tasks}: Suspects, waiting: readonly TaskId[], head: string): boolean {
  return onto === head && tasks.every(task => waiting.includes(task));
}
