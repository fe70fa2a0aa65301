// The messages of the commits by which a milestone lands. What they say comes from plans: data, no trailers.

import {oneLine, trailers} from '../attempt/commit-message.ts';
import type {LandingKind} from '../events/details/milestone.ts';
import type {MilestoneState} from '../state/milestone.ts';

const SUBJECT_LENGTH = 100;

/** Of the commit that has the work: what the milestone is called, and its tasks. */
export function landingMessage(state: MilestoneState, kind: LandingKind): string {
  const {id, plan, tasks} = state;
  const title = plan.title === id ? '' : oneLine(plan.title);
  const subject =
    kind === 'squash' ? `${title || id} (milestone ${id})` : `Merge milestone ${id}${title === '' ? '' : `: ${title}`}`;
  const done = plan.tasks.filter(task => tasks.get(task.id)?.status === 'completed');
  const lines = done.map(task => `- ${task.id}${task.title === task.id ? '' : `: ${oneLine(task.title)}`}`);
  return message(subject, lines, state);
}

/** Of the commit that has the milestone's files of the home. */
export function recordMessage(state: MilestoneState): string {
  return message(`Record milestone ${state.id}`, [], state);
}

function message(subject: string, lines: readonly string[], {id, activation}: MilestoneState): string {
  const characters = Array.from(subject);
  const first = characters.length > SUBJECT_LENGTH ? `${characters.slice(0, SUBJECT_LENGTH - 1).join('')}…` : subject;
  const end = trailers({Milestone: id, ...(activation && {Execution: activation.executionId})});
  return `${[first, lines.join('\n'), end].filter(Boolean).join('\n\n')}\n`;
}
