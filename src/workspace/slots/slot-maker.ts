import {fillSubmodules, unfilledText} from '../../git/fill-submodules.ts';
import {type Repository, withPatience} from '../../git/git.ts';
import {slotRoot} from '../../git/slot-folders.ts';
import type {Clock} from '../../platform/clock.ts';
import type {Patience} from '../../platform/processes/run-git.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import {SerialQueue} from '../../platform/serial-queue.ts';
import type {BranchHead} from '../workspace.ts';
import type {SlotKeeper} from './keep-slot.ts';
import {mendRegistrations} from './mend-slots.ts';
import {type KnownSlot, type PreparedSlot, prepareSlot} from './prepare-slot.ts';
import type {SlotFinder} from './slot-finder.ts';
import {preparedAt} from './slot-notes.ts';
import type {SlotSetup} from './slot-setup.ts';

export interface SlotMakerParts {
  repo: Repository;
  milestoneId: string;
  home: string;
  /** `workspace.root`. */
  root: string | undefined;
  /** Remove ignored files before every attempt. */
  fresh: boolean;
  /** `workspace.submodules`. */
  fillsSubmodules: boolean;
  clock: Clock;
  setup: SlotSetup;
  /** How long a git may take that reads files, and what ends it before. */
  patience?(): Patience;
  warn(message: string): void;
  /** All that belongs to no attempt and lay in a slot is at a ref from now on. */
  onSlotKept(slot: number, ref: string): void;
}

/** Makes the slots of one milestone ready, some of them before anybody has asked for them. */
export class SlotMaker {
  /** What was said of submodules that stay empty. */
  private readonly saidEmpty = new Set<string>();
  /** By number, those that are made ready, or are going to be, before anybody has asked for them. */
  private readonly early = new Map<number, MadeEarly>();

  constructor(
    private readonly parts: SlotMakerParts,
    private readonly slots: SlotFinder,
    private readonly head: () => Promise<BranchHead>,
  ) {}

  /**
   * Make slots in which nobody works ready, one after the other.
   * @param signal Has it stop there.
   */
  async makeEarly(numbers: readonly number[], signal: StopSignal): Promise<void> {
    const making = new SerialQueue();
    await Promise.all(
      numbers.map(number => this.note(number, () => making.run(() => this.makeOnHead(number, signal)))),
    );
  }

  /** The same for a slot that an attempt has just left, with nothing of worth in it. */
  vacate(number: number, signal: StopSignal): Promise<void> {
    return this.note(number, () => this.makeOnHead(number, signal, 'worthless'));
  }

  private async note(number: number, make: () => Promise<PreparedSlot | undefined>): Promise<void> {
    const made = make();
    const early: MadeEarly = {made: made.catch(() => undefined), isOver: false};
    // At once: who is given the slot meanwhile waits for it.
    this.early.set(number, early);
    await made.finally(() => {
      early.isOver = true;
    });
  }

  private async makeOnHead(number: number, signal: StopSignal, known?: KnownSlot): Promise<PreparedSlot | undefined> {
    const head = await this.head();
    return head.kind === 'head' && !signal.aborted ? this.makeUntil(signal, number, head.commit, known) : undefined;
  }

  /**
   * A slot at a commit. Who waits while it is made ready gets it as it is then: nobody else can have been there.
   * @returns `undefined` when the signal ended it.
   */
  async take(number: number, commit: string, signal: StopSignal): Promise<PreparedSlot | undefined> {
    const early = this.early.get(number);
    this.early.delete(number);
    const isWaitedFor = early?.isOver === false;
    const made = await early?.made;
    if (isWaitedFor && made && preparedAt(made.slot) === commit) return made;
    return this.makeUntil(signal, number, commit, made && 'unused');
  }

  private async makeUntil(signal: StopSignal, number: number, commit: string, known?: KnownSlot) {
    try {
      return await this.make(number, commit, {signal, known});
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /**
   * A slot at a commit, without a look at what was made early.
   * @param signal Ends the git that is under way; undefined: a hurry does.
   * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
   */
  async make(
    number: number,
    commit: string,
    {signal, known}: {signal?: StopSignal; known?: KnownSlot | undefined} = {},
  ): Promise<PreparedSlot> {
    const {repo, root, home, fresh} = this.parts;
    const given = this.parts.patience?.();
    // A large worktree may take its time.
    const patience = given && {...given, signal: signal ?? given.hurry, timeoutMs: undefined};
    const folder = this.slots.folder(number);
    const keeper = this.keeperOf(number);
    await mendRegistrations(repo, slotRoot(repo, root));
    this.slots.findHere(number); // not to be taken for a folder of somebody else's
    const made = await prepareSlot(withPatience(repo, patience), {folder, commit, home, fresh, known, keeper});
    if (made.needsSetup) this.parts.setup.forget(made.slot);
    for (const warning of made.warnings) this.parts.warn(warning);
    if (this.parts.fillsSubmodules) await this.fillSubmodules(made.slot);
    const slot = withPatience(made.slot, undefined);
    this.slots.remember(number, slot, commit);
    return {...made, slot};
  }

  private async fillSubmodules(slot: Repository): Promise<void> {
    for (const unfilled of await fillSubmodules(this.parts.repo, slot)) {
      const {message, hint} = unfilledText(unfilled);
      if (!this.saidEmpty.has(message)) this.parts.warn(`${message} (${hint})`);
      this.saidEmpty.add(message);
    }
  }

  /** For whom what lies in a slot is kept. */
  keeperOf(slot: number): SlotKeeper {
    const {milestoneId: id, clock, onSlotKept} = this.parts;
    return {id, slot, clock, onKept: ref => onSlotKept(slot, ref)};
  }
}

interface MadeEarly {
  /** Undefined where it did not become ready. */
  made: Promise<PreparedSlot | undefined>;
  /** It lies idle. */
  isOver: boolean;
}
