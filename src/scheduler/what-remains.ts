// What is left to do, and how an execution ends that cannot go on. The first that applies:
//
//   budget used up 7, quota used up 8, failed tasks and blockers that no answer clears 4, waiting for a person 6

import type {PauseCode} from '../events/details/milestone.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import {preventsCompletion} from '../state/blockers.ts';
import {ANY_ROLE, pendingApprovals} from '../state/kiro.ts';
import {isBetweenPhases, waitsForApproval} from '../state/kiro-task.ts';
import {
  type Blocker,
  type MilestoneState,
  pausedUntil,
  phaseInWork,
  taskState,
  tasksCompleted,
} from '../state/milestone.ts';
import {atWork} from '../state/open-blockers.ts';

/** What the scheduler knows besides the state. */
export interface Outlook {
  /** Tasks that could start as soon as there is a place. */
  ready: number;
  /** Ready tasks that only a person can do. */
  manual: readonly TaskId[];
  /** Ready tasks whose driver cannot work at the moment. */
  waiting: ReadonlyMap<TaskId, string>;
  /** Nothing may start because of a blocker. */
  halted: boolean;
  /** The execution sleeps until a driver can work again. */
  waits: boolean;
  /** This run is restricted to some of the tasks. */
  isRestricted: boolean;
  /** Of those that it is restricted to: one that waits for another which is left out. */
  leftOut?: {task: TaskId; waitsFor: TaskId} | undefined;
}

/** What is left to do: go on, finish, or stop and why. */
export type Remaining =
  | {kind: 'working'}
  | {kind: 'complete'}
  | {kind: 'stopped'; exit: 0 | 4 | 6 | 7 | 8; code: PauseCode | 'blocked'; reason: string; hint?: string};

/** How an execution ends before everything is done. */
export type Stop = Extract<Remaining, {kind: 'stopped'}>;

/** Judge what remains; anything but `working` is only true while nothing is at work. */
export function whatRemains(state: MilestoneState, outlook: Outlook): Remaining {
  if (atWork(state).length > 0 || (outlook.ready > 0 && !outlook.halted)) return {kind: 'working'};
  if (isDone(state) && state.refused) return brokenPlan(state.id, state.refused);
  if (canComplete(state)) return {kind: 'complete'};
  const resting = [...outlook.waiting.values()].filter(driver => driver in state.pausedDrivers);
  if (!outlook.halted && outlook.waiting.size > resting.length) return {kind: 'working'};
  if (isSomethingUnderWay(state)) return {kind: 'working'};
  if (outOfQuota(state, resting) && outlook.waits && !outlook.halted) return {kind: 'working'};
  return standstill(state, outlook);
}

/** Whether everything is done and nothing is in the way of completing the milestone. */
export function canComplete(state: MilestoneState): boolean {
  return isDone(state) && !state.refused && ![...state.blockers.values()].some(preventsCompletion);
}

function isDone(state: MilestoneState): boolean {
  return state.tasks.size > 0 && tasksCompleted(state) === state.tasks.size;
}

/** How an execution ends in which nothing can go on, or nothing is to. */
export function standstill(state: MilestoneState, outlook: Outlook): Stop {
  return (
    spent(state) ??
    outOfQuota(state, [...outlook.waiting.values()]) ??
    stuck(state) ??
    loggedOut(state, outlook) ??
    waitingForPerson(state, outlook) ??
    (outlook.halted ? outOfQuota(state, Object.keys(state.pausedDrivers)) : undefined) ??
    nothingToStart(state, outlook)
  );
}

/** Without a restriction there is always something else to say, unless something is wrong with this program. */
function nothingToStart({id}: MilestoneState, {isRestricted, leftOut}: Outlook): Stop {
  if (leftOut)
    return {
      kind: 'stopped',
      exit: 4,
      code: 'until',
      reason: `task \`${leftOut.task}\` waits for \`${leftOut.waitsFor}\`, which this run leaves out`,
      hint: `\`milestone resume ${id} --until ${leftOut.task}\` runs what it depends on as well`,
    };
  if (isRestricted) return {kind: 'stopped', exit: 0, code: 'until', reason: 'what this run was restricted to is done'};
  const reason = 'nothing can go on, though not everything is done';
  return {kind: 'stopped', exit: 4, code: 'blocked', reason, hint: `\`milestone status ${id}\` shows what is left`};
}

/** How an execution ends that has done all but what an invalid edit of its plan asks for. */
export function brokenPlan(id: MilestoneId, [problem]: readonly string[]): Stop {
  return {
    kind: 'stopped',
    exit: 4,
    code: 'blocked',
    reason: `the plan on disk is not valid: ${problem}`,
    hint: `mend the plan (\`milestone validate ${id}\`), then \`milestone resume ${id}\``,
  };
}

/** What a blocker's hint says, and what makes it go on, since nobody will be there any more who does it by himself. */
export function thenResume({id}: Pick<MilestoneState, 'id'>, hint: string): string {
  if (hint.includes('`milestone resume')) return hint;
  const act = hint.startsWith('milestone ') ? `\`${hint}\`` : hint;
  return `${act}, then \`milestone resume ${id}\``;
}

/** A phase has ended, and what follows from it is about to be recorded. */
function isSomethingUnderWay(state: MilestoneState): boolean {
  return [...state.nextStep.program].some(id => {
    const task = taskState(state, id);
    return task.status === 'pending' && (isBetweenPhases(task) || waitsForApproval(task));
  });
}

function spent(state: MilestoneState): Stop | undefined {
  const blocker = [...state.blockers.values()].find(({type}) => type === 'budget');
  if (!blocker) return undefined;
  return {kind: 'stopped', exit: 7, code: 'budget', reason: blocker.message, hint: thenResume(state, blocker.hint)};
}

function outOfQuota(state: MilestoneState, waitedFor: readonly string[]): Stop | undefined {
  const drivers = waitedFor.filter(name => name in state.pausedDrivers && state.pausedDrivers[name]?.reason !== 'auth');
  const [first] = drivers;
  const paused = first === undefined ? undefined : state.pausedDrivers[first];
  if (first === undefined || !paused) return undefined;
  const until = pausedUntil(state, drivers);
  const when = until === undefined ? 'later' : `at ${until}`;
  return {
    kind: 'stopped',
    exit: 8,
    code: 'quota',
    reason: `the quota of the driver \`${first}\` is used up: ${paused.message}`,
    hint: `\`milestone resume ${state.id}\` ${when}, or \`--wait\` to sleep until then`,
  };
}

/** Failed tasks, and open blockers that nobody's answer clears. */
function stuck(state: MilestoneState): Stop | undefined {
  const failed = failedTasks(state);
  const blockers = [...state.blockers.values()].filter(blocker => isOwnMatter(state, blocker));
  const [blocker] = blockers;
  if (failed.length === 0 && !blocker) return undefined;
  const reasons = [
    ...failed.map(([id, message]) => `task \`${id}\` ${message}`),
    ...blockers.map(({message}) => message),
  ];
  return {
    kind: 'stopped',
    exit: 4,
    code: 'blocked',
    reason: firstOf(reasons),
    hint:
      blocker && failed.length === 0
        ? thenResume(state, blocker.hint)
        : `look (\`milestone show ${state.id} ${failed[0]?.[0]}\`), then \`milestone retry ${state.id}\` and \`milestone resume ${state.id}\``,
  };
}

/** Some of what keeps an execution from going on, and how much more there is. */
export function firstOf(reasons: readonly string[]): string {
  return reasons.slice(0, 3).join('; ') + (reasons.length > 3 ? `; and ${reasons.length - 3} more` : '');
}

/** Tasks that nobody has tried yet wait for a driver in which nobody is logged in. */
function loggedOut({id, pausedDrivers}: MilestoneState, {waiting}: Outlook): Stop | undefined {
  const driver = [...waiting.values()].find(name => pausedDrivers[name]?.reason === 'auth');
  if (driver === undefined) return undefined;
  const reason = `the driver \`${driver}\` rests: ${pausedDrivers[driver]?.message}`;
  return {kind: 'stopped', exit: 4, code: 'blocked', reason, hint: `log in, then \`milestone resume ${id}\``};
}

/** Neither answered, nor of a driver that rests, nor said of a failed task already. */
function isOwnMatter(state: MilestoneState, {type, taskId}: Blocker): boolean {
  if (type === 'question' || type === 'quota' || type === 'plan_invalid') return false;
  return taskId === undefined || taskState(state, taskId).status !== 'failed';
}

function failedTasks(state: MilestoneState): Array<[TaskId, string]> {
  return [...state.stuck].flatMap(id => {
    const task = taskState(state, id);
    return task.status === 'failed' ? [[id, task.message] as [TaskId, string]] : [];
  });
}

function waitingForPerson(state: MilestoneState, {manual}: Outlook): Stop | undefined {
  const stop = (reason: string, hint: string): Stop => ({kind: 'stopped', exit: 6, code: 'person', reason, hint});
  const question = [...state.blockers.values()].find(({type}) => type === 'question');
  if (question) return stop(question.message, thenResume(state, question.hint));
  for (const id of state.nextStep.person) {
    const {status, history} = taskState(state, id);
    const [approval] = history.kiro && status === 'pending' ? pendingApprovals(history.kiro) : [];
    if (!approval) continue;
    const open = approval.approvers.find(one => one.status === 'pending')?.role;
    const task = `${id} ${approval.phase}${open === undefined || open === ANY_ROLE ? '' : ` --role ${open}`}`;
    return stop(
      `the ${approval.phase} of task \`${id}\` waits for approval`,
      `\`milestone approve ${state.id} ${task}\` or \`milestone reject ${state.id} ${task} -m "…"\`, then \`milestone resume ${state.id}\``,
    );
  }
  const [first] = manual;
  if (first === undefined) return undefined;
  const {failure} = taskState(state, first).history;
  const last = failure && failure.cause !== 'cancelled' ? `; the last time it ${failure.message}` : '';
  return stop(
    `${list(manual)} ${manual.length === 1 ? 'waits' : 'wait'} for a person${last}`,
    `do it${whereTo(state, first)}, then \`milestone task done ${state.id} ${first}\` and \`milestone resume ${state.id}\``,
  );
}

/** Where a person's work counts; documents are written in the home. */
function whereTo(state: MilestoneState, id: TaskId): string {
  const phase = phaseInWork(state, id);
  const branch = state.activation?.branch;
  return branch === undefined || (phase !== undefined && phase !== 'execute') ? '' : `, commit it on \`${branch}\``;
}

function list(ids: readonly TaskId[]): string {
  const shown = ids.slice(0, 3).map(id => `\`${id}\``);
  return `task${ids.length === 1 ? '' : 's'} ${shown.join(', ')}${ids.length > 3 ? ` and ${ids.length - 3} more` : ''}`;
}
