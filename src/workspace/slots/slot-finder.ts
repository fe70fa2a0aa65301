import {type Repository, withPatience} from '../../git/git.ts';
import {
  type SlotInPool,
  slotAt,
  slotFolder,
  slotLink,
  slotPool,
  slotsElsewhere,
  slotsInPools,
} from '../../git/slot-folders.ts';
import {isSparse, type RegisteredSlot, registerAgain} from './register-again.ts';

export interface SlotFinderParts {
  repo: Repository;
  milestoneId: string;
  home: string;
  /** `workspace.root`. */
  root: string | undefined;
}

/** Finds the slots of one milestone, wherever they were made. */
export class SlotFinder {
  /** As they were prepared here: a prune in another place may take their registration. */
  private readonly registered = new Map<number, RegisteredSlot>();

  constructor(private readonly parts: SlotFinderParts) {}

  get pool(): string {
    const {repo, root, milestoneId} = this.parts;
    return slotPool(repo, root, milestoneId);
  }

  /** Where a slot is made. */
  folder(number: number): string {
    const {repo, root, milestoneId} = this.parts;
    return slotFolder(repo, root, milestoneId, number);
  }

  /** `undefined` when what worked there has removed its `.git`, or has put one of its own in its place. */
  find(number: number): Repository | undefined {
    const {repo} = this.parts;
    const here = this.findHere(number) ?? slotAt(repo, slotLink(this.folder(number)));
    return here ?? this.elsewhere().find(found => found.number === number)?.slot;
  }

  /** The slot where it would be made now. */
  findHere(number: number): Repository | undefined {
    const {repo} = this.parts;
    const known = this.registered.get(number);
    return slotAt(repo, this.folder(number)) ?? (known && registerAgain(repo, known));
  }

  all(): SlotInPool[] {
    for (const number of this.registered.keys()) this.findHere(number);
    return [...slotsInPools(this.parts.repo).filter(({pool}) => pool === this.pool), ...this.elsewhere()];
  }

  /** A slot was prepared. */
  remember(number: number, slot: Repository, base: string): void {
    const {home} = this.parts;
    this.registered.set(number, {slot: withPatience(slot, undefined), home, base, isSparse: isSparse(slot)});
  }

  /** Somebody works in it from now on. */
  rememberOwner(number: number, owner: string): void {
    const known = this.registered.get(number);
    if (known) this.registered.set(number, {...known, owner});
  }

  private elsewhere(): SlotInPool[] {
    return slotsElsewhere(this.parts.repo, {home: this.parts.home, pool: this.pool});
  }
}
