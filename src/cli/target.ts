import {MilestoneError} from '../errors.ts';
import {findPlan} from '../milestone/find-milestone.ts';
import {look} from '../milestone/look.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {isValidId} from '../plan/ids.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../plan/plan.ts';
import {chooseMilestone} from './choose-milestone.ts';

/** What the words after a command are about. */
export interface Target {
  milestone: MilestoneId;
  task?: TaskId;
}

/**
 * The milestone of a command that is about a milestone as a whole.
 * @param flag `--milestone`, which decides.
 * @throws {MilestoneError} `USAGE` when both name one and they differ, and as `chooseMilestone`.
 */
export function targetMilestone(paths: HomePaths, word: string | undefined, flag: string | undefined): MilestoneId {
  if (word !== undefined && flag !== undefined && word !== flag)
    throw new MilestoneError('USAGE', `\`${word}\` and \`--milestone ${flag}\` name two milestones`);
  return chooseMilestone(paths, flag ?? word);
}

/**
 * Milestone and task: of two words the first is the milestone; one alone is the task, or a milestone if there is no
 * such task. `--milestone` decides.
 * @throws {MilestoneError} `USAGE` when words are left over, and as `chooseMilestone`.
 */
export async function targetTask(
  paths: HomePaths,
  words: readonly string[],
  flag: string | undefined,
): Promise<Target> {
  const [first, second] = words;
  if (flag !== undefined) {
    if (second !== undefined && first !== flag)
      throw new MilestoneError('USAGE', `\`--milestone ${flag}\` names the milestone, so one task may follow`);
    return {milestone: chooseMilestone(paths, flag), ...withTask(second ?? first)};
  }
  if (second !== undefined) return {milestone: chooseMilestone(paths, first), ...withTask(second)};
  if (first !== undefined && isMilestone(paths, first) && !(await isTaskOfChosen(paths, first)))
    return {milestone: first};
  return {milestone: chooseMilestone(paths, undefined), ...withTask(first)};
}

/**
 * Milestone, task and phase. The first word is the milestone if it names one and a task of it follows; a task may be
 * called like a phase.
 * @throws {MilestoneError} as `targetTask`.
 */
export async function targetPhase(
  paths: HomePaths,
  words: readonly string[],
  flag: string | undefined,
): Promise<Target & {phase?: KiroPhase}> {
  const last = words.at(-1) ?? '';
  if (words.length < 2 || (words.length === 2 && (await namesMilestone(paths, words, flag))))
    return targetTask(paths, words, flag);
  if (!isPhase(last)) {
    if (words.length === 2) return targetTask(paths, words, flag);
    throw new MilestoneError('USAGE', `\`${last}\` is no phase`, {hint: `the phases are ${KIRO_PHASES.join(', ')}`});
  }
  return {...(await targetTask(paths, words.slice(0, -1), flag)), phase: last};
}

/**
 * Milestone and task, and the text that follows.
 * @throws {MilestoneError} as `targetTask`.
 */
export async function targetText(
  paths: HomePaths,
  words: readonly string[],
  flag: string | undefined,
): Promise<Target & {text: string}> {
  const [first, second] = words;
  const isNamed = await namesMilestone(paths, words, flag);
  // The misspelt task of a milestone that is named is to be told so, not to be taken for text.
  const isMeant = flag === undefined && isMilestone(paths, first ?? '') && !(await isTaskOfChosen(paths, first ?? ''));
  const named = second !== undefined && (isNamed || isMeant) ? 2 : 1;
  return {...(await targetTask(paths, words.slice(0, named), flag)), text: words.slice(named).join(' ')};
}

/** Whether the first word is the milestone's id and the second one of its tasks. */
async function namesMilestone(
  paths: HomePaths,
  [first, second]: readonly string[],
  flag: string | undefined,
): Promise<boolean> {
  if (first === undefined || second === undefined || (flag !== undefined && flag !== first)) return false;
  return isMilestone(paths, first) && hasTask(paths, first, second);
}

function isPhase(word: string): word is KiroPhase {
  return KIRO_PHASES.some(phase => phase === word);
}

function withTask(task: string | undefined): {task?: TaskId} {
  if (task === undefined) return {};
  if (isValidId(task)) return {task};
  throw new MilestoneError('UNKNOWN_TASK', `\`${task}\` cannot be the id of a task`);
}

function isMilestone(paths: HomePaths, word: string): boolean {
  return isValidId(word) && findPlan(paths, word) !== undefined;
}

/** Whether the milestone that is meant when none is named has a task of this id. */
async function isTaskOfChosen(paths: HomePaths, word: string): Promise<boolean> {
  try {
    return await hasTask(paths, chooseMilestone(paths, undefined), word);
  } catch (error) {
    if (error instanceof MilestoneError && error.code === 'AMBIGUOUS_MILESTONE') return false;
    throw error;
  }
}

/** Of a plan that cannot be read no task is meant; whoever works with it says what is wrong. */
async function hasTask(paths: HomePaths, id: MilestoneId, task: string): Promise<boolean> {
  try {
    return (await look(paths, id)).snapshot.plan.tasks.some(known => known.id === task);
  } catch (error) {
    if (error instanceof MilestoneError && error.code === 'PLAN_INVALID') return false;
    throw error;
  }
}
