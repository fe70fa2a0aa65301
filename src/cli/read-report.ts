// What a report is made of, read from a home and its repository.

import path from 'node:path';
import type {MilestoneEvent} from '../events/event.ts';
import {readLog} from '../events/read-log.ts';
import {openRepository} from '../git/repository.ts';
import {isAtWork} from '../lock/lock-holder.ts';
import type {MilestoneView} from '../milestone/look.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {systemClock} from '../platform/clock.ts';
import {attemptHistory, type MilestoneHistory} from '../reports/morning/attempt-history.ts';
import {type BranchFacts, NO_BRANCH, readBranchFacts, readForeignFacts} from '../reports/morning/branch-facts.ts';
import {morningReport} from '../reports/morning/report.ts';
import type {MorningReport} from '../reports/morning/report-shape.ts';
import {statusReport} from '../reports/status-report.ts';
import {statusFacts} from './status-facts.ts';

/**
 * @param read What the log tells, at an instant.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`, `GIT_FAILED`.
 */
export async function reportOf(
  paths: HomePaths,
  view: MilestoneView,
  read = (now: number) => historyOf(paths, view, now),
): Promise<MorningReport> {
  const now = systemClock.now();
  const [branch, facts] = await Promise.all([branchFactsOf(paths, view), statusFacts(paths, view)]);
  return morningReport({status: statusReport(view, facts), history: read(now), branch, now});
}

/** What the log tells; undefined where there is none here. */
export function historyOf(
  paths: HomePaths,
  {id, origin, executor}: MilestoneView,
  now: number,
): MilestoneHistory | undefined {
  return origin === 'log'
    ? attemptHistory(id, eventsOf(paths.log(id)), {now, isExecuted: isAtWork(executor.who)})
    : undefined;
}

function* eventsOf(file: string): Generator<MilestoneEvent> {
  for (const {event} of readLog(file)) yield event;
}

/** What the repository knows; nothing outside git. */
export async function branchFactsOf(
  paths: HomePaths,
  {id, elsewhere: execution, snapshot}: MilestoneView,
): Promise<BranchFacts> {
  const {activation} = snapshot.stored;
  if (activation?.branch === undefined && !execution) return NO_BRANCH;
  const repo = await openRepository(path.dirname(paths.home));
  if (!repo) return NO_BRANCH;
  if (execution) return readForeignFacts(repo, id, execution);
  return readBranchFacts(repo, id, {branch: activation?.branch, base: activation?.base});
}
