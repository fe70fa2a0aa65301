// What a person does next, as commands: every end of a run says it last.

import {isAtWork} from '../lock/lock-holder.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import {isOver, type MilestoneState} from '../state/milestone.ts';
import type {StatusReport} from './status-shape.ts';

/** Commands in the order in which they are typed; none where there is nothing left to do. */
export function whatNext({
  id,
  status,
  activation,
  commit,
  landed,
  landedInPart,
}: Pick<MilestoneState, 'id' | 'status' | 'activation' | 'commit' | 'landed' | 'landedInPart'>): string[] {
  const {branch, base, baseName} = activation ?? {};
  if (status === 'cancelled') return [`milestone status ${id}`];
  if (status === 'planned') return [`milestone execute ${id}`];
  if (status !== 'completed') return [`milestone resume ${id}`];
  if (branch === undefined || base === undefined) return [`milestone status ${id}`];
  if (commit === base || (landed?.head === commit && !landedInPart)) return [`milestone status ${id}`];
  return [...reviewCommands(id, {hasWork: true}), landCommand(id, {baseName, isComplete: true})];
}

/** @param work.doubtful Tasks that somebody should look at, each by itself. */
export function reviewCommands(
  id: MilestoneId,
  {hasWork, doubtful = []}: {hasWork: boolean; doubtful?: readonly TaskId[]},
): string[] {
  return [...(hasWork ? [`milestone diff ${id}`] : []), ...doubtful.map(task => `milestone show ${id} ${task}`)];
}

/** What brings the work into the branch that it began at; where that was none, somebody has to say which one. */
export function landCommand(
  id: MilestoneId,
  {baseName, isComplete}: {baseName: string | undefined; isComplete: boolean},
): string {
  const into = baseName === undefined || baseName === 'HEAD' ? ' --into <branch>' : '';
  return `milestone land ${id}${into}${isComplete ? '' : ' --partial'}`;
}

/**
 * What makes it go on once that is done which needs a person; undefined where somebody is at work who does it by himself,
 * and where it is among what needs him.
 */
export function goOnCommand({id, status, origin, executed, needs_you: needs}: StatusReport): string | undefined {
  const command = `milestone resume ${id}`;
  const isIdle = origin === 'log' && !isAtWork(executed) && !isOver(status);
  if (!isIdle || needs.length === 0 || needs.some(need => need.command.startsWith(command))) return undefined;
  return command;
}

/** Of a completed one, as long as not all of it has landed: read what was done, look at it, land it. */
export function afterCompletion(
  {id, status, origin, git}: Pick<StatusReport, 'id' | 'status' | 'origin' | 'git'>,
  kept: Pick<MilestoneState, 'activation' | 'commit' | 'landed' | 'landedInPart'>,
): string[] {
  if (status !== 'completed' || origin !== 'log' || (git.landed && !kept.landedInPart)) return [];
  const commands = whatNext({...kept, id, status});
  return commands.length > 1 ? [`milestone report ${id}`, ...commands] : [];
}

/** In one line. */
export function nextLine(commands: readonly string[]): string {
  return `next: ${commands.map(command => `\`${command}\``).join(', then ')}`;
}
