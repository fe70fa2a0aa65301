import fs from 'node:fs';
import type {MilestoneEvent} from '../../events/event.ts';
import {followLog} from '../../events/follow-log.ts';
import type {LogPosition} from '../../events/log-position.ts';
import {type LogEntry, readLog} from '../../events/read-log.ts';
import {readExecutor} from '../../lock/executor.ts';
import {isAtWork} from '../../lock/lock-holder.ts';
import {look, type MilestoneView} from '../../milestone/look.ts';
import type {HomePaths} from '../../plan/file/home.ts';
import type {MilestoneId, Settings, TaskId} from '../../plan/plan.ts';
import {systemClock} from '../../platform/clock.ts';
import {statusReport} from '../../reports/status-report.ts';
import type {StatusReport} from '../../reports/status-shape.ts';
import {applyEvent} from '../../state/apply-event.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {restoreSnapshot, takeSnapshot} from '../../state/snapshot.ts';
import {limitsOf, warningsOf} from '../status-facts.ts';

const POLL_MS = 100;

/** A milestone that is looked at from outside, and goes on. It costs whoever executes it nothing, and writes nothing. */
export class LiveMilestone {
  readonly state: MilestoneState;
  private position: LogPosition;
  private executor: MilestoneView['executor'];

  private constructor(
    readonly paths: HomePaths,
    private readonly loaded: MilestoneView,
    /** Settings of config.yaml, as they were. */
    private readonly project: Settings,
  ) {
    this.state = restoreSnapshot(loaded.snapshot);
    this.position = loaded.position;
    this.executor = loaded.executor;
  }

  /** @throws {MilestoneError} as `look`. */
  static async load(paths: HomePaths, id: MilestoneId): Promise<LiveMilestone> {
    const view = await look(paths, id);
    return new LiveMilestone(paths, view, await limitsOf(paths.config));
  }

  get id(): MilestoneId {
    return this.loaded.id;
  }

  /** Somebody executes it, or may do so where nobody can tell. */
  get isBusy(): boolean {
    return isAtWork(this.executor.who);
  }

  /**
   * Fold what is written from now on, until `signal` aborts.
   * @throws {MilestoneError} as `followLog`.
   */
  async follow(signal: AbortSignal, onEvent: (event: MilestoneEvent) => void): Promise<void> {
    const log = this.paths.log(this.id);
    for await (const entry of followLog(log, this.position, systemClock, signal, {pollMs: POLL_MS}))
      onEvent(this.fold(entry));
  }

  /** Fold what is written by now; not while `follow` does. */
  catchUp(onEvent: (event: MilestoneEvent) => void): void {
    const log = this.paths.log(this.id);
    if (fs.existsSync(log)) for (const entry of readLog(log, {from: this.position})) onEvent(this.fold(entry));
  }

  /** See whether anybody executes it now. */
  poll(): void {
    this.executor = readExecutor(this.paths.home, this.id);
  }

  /** With the last events that say something of the work. */
  report(): StatusReport {
    const {loaded, state, position, executor} = this;
    const isNew = state.seq > loaded.position.seq;
    const {refused} = state;
    const view: MilestoneView = {
      ...loaded,
      origin: state.seq > 0 ? 'log' : loaded.origin,
      snapshot: takeSnapshot(state),
      position,
      executor,
      edit: isNew ? refused && {problems: refused} : loaded.edit,
    };
    const facts = {project: this.project, warnings: warningsOf(this.paths, view, this.project)};
    return {...statusReport(view, facts), events: state.notable};
  }

  /** When each running attempt last printed something, in milliseconds since the epoch. */
  lastSigns(): Map<TaskId, number> {
    const signs = new Map<TaskId, number>();
    for (const id of this.state.running) {
      const attempt = this.state.tasks.get(id)?.history.attempts ?? 0;
      const stats = fs.statSync(this.outputFile(id, attempt), {throwIfNoEntry: false});
      if (stats) signs.set(id, stats.mtimeMs);
    }
    return signs;
  }

  /** What an attempt printed; there may be no such file. */
  outputFile(task: TaskId, attempt: number): string {
    return this.paths.attemptLog(this.id, task, attempt);
  }

  private fold({event, offset}: LogEntry): MilestoneEvent {
    applyEvent(this.state, event);
    this.position = {offset, seq: event.seq};
    return event;
  }
}
