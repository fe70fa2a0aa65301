// What a person wants to know first: where it stands, what needs him, what runs, what comes next, what is new. Pure.

import type {Timestamp} from '../../events/timestamp.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import type {RunningTaskReport, StatusReport, TaskReport} from '../status-shape.ts';
import {goOnCommand} from '../what-next.ts';
import {type Headline, headlineOf} from './headline.ts';
import type {Since} from './since.ts';

export interface AttentionReport
  extends Pick<StatusReport, 'id' | 'title' | 'status' | 'origin' | 'executed' | 'needs_you' | 'ready' | 'liberties'> {
  headline: Headline;
  percentage: number;
  branch: string | null;
  head: string | null;
  /** What goes on with it, once that is done which needs a person. */
  then?: string;
  running: RunningTaskReport[];
  next: Array<{id: TaskId; title: string}>;
  since: Since | null;
  unseen?: string;
  paused_until?: Timestamp;
  /** The plan was edited; it is not in force before the next start. */
  edited?: true;
  landed: boolean;
  /** What a person does with it once it is completed. */
  commands: string[];
  /** Other milestones. */
  also_active: MilestoneId[];
}

/** What the milestone itself does not tell. */
export interface AttentionFacts {
  since: Since | null;
  commands: string[];
  alsoActive: MilestoneId[];
}

function runningTask(task: TaskReport): AttentionReport['running'][number] {
  const {id, title, stage, attempts, attempt_started_at, working_at, queued_at, round, kiro, worker} = task;
  return {
    id,
    title,
    attempts,
    ...(stage !== undefined && {stage}),
    ...(attempt_started_at !== undefined && {attempt_started_at}),
    ...(working_at !== undefined && {working_at}),
    ...(queued_at !== undefined && {queued_at}),
    ...(round && {round}),
    ...(kiro && {kiro}),
    ...(worker !== undefined && {worker}),
  };
}

export function attentionReport(status: StatusReport, {since, commands, alsoActive}: AttentionFacts): AttentionReport {
  const {id, title, origin, executed, needs_you, ready, liberties, git, unseen, paused_until, plan_edit: edit} = status;
  const then = goOnCommand(status);
  const titles = new Map(status.tasks.map(task => [task.id, task.title]));
  return {
    id,
    title,
    status: status.status,
    origin,
    executed,
    headline: headlineOf(status),
    percentage: status.progress.percentage,
    branch: git.branch,
    head: git.head,
    needs_you,
    ...(then !== undefined && {then}),
    running: status.tasks.flatMap(task => (task.stage === undefined ? [] : runningTask(task))),
    next: status.next.map(id => ({id, title: titles.get(id) ?? id})),
    ready,
    since,
    liberties,
    ...(unseen !== undefined && {unseen}),
    ...(paused_until !== undefined && {paused_until}),
    ...(edit && edit.problems.length === 0 && {edited: true}),
    landed: git.landed,
    commands,
    also_active: alsoActive,
  };
}
