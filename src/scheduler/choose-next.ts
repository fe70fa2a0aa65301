// Which attempts to start now. Dataflow, not waves: whatever may run does, longest remaining path first.

import {areasOverlap} from '../plan/areas.ts';
import type {TaskId} from '../plan/plan.ts';

/** What keeps tasks apart: areas of files, named mutual exclusion. */
export interface Constraint {
  /** Globs; absent overlaps nothing. */
  touches?: readonly string[];
  /** Names of which only one user runs at a time. */
  uses?: readonly string[];
}

/** A task that is ready to start. */
export interface Candidate {
  id: TaskId;
  /** Length of the longest chain from the task to the end of the plan; longer goes first. */
  remaining: number;
  /** Place in the plan; decides between equals. */
  order: number;
  /** To be started only when nothing else runs. */
  alone?: boolean;
}

/** Ready tasks that share one constraint, best first; at least as many as there are free places, when there are. */
export interface ReadyGroup {
  constraint: Constraint;
  candidates: readonly Candidate[];
}

export interface RunningAttempt {
  constraint: Constraint;
  alone?: boolean;
}

export interface SchedulerSnapshot {
  /** How many more may run. */
  room: number;
  running: readonly RunningAttempt[];
  ready: readonly ReadyGroup[];
  /** Names that another milestone of this repository uses at the moment. */
  usedElsewhere: ReadonlySet<string>;
}

/** The tasks to start now, best first. Pure: the same snapshot gives the same answer. */
export function chooseNext(snapshot: SchedulerSnapshot): TaskId[] {
  const running = [...snapshot.running];
  const taken = new Map<ReadyGroup, number>();
  const chosen: TaskId[] = [];
  while (chosen.length < snapshot.room && !running.some(attempt => attempt.alone)) {
    const group = bestGroup(snapshot, running, taken);
    if (!group) break;
    const candidate = group.candidates[taken.get(group) ?? 0] as Candidate;
    taken.set(group, (taken.get(group) ?? 0) + 1);
    running.push({constraint: group.constraint, ...(candidate.alone && {alone: true})});
    chosen.push(candidate.id);
  }
  return chosen;
}

/** Whether `a` is to be started before `b`. */
export function goesBefore(a: Candidate, b: Candidate): boolean {
  return a.remaining === b.remaining ? a.order < b.order : a.remaining > b.remaining;
}

function bestGroup(
  snapshot: SchedulerSnapshot,
  running: readonly RunningAttempt[],
  taken: ReadonlyMap<ReadyGroup, number>,
): ReadyGroup | undefined {
  let best: {group: ReadyGroup; candidate: Candidate} | undefined;
  for (const group of snapshot.ready) {
    const candidate = group.candidates[taken.get(group) ?? 0];
    if (!candidate || (best && !goesBefore(candidate, best.candidate))) continue;
    if (candidate.alone && running.length > 0) continue;
    if (!isFree(group.constraint, running, snapshot.usedElsewhere)) continue;
    best = {group, candidate};
  }
  return best?.group;
}

function isFree(
  constraint: Constraint,
  running: readonly RunningAttempt[],
  usedElsewhere: ReadonlySet<string>,
): boolean {
  if (constraint.uses?.some(name => usedElsewhere.has(name))) return false;
  return running.every(
    other =>
      !constraint.uses?.some(name => other.constraint.uses?.includes(name)) &&
      !areasOverlap(constraint.touches, other.constraint.touches),
  );
}
