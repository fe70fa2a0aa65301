// What happened beside the work of tasks: only the last of it is kept, and what changes again and again is told once.

import type {RepositoryChange} from '../events/details/repository.ts';
import type {Timestamp} from '../events/timestamp.ts';
import type {Aside, MilestoneState} from './milestone.ts';

const MOST = 50;

/** Remember something that a person may want to know. */
export function noteAside(state: MilestoneState, aside: Aside): void {
  state.asides = [...state.asides, aside].slice(-MOST);
}

/** Remember a change in the repository: where it came from at first, and where it is now. */
export function noteChange(state: MilestoneState, at: Timestamp, change: RepositoryChange): void {
  const isSame = (aside: Aside) =>
    aside.kind === 'repository_changed' && aside.change.kind === change.kind && aside.change.name === change.name;
  // What is put back is as it was.
  if (change.put_back) return;
  const former = state.asides.find(isSame);
  state.asides = state.asides.filter(aside => aside !== former);
  const from = former?.kind === 'repository_changed' ? former.change.from : change.from;
  const {from: _, ...rest} = change;
  noteAside(state, {kind: 'repository_changed', at, change: {...rest, ...(from !== undefined && {from})}});
}
