import type {Answer} from '../../engine/ask.ts';
import {MilestoneError} from '../../errors.ts';
import {look} from '../../milestone/look.ts';
import {homePaths} from '../../plan/file/home.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import type {Ask} from '../../requests/request.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {restoreSnapshot} from '../../state/snapshot.ts';
import {printable} from '../../terminal/printable.ts';
import {askFor} from '../ask-for.ts';
import {requireHome} from '../choose-milestone.ts';
import {requireYes} from '../require-yes.ts';
import {targetMilestone, targetTask} from '../target.ts';

export interface ChangeFlags {
  milestone?: string;
  now?: boolean;
  reason?: string;
  yes?: boolean;
  withDependents?: boolean;
  json?: boolean;
}

/** `pause` and `cancel`. */
export async function changeMilestone(kind: 'pause' | 'cancel', id: string | undefined, flags: ChangeFlags) {
  const home = requireHome();
  const milestone = targetMilestone(homePaths(home), id, flags.milestone);
  await change(
    home,
    milestone,
    kind === 'pause' ? {kind, now: flags.now ?? false} : {kind, ...withReason(flags)},
    flags,
  );
}

/** `retry`, `redo` and `skip`. */
export async function changeTask(kind: 'retry' | 'redo' | 'skip', words: readonly string[], flags: ChangeFlags) {
  const home = requireHome();
  const {milestone, task} = await targetTask(homePaths(home), words, flags.milestone);
  const ask = kind === 'retry' ? {kind, ...(task !== undefined && {task_id: task})} : naming(kind, task, flags);
  if (kind === 'skip') requireYes(flags, kind);
  await change(home, milestone, ask, flags);
}

function naming(kind: 'redo' | 'skip', task: TaskId | undefined, flags: ChangeFlags): Ask {
  const dependents = kind === 'redo' && flags.withDependents && {with_dependents: true};
  if (task !== undefined) return {kind, task_id: task, ...withReason(flags), ...dependents} as Ask;
  const done = kind === 'skip' ? 'skipped' : 'done again';
  throw new MilestoneError('USAGE', `which task is to be ${done}?`, {hint: `milestone ${kind} <task> --reason "…"`});
}

function withReason({reason}: ChangeFlags): {reason?: string} {
  return reason === undefined ? {} : {reason};
}

async function change(home: string, id: MilestoneId, what: Ask, {json}: ChangeFlags): Promise<void> {
  const answer = await askFor(home, id, what);
  if (json) return console.log(JSON.stringify(answerReport(id, answer)));
  const state = restoreSnapshot((await look(homePaths(home), id)).snapshot);
  for (const line of describe(what, id, answer, state)) console.log(printable(line));
}

/** What `--json` says of a request that was answered. */
export function answerReport(milestone_id: MilestoneId, {requestId, event, by}: Answer): object {
  return {ok: true, milestone_id, request_id: requestId, answered_by: by, event: withoutPlan(event)};
}

/** The plan of a milestone that was cancelled before it began is no news. */
function withoutPlan(event: Answer['event']): object {
  if (event.event !== 'milestone_cancelled') return event;
  const {plan: _, imported: __, ...details} = event.details;
  return {...event, details};
}

function describe(ask: Ask, id: MilestoneId, {by, event}: Answer, state: MilestoneState): string[] {
  const isLive = by === 'executor';
  switch (ask.kind) {
    case 'pause': {
      const next = ask.now ? 'its executor interrupts what runs and ends' : 'its executor ends when what runs is done';
      return [
        `milestone \`${id}\` is paused${isLive ? `; ${next}` : ''}`,
        ...(endedDeadAttempts(ask, event) ? ['its executor is dead: what that had left running was ended'] : []),
        `\`milestone resume ${id}\` goes on from here`,
      ];
    }
    case 'cancel':
      return [
        `milestone \`${id}\` is cancelled${isLive ? '; its executor interrupts what runs and ends' : ''}`,
        ...kept(state),
      ];
    case 'retry': {
      const what = ask.task_id === undefined ? `what failed or was blocked in \`${id}\`` : `task \`${ask.task_id}\``;
      return [`${what} is pending again`, whoGoesOn(id, isLive, state)];
    }
    case 'redo':
      return [
        `task \`${ask.task_id}\`${ask.with_dependents ? ', with what was built on it,' : ''} is pending again; what it has committed stays on the branch`,
        whoGoesOn(id, isLive, state),
      ];
    case 'skip':
      return [`task \`${ask.task_id}\` is skipped; what depends on it may run`, whoGoesOn(id, isLive, state)];
    default:
      return [];
  }
}

/** A pause lets attempts end, unless there is nobody to end them. */
function endedDeadAttempts({now}: Ask & {kind: 'pause'}, {event, details}: Answer['event']): boolean {
  return !now && event === 'milestone_paused' && details.now === true;
}

function kept(state: MilestoneState): string[] {
  const branch = state.activation?.branch;
  if (branch === undefined) return [];
  return [`what was integrated stays on \`${branch}\`, unfinished work below \`refs/milestone/rescue/${state.id}/\``];
}

/** @param isLive An executor has answered. */
export function whoGoesOn(id: MilestoneId, isLive: boolean, state: MilestoneState): string {
  return isLive && state.status !== 'paused' && state.status !== 'blocked'
    ? 'its executor goes on with that'
    : `\`milestone resume ${id}\` goes on with that`;
}
