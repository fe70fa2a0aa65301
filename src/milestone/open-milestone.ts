import {createHash} from 'node:crypto';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {setForeignAside} from '../events/foreign-lines.ts';
import {EventLog} from '../events/log.ts';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import type {Repository} from '../git/git.ts';
import {openRepository, withMarker} from '../git/repository.ts';
import {locksFolderOf} from '../lock/executor.ts';
import {acquireLockWaiting, type Lock, type LockPurpose} from '../lock/lock.ts';
import {validatePlan} from '../plan/assert-valid.ts';
import {type HomePaths, homePaths} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import type {MilestoneId, Plan} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import {endMarkedGit} from '../platform/processes/git-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {movePlanFile, recoverPlanFile} from '../projections/plan-file-writer.ts';
import {initialState} from '../state/initial-state.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {locatePlan} from './find-milestone.ts';
import {foldWholeLog} from './fold-log.ts';
import {newSessionId} from './session-id.ts';

export interface OpenOptions {
  home: string;
  id: MilestoneId;
  clock: Clock;
  purpose: LockPurpose;
  readPlan(file: string, configFile: string): Promise<PlanReading>;
  signal: AbortSignal;
  takeOver?: boolean;
  /** Begin a log for a plan that was executed elsewhere. */
  adopt?: boolean;
}

/** A milestone that nobody else can change: the lock is held, the plan is read, of the log nothing is known yet. */
export interface LockedMilestone {
  id: MilestoneId;
  paths: HomePaths;
  /** Where the plan file is now. */
  planFile: string;
  /** Undefined outside git. */
  repo: Repository | undefined;
  /** Of all locks of the repository or, outside git, of the home. */
  locksFolder: string;
  lock: Lock;
  read: PlanReading;
  sessionId: string;
  clock: Clock;
}

/** A milestone in this process's hands: the lock is held, the state is folded. */
export interface OpenMilestone extends LockedMilestone {
  /** Where the log ended when it was read. */
  position: LogPosition;
  /** Lines of another program in it. */
  foreignLines: number;
  state: MilestoneState;
}

/**
 * Take the lock of a milestone, read its plan and fold its log.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `LOCKED`, `PLAN_INVALID`, `LOG_MISSING`, `LOG_CORRUPT` and those of the
 * file system.
 */
export async function openMilestone(options: OpenOptions): Promise<OpenMilestone> {
  const locked = await lockMilestone(options);
  try {
    return broughtBack(foldMilestone(locked, options));
  } catch (error) {
    locked.lock.release();
    throw error;
  }
}

/**
 * What a task of is done again is active again, and its plan with it: what ends between the two leaves it to the next.
 * @returns The milestone with its plan where it belongs.
 */
export function broughtBack(opened: OpenMilestone): OpenMilestone {
  const {paths, id, planFile, state} = opened;
  const isReopened = state.activation && state.status !== 'completed' && planFile === paths.completed(id);
  if (!isReopened) return opened;
  movePlanFile(planFile, paths.active(id));
  return {...opened, planFile: paths.active(id)};
}

const NO_LOG = {state: undefined, position: LOG_START, foreignLines: 0};

/** Fold the log of a locked milestone. */
export function foldMilestone(locked: LockedMilestone, {adopt = false}: {adopt?: boolean} = {}): OpenMilestone {
  const {paths, id, planFile, read} = locked;
  const {state, position, foreignLines} = foldWholeLog(paths, id) ?? NO_LOG;
  return {
    ...locked,
    position,
    foreignLines,
    state: state && position.seq > 0 ? state : plannedState(planFile, read, adopt),
  };
}

/**
 * Take the lock of a milestone and read its plan.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `LOCKED` and those of the file system.
 */
export async function lockMilestone(options: OpenOptions): Promise<LockedMilestone> {
  const {home, id, clock, purpose} = options;
  const paths = homePaths(home);
  locatePlan(paths, id);
  const repository = await openRepository(path.dirname(home));
  const marker = createHash('sha256')
    .update(`${repository?.commonDir ?? home}\0${id}`)
    .digest('hex');
  const repo = repository && withMarker(repository, marker);
  const locksFolder = locksFolderOf(home, repo);
  const sessionId = newSessionId(clock);
  const lock = await acquireLockWaiting(
    path.join(locksFolder, id),
    {purpose, identity: ownIdentity(), clock, sessionId, ...(options.takeOver && {takeOver: true})},
    options.signal,
  );
  try {
    // A git that a dead executor had started may still be at work, also on the branch.
    if (repo) await endMarkedGit(marker, clock);
    // Only now does nobody else write it.
    const planFile = locatePlan(paths, id);
    recoverPlanFile(planFile);
    const read = await options.readPlan(planFile, paths.config);
    return {id, paths, planFile, repo, locksFolder, lock, read, sessionId, clock};
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Open the log for writing; the first step that changes anything.
 * @param warn Told where the lines of another program are kept that were in it.
 */
export function openLog(opened: OpenMilestone, warn: (message: string) => void): EventLog {
  const {id, paths, lock, sessionId, clock} = opened;
  return EventLog.open(paths.log(id), {
    milestoneId: id,
    sessionId,
    clock,
    after: withoutForeignLines(opened, warn),
    beforeSync: () => lock.check(),
  });
}

function withoutForeignLines(opened: OpenMilestone, warn: (message: string) => void): LogPosition {
  const {id, paths, lock, position, foreignLines, clock} = opened;
  if (foreignLines === 0) return position;
  lock.check();
  const {kept, length} = setForeignAside(paths.log(id), clock);
  const what =
    length === 0
      ? 'the event log was written by another program'
      : `the event log had ${lines(foreignLines)} of another program`;
  warn(
    `${what}: it is kept as it was in \`${kept}\`${length === 0 ? ', and begins anew with what the plan says' : ''}`,
  );
  return {seq: position.seq, offset: length};
}

function lines(count: number): string {
  return count === 1 ? 'a line' : `${count} lines`;
}

/** The state of a milestone without a log: what its plan says. */
function plannedState(file: string, read: PlanReading, adopt: boolean): MilestoneState {
  const {execution} = read.imported;
  if (execution && !adopt)
    throw new MilestoneError(
      'LOG_MISSING',
      `\`${file}\` was executed (\`${execution.id}\`), but its event log is not here`,
      {
        hint: 'milestone resume --adopt',
        where: {file},
      },
    );
  validatePlan(read, file);
  return initialState(read.plan as Plan, read.imported.tasks);
}

/** Give the lock back. */
export function closeMilestone({lock}: LockedMilestone): void {
  lock.release();
}
