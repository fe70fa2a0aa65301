import type {StatusReport, TaskReport} from '../reports/status-shape.ts';
import type {MilestoneStatus} from '../state/milestone.ts';
import type {ShownStatus, Stage} from '../state/task.ts';
import type {Paint} from './paint.ts';

/** Readable without colour: each status of a task has a mark of its own. */
export const STATUS_MARKS: Readonly<Record<ShownStatus, string>> = {
  pending: '·',
  in_progress: '▶',
  kiro_managed: '◆',
  completed: '✔',
  failed: '✘',
  blocked: '■',
  skipped: '↷',
};

const COLOURS: Readonly<Partial<Record<ShownStatus | MilestoneStatus, keyof Paint>>> = {
  planned: 'cyan',
  in_progress: 'cyan',
  completed: 'green',
  failed: 'red',
  blocked: 'red',
  cancelled: 'red',
  paused: 'yellow',
  skipped: 'dim',
};

/** A text about a task, or a milestone, of this status. */
export function paintStatus(status: ShownStatus | MilestoneStatus, text: string, paint: Paint): string {
  const colour = COLOURS[status];
  return colour === undefined ? text : paint[colour](text);
}

/** Where an attempt is made, when that is another machine; it goes on there without an executor. */
export function workerText(
  {worker}: {worker?: string | null | undefined},
  {executed}: {executed?: StatusReport['executed']} = {},
): string {
  if (worker === undefined) return '';
  if (worker === null) return ', waits for a worker';
  return ` on ${worker}${executed === 'gone' ? ', goes on there' : ''}`;
}

/** Times of an attempt that is running, as `TaskReport` has them. */
type AttemptTimes = Pick<TaskReport, 'attempt_started_at' | 'working_at' | 'queued_at' | 'worker'>;

/**
 * Since when an attempt waits for a worker, is at work, or waits to be merged; nothing for one that its executor left
 * behind: its clock does not go on.
 */
export function stageSince(
  {attempt_started_at, working_at, queued_at, worker}: AttemptTimes,
  {executed}: Pick<StatusReport, 'executed'>,
): string | undefined {
  if (executed === 'gone' && worker === undefined) return undefined;
  return queued_at ?? working_at ?? attempt_started_at;
}

/** A stage as people are told it. */
export function stageWord({stage, round}: {stage?: Stage; round?: readonly unknown[]}): string {
  if (stage !== 'integrating') return stage ?? '';
  return round ? 'in a round' : 'in the queue';
}
