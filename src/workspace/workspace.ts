import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {MilestoneState} from '../state/milestone.ts';

/** Slot of who works somewhere else. */
export const NO_SLOT = -1;

/** One attempt, as far as the place where it works is concerned. */
export interface AttemptPlace {
  taskId: TaskId;
  attempt: number;
  slot: number;
}

/** Slots in which attempts work, or whose work an executor that is dead has left there; what is queued is kept by a ref. */
export function heldSlots({running, tasks}: Pick<MilestoneState, 'running' | 'tasks'>): number[] {
  return [...running].flatMap(id => {
    const task = tasks.get(id);
    return task?.status === 'in_progress' && !task.queued ? [task.slot] : [];
  });
}

/** A finished attempt's work, frozen: what is checked is what is integrated. */
export interface FrozenWork {
  tree: string;
  /** Names of all objects that the tree needs and the base has not, where they are known. */
  objects?: readonly string[];
  /** Commit that the work was made on. */
  base: string;
  /** Whether the tree differs from that of the base. */
  hasChanges: boolean;
  /** Paths that differ from the base, relative to the top of the repository. */
  changedFiles: readonly string[];
  /** What makes the work unfit as it is; what is right in it stays in the slot. */
  refused?: Outcome;
  /** The commit's message, where it is settled already. */
  message?: string;
}

export interface FreezeOptions {
  /** The commit's message as it stands now, for the user's hooks. */
  message: string;
  /** Folder in the home, relative to it, that the attempt may change; it is not in the tree. */
  documents?: string;
  /** Ends the attempt, and what git starts for it: filters, hooks. */
  signal: StopSignal;
}

/** The branch as it stands, or why nothing can be integrated. */
export type BranchHead = {kind: 'head'; commit: string} | {kind: 'rewritten'; message: string; hint: string};

/** A place for checks could not be set up. */
export class SetupFailed extends MilestoneError {
  constructor(readonly outcome: Outcome) {
    super('GIT_FAILED', `the slot for checks could not be set up: ${outcome.message}`);
  }
}

/** Where attempts work and how their work is kept. */
export interface Workspace {
  /** Whether every attempt has a folder of its own, with a copy of the home in it that is not the home. */
  readonly hasSlots: boolean;
  readonly isolation: 'worktree' | 'shared' | 'none';
  /** Before anything else is done there. */
  begin?(): Promise<void>;
  /** Folder that a slot's attempts and checks run in. */
  folderOf(slot: number): string;
  /**
   * Make a slot ready for an attempt, on the head of the branch. Undefined: nothing needs to be done.
   * @param from Attempts of the task, of which the first that left any work has it laid in.
   * @param isFinished It is finished work, of which nothing may be left out.
   */
  prepare(
    place: AttemptPlace,
    signal: StopSignal,
    from?: readonly number[],
    isFinished?: boolean,
  ): Promise<Outcome | undefined> | undefined;
  /**
   * Run a check of the whole on the head of the branch, with nobody else at work there; what it writes is taken away.
   * Absent where such checks have a folder of their own.
   * @returns Undefined when an attempt is at work: then nothing was run.
   * @throws {MilestoneError} `TREE_DIRTY`
   */
  checkInPlace?<Result>(check: (folder: string) => Promise<Result>): Promise<Result | undefined>;
  /** Whether files in the slot changed since the last call; what a silent attempt is judged by. */
  hasChanged(place: AttemptPlace): Promise<boolean>;
  /** Keep what an attempt that did not complete has left. */
  rescue(place: AttemptPlace): Promise<void>;
  /** What lies in a slot now was written by what the program runs there, and is of no worth. Absent: nobody keeps it. */
  noteLeft?(slot: number): Promise<void>;
  /** Keep what a running attempt has done so far. @returns The number of files and the commit, if there is anything. */
  checkpoint(place: AttemptPlace): Promise<{filesChanged: number; commit: string} | undefined>;
  /** How work gets onto the branch; undefined outside git. */
  readonly integration: Integration | undefined;
  /** Take away what belongs to this execution alone. */
  remove(): Promise<void>;
}

/** How finished work gets onto the milestone's branch. One caller at a time but for `freeze`. */
export interface Integration {
  readonly branch: string;
  freeze(place: AttemptPlace, options: FreezeOptions): Promise<FrozenWork>;
  /** Keep frozen work that is not integrated at the attempt's rescue ref. */
  keep(place: AttemptPlace, work: FrozenWork): Promise<void>;
  /** The whole change, as `git diff` writes it, at most so many bytes of it. */
  diffOf(work: FrozenWork): Promise<string>;
  /** The change of some of its files, without context; a renamed file is one. */
  shortDiffOf(work: FrozenWork, files: readonly string[]): Promise<string>;
  /** Files of the work that hold markers of a merge conflict, which they did not before. */
  conflictMarkersIn(work: FrozenWork): Promise<string[]>;
  /** Paths that a commit changed, relative to the top of the repository. */
  changedIn(commit: string): Promise<string[]>;
  /** The branch as it stands; a head that a person moved forward counts. */
  readHead(): Promise<BranchHead>;
  /** Let nobody remove the objects of frozen work while it is checked. */
  hold(place: AttemptPlace, work: FrozenWork): Promise<void>;
  /** Whether all objects of a tree that are not in its base are there still. */
  isWhole(work: Pick<FrozenWork, 'tree' | 'base' | 'objects'>): Promise<boolean>;
  /** `lost`: objects of the work are gone, and the merge is worth nothing. */
  merge(place: AttemptPlace, work: FrozenWork, head: string): Promise<MergedWork>;
  /**
   * Folder in which that tree lies checked out, for checks.
   * @throws {SetupFailed}
   */
  checkOut(tree: string, head: string): Promise<string>;
  /**
   * Folder in which that commit lies checked out, for checks.
   * @throws {SetupFailed}
   */
  checkOutCommit(commit: string): Promise<string>;
  commit(tree: string, parent: string, message: string): Promise<string>;
  /**
   * Move the branch, and the files of a checkout that has it checked out. `moved`: it does not stand at `from` any more.
   * Synced when it resolves.
   */
  advance(move: {to: string; from: string; place: AttemptPlace}): Promise<Advance>;
  /** Have the checkouts of the branch follow a move of it that is done; may be repeated. */
  follow(from: string, to: string): Promise<void>;
  /** Whether every checkout of the branch could follow it now. */
  canFollow(): Promise<boolean>;
  isIntegrated(commit: string): Promise<boolean>;
  /** The work of a commit that was made but did not get onto the branch; undefined when its objects are lost. */
  workOf(commit: string): Promise<FrozenWork | undefined>;
}

export type MergedWork =
  | {kind: 'merged'; tree: string; objects?: readonly string[]}
  | {kind: 'conflict'; files: string[]}
  | {kind: 'lost'};

export type Advance = {kind: 'advanced'} | {kind: 'moved'} | {kind: 'checked_out'; message: string; hint: string};
