import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {TaskId} from '../milestone/plan.ts';
import type {Clock} from '../platform/clock.ts';
import type {Identity} from '../platform/identity.ts';
import {acquireLock, type Lock} from './lock.ts';

/** Named mutual exclusion (`uses`) over all milestones of a repository: one lock for each name. */
export class Uses {
  private readonly held = new Map<TaskId, Lock[]>();
  private busy = new Set<string>();

  /** @param folder Of all locks of the repository. */
  constructor(
    private readonly folder: string,
    private readonly identity: Identity,
    private readonly clock: Clock,
    private readonly sessionId: string,
  ) {}

  /** Names that another milestone held when they were last wanted. */
  get busyElsewhere(): ReadonlySet<string> {
    return this.busy;
  }

  /** Forget what was busy: it may be free by now. */
  lookAgain(): void {
    this.busy = new Set();
  }

  /** Take all names for a task, or none. @returns False when one of them is busy. */
  take(task: TaskId, names: readonly string[]): boolean {
    if (names.length === 0) return true;
    const taken: Lock[] = [];
    for (const name of names) {
      try {
        taken.push(this.lock(name));
      } catch (error) {
        for (const lock of taken) lock.release();
        if (!(error instanceof MilestoneError) || error.code !== 'LOCKED') throw error;
        this.busy = new Set([...this.busy, name]);
        return false;
      }
    }
    this.held.set(task, taken);
    return true;
  }

  /** The task does not run any more. */
  release(task: TaskId): void {
    for (const lock of this.held.get(task) ?? []) lock.release();
    this.held.delete(task);
  }

  releaseAll(): void {
    for (const task of [...this.held.keys()]) this.release(task);
  }

  private lock(name: string): Lock {
    const folder = path.join(this.folder, 'uses', encodeURIComponent(name).replaceAll('.', '%2E'));
    return acquireLock(folder, {
      purpose: 'execute',
      identity: this.identity,
      clock: this.clock,
      sessionId: this.sessionId,
    });
  }
}
