import type {Outcome} from '../events/details/outcome.ts';
import type {BranchBlocker, BranchHead} from './workspace.ts';

/** On a branch that is not as the log has it nothing can start: that is a blocker, and what wanted to is cancelled. */
export function refuseRewritten(
  {blocker}: Extract<BranchHead, {kind: 'rewritten'}>,
  ledger: {openBlocker(blocker: BranchBlocker): void},
): Outcome {
  ledger.openBlocker(blocker);
  return {kind: 'cancelled', message: blocker.message};
}
