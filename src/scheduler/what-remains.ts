import type {PauseCode} from '../events/event.ts';
import type {TaskId} from '../milestone/plan.ts';
import {type MilestoneState, taskState, tasksCompleted} from '../state/milestone.ts';

/** What the scheduler knows besides the state. */
export interface Outlook {
  /** Tasks that could start as soon as there is a place. */
  ready: number;
  /** Ready tasks that only a person can do. */
  manual: readonly TaskId[];
  /** Nothing may start because of a blocker. */
  held: boolean;
}

/** What is left to do: go on, finish, or stop and why. */
export type Remaining =
  | {kind: 'working'}
  | {kind: 'complete'}
  | {kind: 'stopped'; exit: 0 | 4 | 6; code: PauseCode | 'blocked'; reason: string; hint?: string};

/** Judge what remains; anything but `working` is only true while nothing runs. */
export function whatRemains(state: MilestoneState, outlook: Outlook): Remaining {
  if (state.running.size > 0 || (outlook.ready > 0 && !outlook.held)) return {kind: 'working'};
  if (state.refused && tasksCompleted(state) === state.tasks.size)
    return {
      kind: 'stopped',
      exit: 4,
      code: 'blocked',
      reason: `the plan on disk is not valid: ${state.refused[0]}`,
      hint: 'mend the plan (`milestone validate`), then `milestone resume`',
    };
  if (state.blockers.size === 0 && state.tasks.size > 0 && tasksCompleted(state) === state.tasks.size)
    return {kind: 'complete'};
  const stopped = stoppedOn(state);
  if (stopped) return stopped;
  if (outlook.manual.length > 0)
    return {
      kind: 'stopped',
      exit: 6,
      code: 'person',
      reason: `${list(outlook.manual)} ${outlook.manual.length === 1 ? 'waits' : 'wait'} for a person`,
      hint: `do it, then \`milestone skip ${state.id} ${outlook.manual[0]} --reason "done by hand"\` and \`milestone resume\``,
    };
  return {kind: 'stopped', exit: 0, code: 'until', reason: 'what this run was restricted to is done'};
}

/** Failed tasks and open blockers, which hold the rest up. */
function stoppedOn(state: MilestoneState): Remaining | undefined {
  const failed = idsOf(state, 'failed');
  const [blocker] = state.blockers.values();
  if (failed.length === 0 && !blocker) return undefined;
  const isQuestion = failed.length === 0 && [...state.blockers.values()].every(({type}) => type === 'question');
  if (isQuestion && blocker)
    return {kind: 'stopped', exit: 6, code: 'person', reason: blocker.message, hint: blocker.hint};
  const reasons = failed.map(id => `task \`${id}\` ${failureOf(state, id)}`);
  for (const {message} of state.blockers.values()) reasons.push(message);
  return {
    kind: 'stopped',
    exit: 4,
    code: 'blocked',
    reason: reasons.slice(0, 3).join('; ') + (reasons.length > 3 ? `; and ${reasons.length - 3} more` : ''),
    hint:
      blocker && failed.length === 0
        ? blocker.hint
        : `\`milestone retry ${state.id}\`, then \`milestone resume ${state.id}\``,
  };
}

function failureOf(state: MilestoneState, id: TaskId): string {
  const task = taskState(state, id);
  return task.status === 'failed' ? task.message : '';
}

function idsOf(state: MilestoneState, status: 'failed'): TaskId[] {
  return state.counts[status] === 0 ? [] : [...state.tasks].flatMap(([id, task]) => (task.status === status ? id : []));
}

function list(ids: readonly TaskId[]): string {
  const shown = ids.slice(0, 3).map(id => `\`${id}\``);
  return `task${ids.length === 1 ? '' : 's'} ${shown.join(', ')}${ids.length > 3 ? ` and ${ids.length - 3} more` : ''}`;
}
