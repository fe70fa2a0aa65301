import fs from 'node:fs';
import {MilestoneError} from '../../errors.ts';
import type {MilestoneEvent} from '../../events/event.ts';
import {EVENT_NAMES} from '../../events/event-kind.ts';
import {readLastEvents} from '../../events/read-log.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {look} from '../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import {isValidId} from '../../plan/ids.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import {unknownTask} from '../../plan/selection.ts';
import {didYouMean} from '../../plan/suggest.ts';
import {logLine} from '../../terminal/events/log-line.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {requireHome} from '../choose-milestone.ts';
import {describeFailure, exitCodeOf} from '../failure.ts';
import {followSession} from '../follow/follow-session.ts';
import {type LogView, printRecorded} from '../follow/log-view.ts';
import {Output} from '../output.ts';
import {type Target, targetTask} from '../target.ts';
import {printOutput} from './attempt-output.ts';

export interface LogFlags {
  milestone?: string;
  follow?: boolean;
  task?: string;
  attempt?: number;
  event?: string[];
  session?: string;
  last?: number;
  output?: boolean;
  json?: boolean;
}

/** `milestone log`. @returns The exit code. */
export async function log(words: readonly string[], flags: LogFlags): Promise<number> {
  try {
    return await show(words, flags);
  } catch (error) {
    if (!flags.follow || !flags.json) throw error;
    // A stream of events always ends with the exit code.
    const exit = exitCodeOf(error);
    console.log(JSON.stringify({ok: false, exit, error: describeFailure(error)}));
    return exit;
  }
}

async function show(words: readonly string[], flags: LogFlags): Promise<number> {
  const paths = homePaths(requireHome());
  const {milestone, task = flags.task} = await findTarget(paths, words, flags.milestone);
  if (flags.output) {
    await printOutput(paths, {id: milestone, task, attempt: flags.attempt}, flags);
    return 0;
  }
  if (!fs.existsSync(paths.log(milestone))) refuseMissing(paths, milestone, flags);
  const view = await viewOf(paths, milestone, {...flags, ...(task !== undefined && {task})});
  if (flags.follow) {
    await refuseUnknown(paths, milestone, task, flags.session);
    return followSession(view);
  }
  if (flags.json) await printAsOne(view, () => refuseUnknown(paths, milestone, task, flags.session));
  else if ((await printRecorded(view)).shown === 0) await refuseUnknown(paths, milestone, task, flags.session);
  return 0;
}

/** Every answer in JSON is one object; only what is followed comes event by event. */
async function printAsOne(view: LogView, refuseNothing: () => Promise<void>): Promise<void> {
  const events: string[] = [];
  const print = async (event: MilestoneEvent) => events.push(JSON.stringify(event)) > 0;
  if ((await printRecorded({...view, print})).shown === 0) await refuseNothing();
  await view.output.line(`{"ok":true,"milestone_id":${JSON.stringify(view.id)},"events":[${events.join(',')}]}`);
  await view.output.flush();
}

/** One word alone is a milestone if there is such a one, else a task. */
async function findTarget(paths: HomePaths, words: readonly string[], flag: string | undefined): Promise<Target> {
  const [first] = words;
  if (flag !== undefined || words.length !== 1 || first === undefined) return targetTask(paths, words, flag);
  const isMilestone =
    isValidId(first) &&
    [paths.active(first), paths.completed(first), paths.log(first)].some(file => fs.existsSync(file));
  if (isMilestone) return {milestone: first};
  try {
    return await targetTask(paths, words, flag);
  } catch (error) {
    if (isValidId(first)) locatePlan(paths, first); // says that there is no such milestone either
    throw error;
  }
}

async function viewOf(paths: HomePaths, id: MilestoneId, flags: LogFlags): Promise<LogView> {
  const paint = await choosePaint();
  const output = new Output();
  const lineOf = flags.json
    ? (event: MilestoneEvent) => JSON.stringify(event)
    : (event: MilestoneEvent) => logLine(event, paint);
  return {
    home: paths.home,
    id,
    file: paths.log(id),
    last: flags.last,
    json: flags.json ?? false,
    isWanted: filterOf(flags),
    print: event => output.line(lineOf(event)),
    output,
  };
}

/** @throws {MilestoneError} `USAGE` for an event that does not exist. */
function filterOf({task, attempt, event: names, session}: LogFlags): (event: MilestoneEvent) => boolean {
  const wrong = names?.find(name => !EVENT_NAMES.some(known => known === name));
  if (wrong !== undefined)
    throw new MilestoneError('USAGE', `there is no event \`${wrong}\``, {hint: didYouMean(wrong, EVENT_NAMES)});
  const wanted = names && new Set<string>(names);
  return ({event, session_id, details}) => {
    const about = details as {task_id?: TaskId; attempt?: number};
    return (
      (wanted?.has(event) ?? true) &&
      (task === undefined || about.task_id === task) &&
      (attempt === undefined || about.attempt === attempt) &&
      (session === undefined || session_id === session)
    );
  };
}

/** A log that is followed may begin while somebody waits for it. */
function refuseMissing(paths: HomePaths, id: MilestoneId, {follow}: LogFlags): void {
  locatePlan(paths, id);
  if (follow) return;
  throw new MilestoneError('LOG_MISSING', `milestone \`${id}\` was not executed here, so there is no log of it`, {
    hint: `milestone status ${id}`,
  });
}

/** Where there is nothing to show, what is asked for may not exist. */
async function refuseUnknown(paths: HomePaths, id: MilestoneId, task: TaskId | undefined, session: string | undefined) {
  if (task !== undefined) await refuseUnknownTask(paths, id, task);
  if (session === undefined) return;
  const file = paths.log(id);
  const hasLog = fs.existsSync(file);
  if (hasLog && readLastEvents(file, 1, event => event.session_id === session).length > 0) return;
  const last = hasLog ? readLastEvents(file, 1).map(({event}) => `the last one is \`${event.session_id}\``) : [];
  throw new MilestoneError('UNKNOWN_SESSION', `no session \`${session}\` worked on \`${id}\``, {hint: last[0]});
}

async function refuseUnknownTask(paths: HomePaths, id: MilestoneId, task: TaskId): Promise<void> {
  const {plan} = (await look(paths, id)).snapshot;
  if (!plan.tasks.some(known => known.id === task)) throw unknownTask(plan, task);
}
