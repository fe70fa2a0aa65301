import {MilestoneError} from '../errors.ts';
import type {BlockerType} from '../events/details/blocker.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {AttemptId} from '../state/task.ts';

/** An attempt, and where it works. */
export interface AttemptPlace extends AttemptId {
  /** Undefined for work by hand: nobody knows where a person works. */
  slot: number | undefined;
}

/** One that the program makes, not a person. */
export interface AttemptInSlot extends AttemptPlace {
  slot: number;
}

/** Slots in which attempts work, or whose work an executor that is dead has left there; what is queued is kept by a ref. */
export function occupiedSlots({running, tasks}: Pick<MilestoneState, 'running' | 'tasks'>): number[] {
  return [...running].flatMap(id => {
    const task = tasks.get(id);
    return task?.status === 'in_progress' && task.slot !== undefined && !task.queued ? [task.slot] : [];
  });
}

/** Frozen work that waits to be merged. */
export interface QueuedWork extends FrozenWork {
  /** The commit that holds it. */
  commit: string;
  message: string;
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
  /** Checks run in its folder next; what they leave there is looked at when they have ended. */
  isChecked: boolean;
  /** Ends the attempt, and what git starts for it: filters, hooks. */
  signal: StopSignal;
}

/** What is wrong with the branch, not with a task. */
export interface BranchBlocker {
  type: BlockerType & `branch_${string}`;
  message: string;
  hint: string;
}

/** The branch as it stands, or why nothing can be integrated. */
export type BranchHead = {kind: 'head'; commit: string} | {kind: 'rewritten'; blocker: BranchBlocker};

/** A place for checks could not be set up. */
export class SetupFailed extends MilestoneError {
  constructor(readonly outcome: Outcome) {
    super('GIT_FAILED', `the slot for checks could not be set up: ${outcome.message}`);
  }
}

/** What an attempt starts from. */
export interface Origin {
  /** Attempts of the task, of which the first that left any work has it laid in. */
  attempts: readonly number[];
  /** It is finished work, of which nothing may be left out. */
  isFinished: boolean;
}

/** Where one attempt works. */
export interface Workplace {
  /** In which it, and what checks its work, runs. */
  readonly folder: string;
  /** The home, as who works there sees it: a copy, where the folder is the attempt's own. */
  readonly home: string;
  /**
   * Freeze what the attempt has done: it is kept from then on, and nobody removes its objects.
   * @returns Undefined outside git.
   */
  freeze(options: FreezeOptions): Promise<FrozenWork | undefined>;
  /** Keep what an attempt that did not complete has left: as it was frozen, where it was. */
  keep(work?: FrozenWork): Promise<void>;
  /** What is wanted of it is done. What lies beside that does not stay where others work. */
  leave(): Promise<void>;
  /**
   * Make it ready for the next one: its frozen work goes on without it, and the checks that ran there last have just ended.
   * What they have left need not have been looked at.
   * @param signal Has it stop there.
   */
  vacate?(signal: StopSignal): Promise<void>;
  /** Whether files changed since the last call; what a silent attempt is judged by. */
  hasChanged(): Promise<boolean>;
  /** Keep what a running attempt has done so far. @returns The number of files and the commit, if there is anything. */
  checkpoint(): Promise<{filesChanged: number; commit: string} | undefined>;
}

/** Where attempts work, and how their work gets onto the branch. */
export interface Workspace {
  /** Number of the merge queue's own slot. It stays when `max_parallel` changes: attempts keep theirs, too. */
  readonly mergeSlot: number;
  /** Before anything else is done there. */
  begin?(): Promise<void>;
  /** The place of an attempt that is under way, or that an executor which is dead had begun. */
  workplaceOf(place: AttemptPlace): Workplace;
  /**
   * Make slots in which nobody works ready for those who will, on the head of the branch.
   * @param signal Has it stop there.
   */
  makeReady?(slots: readonly number[], signal: StopSignal): Promise<void>;
  /** Make the place of an attempt ready, on the head of the branch. @returns What keeps it from that. */
  open(place: AttemptPlace, from: Origin, signal: StopSignal): Promise<Workplace | {refused: Outcome}>;
  /**
   * Run a check of the whole where a commit lies checked out; the caller has the merge queue to himself.
   * @param commit Undefined outside git. In a checkout that is shared it is the head of the branch, whatever is asked for.
   * @returns Undefined when an attempt is at work in the only place there is: then nothing was run.
   * @throws {MilestoneError} `TREE_DIRTY`
   */
  checkAt<Result>(commit: string | undefined, check: (folder: string) => Promise<Result>): Promise<Result | undefined>;
  /** What lies in a slot now was written by what the program runs there, and is of no worth. */
  noteLeft(slot: number): Promise<void>;
  /** Undefined outside git. */
  readonly branch: Branch | undefined;
  /** Take away what belongs to this execution alone. */
  remove(): Promise<void>;
}

/** The milestone's branch, and how finished work gets onto it. One caller at a time. */
export interface Branch {
  readonly name: string;
  /** The whole change, as `git diff` writes it, at most so many bytes of it. */
  diffOf(work: FrozenWork): Promise<string>;
  /** The change of some of its files, without context; a renamed file is one. */
  shortDiffOf(work: FrozenWork, files: readonly string[]): Promise<string>;
  /** Files of the work that hold markers of a merge conflict, which they did not before. */
  conflictMarkersIn(work: FrozenWork): Promise<string[]>;
  /** Paths that a commit changed, relative to the top of the repository. */
  changedIn(commit: string): Promise<string[]>;
  /** The branch as it stands; a head that a person moved forward counts. */
  head(): Promise<BranchHead>;
  /** Whether all objects of a tree that are not in its base are there still. */
  isWhole(work: Pick<FrozenWork, 'tree' | 'base' | 'objects'>): Promise<boolean>;
  /**
   * Pin frozen work, as it is from its freezing on, by a commit that says what is to be said of it.
   * @returns That commit.
   */
  pin(place: AttemptPlace, work: FrozenWork, message: string): Promise<string>;
  /** `lost`: objects of the work are gone, and the merge is worth nothing. */
  merge(place: AttemptPlace, work: QueuedWork, head: string): Promise<MergedWork>;
  /**
   * Of merged works, each a commit on top of the one before, the first whose merge took away more than the work did: git
   * takes what it cannot find for empty.
   */
  firstLost<Work extends LaidWork>(laid: readonly Work[]): Promise<Work | undefined>;
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
  advance(move: BranchMove): Promise<Advance>;
  /** Have the checkouts of the branch follow a move of it that is done; may be repeated. */
  follow(from: string, to: string): Promise<void>;
  /** Whether every checkout of the branch could follow it now. */
  canFollow(): Promise<boolean>;
  isIntegrated(commit: string): Promise<boolean>;
  /** The work that a commit holds; undefined when its objects are lost. */
  workOf(commit: string): Promise<QueuedWork | undefined>;
}

/** A move of the branch that takes the work of some attempts onto it. */
export interface BranchMove {
  from: string;
  to: string;
  places: readonly AttemptPlace[];
}

/** A work as it was merged. */
export interface LaidWork {
  work: QueuedWork;
  commit: string;
}

export type MergedWork = {kind: 'merged'; tree: string} | {kind: 'conflict'; files: string[]} | {kind: 'lost'};

export type Advance = {kind: 'advanced'} | {kind: 'moved'} | {kind: 'checked_out'; blocker: BranchBlocker};
