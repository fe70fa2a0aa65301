import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readLog} from '../events/read-log.ts';
import {validatePlan} from '../plan/assert-valid.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import type {MilestoneId, Plan} from '../plan/plan.ts';
import {type CachedState, readCache} from '../projections/cache.ts';
import {applyEvent} from '../state/apply-event.ts';
import {initialState} from '../state/initial-state.ts';
import type {MilestoneState} from '../state/milestone.ts';

export interface FoldedLog {
  state: MilestoneState;
  position: LogPosition;
  /** Of the plan file, when a cache knew it. */
  stamp: CachedState['stamp'];
  /** Lines of another program that were passed over. */
  foreignLines: number;
}

/**
 * The state as the log tells it, from the cache where there is one.
 * @param cached What its cache says, for whoever has read that already.
 * @returns Undefined when the milestone has no log, or one without a whole event.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`.
 */
export function foldLog(
  paths: HomePaths,
  id: MilestoneId,
  cached: CachedState | undefined = readCache(paths.cache(id), paths.log(id)),
): FoldedLog | undefined {
  const folded = fold(paths, id, cached);
  return folded?.position.seq === 0 ? undefined : folded;
}

/** A milestone of which the plan is read. */
export interface ReadMilestone {
  id: MilestoneId;
  paths: HomePaths;
  planFile: string;
  read: PlanReading;
}

/**
 * What whoever changes a milestone begins with: the whole log, as nobody may go on behind damage; where it has no event,
 * what the plan says.
 * @param options.adopt A plan that was executed elsewhere is taken as well.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`; `LOG_MISSING`, `PLAN_INVALID` for one without a log.
 */
export function foldMilestone(
  milestone: ReadMilestone,
  options: {adopt?: boolean},
): Pick<FoldedLog, 'state' | 'position' | 'foreignLines'> {
  const {paths, id} = milestone;
  const folded = fold(paths, id, undefined);
  if (folded && folded.position.seq > 0) return folded;
  return {position: LOG_START, foreignLines: 0, ...folded, state: plannedState(milestone, options)};
}

/** Of a milestone without a log. */
function plannedState({id, planFile, read}: ReadMilestone, {adopt = false}: {adopt?: boolean}): MilestoneState {
  const {execution} = read.imported;
  if (execution && !adopt)
    throw new MilestoneError(
      'LOG_MISSING',
      `milestone \`${id}\` was executed elsewhere (\`${execution.id}\`): its event log is not here`,
      {hint: `milestone resume --adopt ${id}`, where: {file: planFile}},
    );
  validatePlan(read, planFile);
  return initialState(read.plan as Plan, read.imported.tasks);
}

function fold(paths: HomePaths, id: MilestoneId, cached: CachedState | undefined): FoldedLog | undefined {
  const logFile = paths.log(id);
  if (!fs.existsSync(logFile)) return undefined;
  const state = cached?.state ?? emptyState(id);
  const reader = readLog(logFile, {from: cached?.position ?? LOG_START});
  for (const {event} of reader) applyEvent(state, event);
  const {position, foreignLines} = reader;
  return {state, position, foreignLines, stamp: cached?.stamp ?? null};
}

/** The first event of a log brings the plan. */
export function emptyState(id: MilestoneId): MilestoneState {
  return initialState({id, title: id, requires: [], settings: {}, tasks: []});
}
