import type {TaskId} from '../plan/plan.ts';
import {type Candidate, type Constraint, goesBefore, type ReadyGroup} from './choose-next.ts';

/**
 * The tasks that are ready to start, kept in order as the state changes: adding and taking cost the logarithm of their
 * number, so that no event costs more in a large plan. Tasks of one constraint share a group.
 */
export class ReadyQueue {
  private readonly groups = new Map<string, {constraint: Constraint; heap: Candidate[]}>();
  /** What counts; an entry of a heap that is not here any more is dropped when it comes up. */
  private readonly ready = new Map<TaskId, Candidate>();

  /** Add a task that became ready, in place of what the queue knew of it. */
  add(candidate: Candidate, constraint: Constraint): void {
    this.ready.set(candidate.id, candidate);
    const key = constraint.touches || constraint.uses ? JSON.stringify([constraint.touches, constraint.uses]) : '';
    let group = this.groups.get(key);
    if (!group) {
      group = {constraint, heap: []};
      this.groups.set(key, group);
    }
    push(group.heap, candidate);
  }

  /** Take a task out: it was started, or is not ready any more. */
  remove(id: TaskId): void {
    this.ready.delete(id);
  }

  get size(): number {
    return this.ready.size;
  }

  /** The best `count` tasks of every group, best first; they stay in the queue. */
  best(count: number): ReadyGroup[] {
    const groups: ReadyGroup[] = [];
    for (const [key, group] of this.groups) {
      const candidates: Candidate[] = [];
      while (candidates.length < count && group.heap.length > 0) {
        const candidate = pop(group.heap);
        if (this.ready.get(candidate.id) === candidate) candidates.push(candidate);
      }
      for (const candidate of candidates) push(group.heap, candidate);
      if (candidates.length > 0) groups.push({constraint: group.constraint, candidates});
      else this.groups.delete(key);
    }
    return groups;
  }
}

function push(heap: Candidate[], candidate: Candidate): void {
  let index = heap.length;
  heap.push(candidate);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!goesBefore(candidate, heap[parent] as Candidate)) break;
    heap[index] = heap[parent] as Candidate;
    index = parent;
  }
  heap[index] = candidate;
}

function pop(heap: Candidate[]): Candidate {
  const top = heap[0] as Candidate;
  const last = heap.pop() as Candidate;
  if (heap.length === 0) return top;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && goesBefore(heap[child + 1] as Candidate, heap[child] as Candidate)) child++;
    if (!goesBefore(heap[child] as Candidate, last)) break;
    heap[index] = heap[child] as Candidate;
    index = child;
  }
  heap[index] = last;
  return top;
}
