import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {TaskId} from '../plan/plan.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {acquireLock, type Lock, type LockOptions, readLockOwner} from './lock.ts';
import {tokensLeftBy} from './lock-holder.ts';

/** Named mutual exclusion (`uses`) over all milestones of a repository: one lock for each name. */
export class Uses {
  private readonly held = new Map<TaskId, Lock[]>();
  private busy = new Set<string>();
  /** Tokens of executors that are dead, whose processes have been ended or are just being. */
  private readonly cleared = new Set<string>();
  private readonly clearing = new Set<string>();
  private onCleared: () => void = () => undefined;

  /** @param folder Of all locks of the repository. */
  constructor(
    private readonly folder: string,
    private readonly options: Pick<LockOptions, 'identity' | 'clock' | 'sessionId' | 'takeOver'>,
  ) {}

  /** Names that another milestone held when they were last wanted. */
  get busyElsewhere(): ReadonlySet<string> {
    return this.busy;
  }

  /** Forget what was busy: it may be free by now. */
  forgetBusy(): void {
    this.busy = new Set();
  }

  /** Be told when names may have become free that this process has cleared. */
  whenCleared(listener: () => void): void {
    this.onCleared = listener;
  }

  /** Take all names for a task, or none. @returns False when one of them is busy. */
  take(task: TaskId, names: readonly string[]): boolean {
    if (names.length === 0) return true;
    const taken: Lock[] = [];
    for (const name of names) {
      const lock = this.lock(name);
      if (lock) {
        taken.push(lock);
        continue;
      }
      for (const other of taken) other.release();
      this.busy = new Set([...this.busy, name]);
      return false;
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

  /** Undefined while another has it, or what a dead one has left may still use it. */
  private lock(name: string): Lock | undefined {
    const folder = path.join(this.folder, 'uses', encodeURIComponent(name).replaceAll('.', '%2E'));
    const left = tokensLeftBy(readLockOwner(folder, this.options.identity), folder);
    if ([...left].some(token => !this.cleared.has(token))) {
      this.clear(left);
      return undefined;
    }
    try {
      return acquireLock(folder, {...this.options, purpose: 'execute'});
    } catch (error) {
      if (error instanceof MilestoneError && error.code === 'LOCKED') return undefined;
      throw error;
    }
  }

  private clear(tokens: ReadonlySet<string>): void {
    if ([...tokens].every(token => this.clearing.has(token))) return;
    for (const token of tokens) this.clearing.add(token);
    endLeftovers(tokens, this.options.clock).then(
      () => {
        for (const token of tokens) this.cleared.add(token);
        this.onCleared();
      },
      () => {
        for (const token of tokens) this.clearing.delete(token); // the next look tries again
      },
    );
  }
}
