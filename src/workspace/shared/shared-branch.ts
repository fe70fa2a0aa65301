import {writeTree} from '../../git/trees/tree.ts';
import type {Lock} from '../../lock/lock.ts';
import {type BranchParts, GitBranch} from '../git-branch.ts';
import type {Advance, AttemptPlace, BranchMove} from '../workspace.ts';
import {type Occupant, setOccupant, takeCommitsBack} from './occupant.ts';
import {syncFiles} from './shared-checkout.ts';

interface SharedBranchParts extends BranchParts {
  /** On the checkout, which this execution has to itself. */
  checkoutLock: Lock;
  /** Take away what lies beside the work of an attempt that is integrated. */
  leave(place: AttemptPlace): Promise<void>;
  /** What is known of an attempt whose work lies in the checkout; `isOwn`: this process has begun it. */
  occupantOf(place: AttemptPlace): (Occupant & {isOwn: boolean}) | undefined;
}

/** The checkout holds the work already when the branch moves; what the checks wrote beside it is taken away. */
export class SharedBranch extends GitBranch {
  constructor(private readonly shared: SharedBranchParts) {
    super(shared);
  }

  /** Whoever works in the checkout works on the branch: what he commits is his work, as if he had not. */
  override async takeBack(place?: AttemptPlace): Promise<void> {
    const {repo, branch, checkoutLock, occupantOf, warn} = this.shared;
    const occupant = place && occupantOf(place);
    if (!place || !occupant) return;
    checkoutLock.check();
    const commit = await takeCommitsBack(repo, branch, occupant);
    if (commit === undefined || occupant.isOwn) return;
    // While no executor lived, a person may have committed as well.
    const ref = await this.keepCommits(commit);
    warn?.(
      `what was committed to \`${branch}\` since attempt ${place.attempt} at task \`${place.taskId}\` began is taken off it; it is kept as \`${ref}\``,
    );
  }

  override async advance(move: BranchMove): Promise<Advance> {
    const {repo, checkoutLock, occupantOf} = this.shared;
    checkoutLock.check();
    const {changedFiles} = await writeTree(repo, move.from);
    syncFiles(repo, changedFiles);
    // One at a time works here.
    const place = move.places.find(occupantOf);
    const occupant = place && occupantOf(place);
    // What a crash leaves on the branch from here on may be work that was checked.
    if (occupant) setOccupant(repo, {attempt: occupant.attempt, base: occupant.base, to: move.to});
    const advance = await super.advance(move);
    if (advance.kind === 'advanced') for (const one of move.places) await this.shared.leave(one);
    return advance;
  }
}
