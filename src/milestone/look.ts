// The door for whoever only looks at a milestone. Takes no lock, starts no program, and answers from the cache where it
// can:
//
//   cache fits the log ──────────────────> snapshot          the usual way; loads no library
//   log without a fitting cache ── fold ─> snapshot
//   no log ────────────── read the plan ─> snapshot          planned, or history from elsewhere
//
// V1. Looking changes nothing but the cache, and that only while nobody executes the milestone.
// V2. `yaml` and `zod` are loaded only on the way that reads a file.

import fs from 'node:fs';
import path from 'node:path';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readExecutor} from '../lock/executor.ts';
import {type Holder, isAtWork} from '../lock/lock-holder.ts';
import {validatePlan} from '../plan/assert-valid.ts';
import {judgeEdit} from '../plan/edited-plan.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {type FileStamp, isSameStamp, planStamp} from '../plan/file/stamp.ts';
import type {ImportedState, MilestoneId, Plan} from '../plan/plan.ts';
import {makeFolder} from '../platform/files.ts';
import {
  type CachedSnapshot,
  type PlanEdit,
  projectDriverOf,
  readCachedSnapshot,
  writeCachedSnapshot,
} from '../projections/cache.ts';
import {initialState} from '../state/initial-state.ts';
import {isOver} from '../state/milestone.ts';
import {restoreSnapshot, type Snapshot, takeSnapshot} from '../state/snapshot.ts';
import {locatePlan} from './find-milestone.ts';
import {foldLog} from './fold-log.ts';

export interface MilestoneView {
  id: MilestoneId;
  /** Where the plan file is; where it was, when it is gone. */
  file: string;
  /** `elsewhere`: it was executed, but its log is not here; what is known is what its file says. */
  origin: 'log' | 'plan' | 'elsewhere';
  snapshot: Snapshot;
  /** Where the log ended when it was read. */
  position: LogPosition;
  /** What the file says of an execution elsewhere. */
  elsewhere?: ImportedState['execution'];
  /** Who executes it. */
  executor: Holder;
  /** The plan file says something else than the plan in force. */
  edit: PlanEdit | undefined;
  /** Driver of tasks that name none: what config.yaml says, else the first coding agent that is found. */
  projectDriver: string | undefined;
}

/**
 * Look at a milestone.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `PLAN_INVALID` for one without a log, `LOG_CORRUPT`, `IO_FAILED`.
 */
export async function look(paths: HomePaths, id: MilestoneId): Promise<MilestoneView> {
  const file = fs.existsSync(paths.log(id)) ? locateOrGuess(paths, id) : locatePlan(paths, id);
  const executor = readExecutor(paths.home, id);
  const isQuiet = !isAtWork(executor.who);
  const seen = {id, file, executor};
  const cached = readCachedSnapshot(paths.cache(id), paths.log(id));
  const current = await bringUpToDate(paths, id, file, cached);
  // A live executor looks at the file itself, and records what it finds.
  const withPlan = isQuiet ? await withPlanFile(current, file) : current;
  const known = await withConfig(withPlan, paths.config);
  if (isQuiet && known !== cached) refreshCache(paths, id, known);
  return viewOf(seen, known);
}

/** What was seen before any file was read. */
type Seen = Pick<MilestoneView, 'id' | 'file' | 'executor'>;

function viewOf(seen: Seen, known: CachedSnapshot): MilestoneView {
  const {snapshot, position, config} = known;
  return {
    ...seen,
    origin: originOf(known),
    ...(known.imported?.execution && {elsewhere: known.imported.execution}),
    snapshot,
    position,
    edit: editOf(known),
    projectDriver: projectDriverOf(config),
  };
}

/** A milestone whose plan file was deleted under way has a log all the same. */
function locateOrGuess(paths: HomePaths, id: MilestoneId): string {
  return fs.existsSync(paths.completed(id)) && !fs.existsSync(paths.active(id))
    ? paths.completed(id)
    : paths.active(id);
}

/** What the log says now or, without one, the plan file; the very cache when it says that already. */
async function bringUpToDate(
  paths: HomePaths,
  id: MilestoneId,
  file: string,
  cached: CachedSnapshot | undefined,
): Promise<CachedSnapshot> {
  const size = logSize(paths, id);
  if (size > 0) {
    const fits = cached && cached.position.seq > 0 ? cached : undefined;
    if (fits && isOfNow(fits, size, file)) return fits;
    const folded = foldLog(paths, id, fits && {...fits, state: restoreSnapshot(fits.snapshot)});
    if (folded && folded.position.seq === fits?.position.seq) return fits; // behind it is but a torn tail
    if (folded) return {stamp: null, ...fits, snapshot: takeSnapshot(folded.state), position: folded.position};
  }
  return cached && isOfNow(cached, 0, file) ? cached : readPlanned(file);
}

function logSize(paths: HomePaths, id: MilestoneId): number {
  return fs.statSync(paths.log(id), {throwIfNoEntry: false})?.size ?? 0;
}

/** Whether a cache is of all that the log has or, without one, of the plan file as it is. */
function isOfNow({position, imported, stamp}: CachedSnapshot, logSize: number, file: string): boolean {
  if (logSize > 0) return position.seq > 0 && position.offset === logSize;
  return imported !== undefined && position.seq === 0 && isSame(stamp, planStamp(file));
}

/** A milestone without a log: what its file says. */
async function readPlanned(file: string): Promise<CachedSnapshot> {
  const {readPlanFile} = await import('../plan/file/reader.ts');
  const read = readPlanFile(file);
  // What is over is not executed any more, whatever its keys are called.
  if (!read.plan || !isOver(read.imported.status)) validatePlan(read, file);
  const {plan, imported, stamp} = read as typeof read & {plan: Plan};
  const {status, execution, tasks, checked} = imported;
  const state = initialState(plan, tasks, checked);
  state.status = status;
  return {
    snapshot: takeSnapshot(state),
    position: LOG_START,
    stamp: stamp ?? null,
    imported: {status, ...(execution && {execution})},
  };
}

/** Whether the plan file is another one than the program last read or wrote, and says something else. */
async function withPlanFile(known: CachedSnapshot, file: string): Promise<CachedSnapshot> {
  const stamp = planStamp(file);
  if (isFileKnown(known, stamp)) return known;
  return {...known, laterPlan: {stamp: stamp ?? null, ...(await findEdit(known.snapshot, file))}};
}

/** Whether the plan file is one whose difference from the plan in force is known, or matters no more. */
function isFileKnown(
  {snapshot: {stored}, stamp: known, laterPlan}: CachedSnapshot,
  stamp: FileStamp | undefined,
): boolean {
  if (stored.seq === 0 || isOver(stored.status)) return true;
  return isSame(known, stamp) || (laterPlan !== undefined && isSame(laterPlan.stamp, stamp));
}

async function findEdit({plan, tasks}: Snapshot, file: string): Promise<{edit?: PlanEdit}> {
  const {readPlanFile} = await import('../plan/file/reader.ts');
  const completed = new Set(plan.tasks.flatMap(({id}, index) => (tasks[index]?.status === 'completed' ? id : [])));
  const edited = judgeEdit(plan, readPlanFile(file), id => completed.has(id));
  if (edited.kind === 'same') return {};
  return {edit: {problems: edited.kind === 'refused' ? edited.problems.map(({message}) => message) : []}};
}

/** A reader's finding is of a later version than the one that the executor refused. */
function editOf({laterPlan, snapshot}: CachedSnapshot): PlanEdit | undefined {
  if (laterPlan) return laterPlan.edit;
  const {refused} = snapshot.stored;
  return refused && {problems: refused};
}

async function withConfig(known: CachedSnapshot, file: string): Promise<CachedSnapshot> {
  const stamp = planStamp(file);
  if (isConfigKnown(known, stamp)) return known;
  if (!stamp) return {...known, config: {stamp: null}};
  const {readConfigFile} = await import('../plan/file/reader.ts');
  const driver = readConfigFile(file).config.settings?.driver;
  return {...known, config: {stamp, ...(driver !== undefined && {driver})}};
}

function isConfigKnown({config}: CachedSnapshot, stamp: FileStamp | undefined): boolean {
  return config !== undefined && isSame(config.stamp, stamp);
}

function isSame(a: FileStamp | null | undefined, b: FileStamp | null | undefined): boolean {
  return isSameStamp(a ?? undefined, b ?? undefined);
}

function originOf({imported}: CachedSnapshot): MilestoneView['origin'] {
  if (!imported) return 'log';
  return imported.execution ? 'elsewhere' : 'plan';
}

/** The cache shortens the way of the next reader; when it cannot be written, that one takes the long way too. */
function refreshCache(paths: HomePaths, id: MilestoneId, known: CachedSnapshot): void {
  try {
    // Before the first activation nothing else keeps the folder out of git's sight.
    if (makeFolder(paths.cacheFolder) !== undefined)
      fs.writeFileSync(path.join(paths.cacheFolder, '.gitignore'), '*\n');
    writeCachedSnapshot(paths.cache(id), paths.log(id), known);
  } catch {}
}
