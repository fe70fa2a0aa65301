// What a person does next, as commands: every end of a run says it last.

import type {MilestoneState} from '../state/milestone.ts';

/** Commands in the order in which they are typed; none where there is nothing left to do. */
export function whatNext({id, status, activation, commit}: MilestoneState): string[] {
  const {branch, base, baseName} = activation ?? {};
  if (status === 'cancelled') return [`milestone status ${id}`];
  if (status !== 'completed') return [`milestone resume ${id}`];
  if (branch === undefined || base === undefined) return [`milestone status ${id}`];
  if (commit === base) return [`milestone status ${id}`];
  // A base that was found under no name, or under one that has moved, is the commit all the same.
  return [`git diff ${baseName ?? base.slice(0, 10)}...${branch}`, `git merge ${branch}`];
}

/** In one line. */
export function nextLine(commands: readonly string[]): string {
  return `next: ${commands.map(command => `\`${command}\``).join(', then ')}`;
}
