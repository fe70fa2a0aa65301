// The door for whoever changes a milestone:
//
//   lock ──> plan as it is under the lock ──> log folded ──> act ──> files follow ──> log closed ──> lock given back
//
// H1. Nothing is changed before `openLog` is called.
// H2. The lock is given back last.

import {createHash} from 'node:crypto';
import path from 'node:path';
import type {NewEvent} from '../events/event.ts';
import {setForeignAside} from '../events/foreign-lines.ts';
import {EventLog} from '../events/log.ts';
import type {LogPosition} from '../events/log-position.ts';
import type {Repository} from '../git/git.ts';
import {openRepository, withMarker} from '../git/repository.ts';
import {locksFolderOf} from '../lock/executor.ts';
import {acquireLockWaiting, type Lock, type LockPurpose} from '../lock/lock.ts';
import {type HomePaths, homePaths} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import type {Clock} from '../platform/clock.ts';
import {endMarkedGit} from '../platform/processes/git-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {LiveProjections} from '../projections/live-projections.ts';
import {movePlanFile, recoverPlanFile} from '../projections/plan-file-writer.ts';
import {applyEvent} from '../state/apply-event.ts';
import {isOver, type MilestoneState} from '../state/milestone.ts';
import {locatePlan} from './find-milestone.ts';
import {foldMilestone} from './fold-log.ts';
import {newSessionId} from './session-id.ts';

export interface HoldOptions {
  home: string;
  id: MilestoneId;
  clock: Clock;
  readPlan(file: string, configFile: string): Promise<PlanReading>;
  /** Told of what a person should know and no event says. */
  warn(message: string): void;
  signal: AbortSignal;
  takeOver?: boolean;
  /** Begin a log for a plan that was executed elsewhere. */
  adopt?: boolean;
}

/** What a command needs that changes a milestone by itself, over in a moment. */
export interface CommandOptions extends HoldOptions {
  callerEnv: Readonly<Record<string, string | undefined>>;
}

/** A milestone as it lies there: what judging it takes. */
export interface MilestoneOnDisk {
  id: MilestoneId;
  paths: HomePaths;
  /** Where the plan file is now. */
  planFile: string;
  /** Undefined outside git. */
  repo: Repository | undefined;
  read: PlanReading;
  state: MilestoneState;
}

/** A milestone that nobody else can change; of its log nothing is known yet. */
export interface LockedMilestone extends Omit<MilestoneOnDisk, 'state'> {
  /** Of all locks of the repository or, outside git, of the home. */
  locksFolder: string;
  lock: Lock;
  sessionId: string;
  clock: Clock;
}

/**
 * Hold a milestone while `act` lasts. What a command has recorded is in the plan file and the cache when this resolves;
 * an executor, whose files follow as it goes, settles them itself.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `LOCKED`, `PLAN_INVALID`, `LOG_MISSING`, `LOG_CORRUPT` and those of the
 * file system.
 */
export function hold<Result>(
  options: HoldOptions & {purpose: LockPurpose},
  act: (held: HeldMilestone) => Promise<Result>,
): Promise<Result> {
  return holdUnread(options, (_, fold) => {
    const held = fold();
    held.bringBack();
    return act(held);
  });
}

/**
 * The same for the doctor, who mends the log before he has it folded.
 * @param act `fold` reads the log.
 * @throws {MilestoneError} as `hold`; those of the log from `fold`.
 */
export async function holdUnread<Result>(
  options: HoldOptions & {purpose: LockPurpose},
  act: (locked: LockedMilestone, fold: () => HeldMilestone) => Promise<Result>,
): Promise<Result> {
  const locked = await lockMilestone(options);
  let held: HeldMilestone | undefined;
  try {
    const result = await act(locked, () => {
      held = new HeldMilestone(locked, options);
      return held;
    });
    if (options.purpose === 'command') await held?.flush();
    return result;
  } finally {
    await held?.close();
    locked.lock.release();
  }
}

async function lockMilestone(options: HoldOptions & {purpose: LockPurpose}): Promise<LockedMilestone> {
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

/** A milestone in this process's hands. */
export class HeldMilestone implements LockedMilestone {
  readonly id: MilestoneId;
  readonly paths: HomePaths;
  /** Where the plan file is now. */
  planFile: string;
  readonly repo: Repository | undefined;
  readonly locksFolder: string;
  readonly lock: Lock;
  readonly sessionId: string;
  readonly clock: Clock;
  readonly state: MilestoneState;
  /** The plan as it was read under the lock. */
  read: PlanReading;
  private readonly position: LogPosition;
  private readonly foreignLines: number;
  private log: EventLog | undefined;
  private files: LiveProjections | undefined;
  private flushedSeq: number | undefined;

  constructor(
    locked: LockedMilestone,
    private readonly options: Pick<HoldOptions, 'readPlan' | 'warn' | 'adopt'>,
  ) {
    this.id = locked.id;
    this.paths = locked.paths;
    this.planFile = locked.planFile;
    this.repo = locked.repo;
    this.locksFolder = locked.locksFolder;
    this.lock = locked.lock;
    this.sessionId = locked.sessionId;
    this.clock = locked.clock;
    this.read = locked.read;
    const {state, position, foreignLines} = foldMilestone(locked, options);
    this.state = state;
    this.position = position;
    this.foreignLines = foreignLines;
  }

  /** Open the log for writing, at the first call: the first step that changes anything. */
  openLog(): EventLog {
    this.log ??= EventLog.open(this.paths.log(this.id), {
      milestoneId: this.id,
      sessionId: this.sessionId,
      clock: this.clock,
      after: this.withoutForeignLines(),
      beforeSync: () => this.lock.check(),
    });
    return this.log;
  }

  /** The files that follow the log. */
  get projections(): LiveProjections {
    const {paths, planFile, read, state, clock} = this;
    const checkpoint = () => resolveMilestoneSettings(state.plan.settings, read.config.settings).checkpoint;
    this.files ??= new LiveProjections({paths, planFile, read, state, log: this.openLog(), clock, checkpoint});
    return this.files;
  }

  /** Fold events and queue them for the log, before and outside an execution. Resolves once they are on disk. */
  record(events: readonly NewEvent[]): Promise<void> {
    const log = this.openLog();
    for (const event of events) log.append(event, recorded => applyEvent(this.state, recorded));
    return log.durable();
  }

  /** Let plan file and cache follow to the end of the log, if it was opened and they do not yet. */
  async flush(): Promise<void> {
    if (!this.log || this.flushedSeq === this.state.seq) return;
    await this.projections.flush(() => this.options.readPlan(this.planFile, this.paths.config));
    this.projections.writeCache();
    this.flushedSeq = this.state.seq;
  }

  /**
   * What a task of is done again is active again, and its plan with it, once the files have followed: what ends between
   * the two leaves it to the next.
   */
  bringBack(): void {
    const {paths, id, planFile, state} = this;
    if (!state.activation || isOver(state.status) || planFile !== paths.completed(id)) return;
    this.planFile = paths.active(id);
    movePlanFile(planFile, this.planFile);
  }

  async close(): Promise<void> {
    await this.log?.close();
  }

  private withoutForeignLines(): LogPosition {
    const {id, paths, lock, position, foreignLines, clock} = this;
    if (foreignLines === 0) return position;
    lock.check();
    const {kept, length} = setForeignAside(paths.log(id), clock);
    const what =
      length === 0
        ? 'the event log was written by another program'
        : `the event log had ${foreignLines === 1 ? 'a line' : `${foreignLines} lines`} of another program`;
    const anew = length === 0 ? ', and begins anew with what the plan says' : '';
    this.options.warn(`${what}: it is kept as it was in \`${kept}\`${anew}`);
    return {seq: position.seq, offset: length};
  }
}
