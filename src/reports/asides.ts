import type {Timestamp} from '../events/timestamp.ts';
import type {Aside} from '../state/milestone.ts';
import {repositoryChangeText} from './repository-change.ts';

/** What is to be known of a milestone beside its tasks, as long as it is there. */
export interface AsideWarning {
  kind: Aside['kind'];
  message: string;
  since: Timestamp;
}

/** The newest first. */
export function asideWarnings(asides: readonly Aside[]): AsideWarning[] {
  return asides.map(aside => ({kind: aside.kind, message: messageOf(aside), since: aside.at})).reverse();
}

function messageOf(aside: Aside): string {
  if (aside.kind === 'repository_changed') return `while tasks or checks ran, ${repositoryChangeText(aside.change)}`;
  return `what lay in slot ${aside.slot} and is no attempt's is kept: \`git show ${aside.ref}\``;
}
