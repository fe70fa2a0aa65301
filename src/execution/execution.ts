import type {MilestoneEvent} from '../events/event.ts';
import {EVENT_KINDS} from '../events/event-kind.ts';
import type {Repository} from '../git/git.ts';
import type {Uses} from '../lock/named-locks.ts';
import type {TaskId} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import {isTaskEvent} from '../state/fold-task.ts';
import type {RemoteWork} from '../workers/remote-work.ts';
import {RepositoryWatch} from '../workspace/repository-watch.ts';
import type {Workspace} from '../workspace/workspace.ts';
import {Checks} from './checks.ts';
import type {InForce} from './in-force.ts';
import {Jobs} from './jobs.ts';
import type {Ledger} from './ledger.ts';
import type {Lifetime} from './lifetime.ts';
import type {LiveAttempts} from './live-attempts.ts';
import {MergeQueue} from './merge-queue.ts';
import {ReadyTasks} from './ready-tasks.ts';
import {RemoteChecks} from './remote-checks.ts';
import type {Surroundings} from './surroundings.ts';
import {Timers} from './timers.ts';

/** What it takes to change an activated milestone, whether or not it is executed. */
export interface Ground {
  ledger: Ledger;
  inForce: InForce;
  attempts: LiveAttempts;
  surroundings: Surroundings;
  workspace: Workspace;
  lifetime: Lifetime;
  clock: Clock;
  /** Undefined outside git, and with `--no-git`. */
  repo: Repository | undefined;
  /** Undefined where config.yaml names no workers. */
  remote?: RemoteWork | undefined;
  /** Told of what a person should know and no event says. */
  warn(message: string): void;
}

export interface ExecutionParts {
  uses: Uses;
  /** Tasks that this run is restricted to. */
  selection: ReadonlySet<TaskId> | undefined;
  /** On the file system that holds the slots. */
  slotsFolder: string;
  /** Anything goes that an agent can do, as the command line says. */
  yolo: boolean;
  /** Sleep through a driver's rest. */
  wait: boolean;
}

/** The execution of one milestone by this process: its parts, of which whoever does something names those that he needs. */
export class Execution {
  readonly ledger: Ledger;
  readonly inForce: InForce;
  readonly attempts: LiveAttempts;
  readonly surroundings: Surroundings;
  readonly workspace: Workspace;
  readonly lifetime: Lifetime;
  readonly clock: Clock;
  readonly repo: Repository | undefined;
  readonly remote: RemoteWork | undefined;
  readonly uses: Uses;
  readonly slotsFolder: string;
  readonly yolo: boolean;
  readonly wait: boolean;
  readonly warn: (message: string) => void;
  /** Sees what attempts and checks change in the repository beside their work. */
  readonly repositoryWatch: RepositoryWatch | undefined;
  readonly checks: Checks;
  /** Undefined where there are no workers. */
  readonly remoteChecks: RemoteChecks | undefined;
  readonly jobs: Jobs;
  readonly mergeQueue: MergeQueue;
  readonly timers: Timers;
  readonly ready: ReadyTasks;

  constructor(ground: Ground, parts: ExecutionParts) {
    const {ledger, inForce, workspace, lifetime, clock, repo} = ground;
    this.ledger = ledger;
    this.inForce = inForce;
    this.attempts = ground.attempts;
    this.surroundings = ground.surroundings;
    this.workspace = workspace;
    this.lifetime = lifetime;
    this.clock = clock;
    this.repo = repo;
    this.remote = ground.remote;
    this.uses = parts.uses;
    this.slotsFolder = parts.slotsFolder;
    this.yolo = parts.yolo;
    this.wait = parts.wait;
    this.warn = ground.warn;
    this.repositoryWatch = repo && workspace.branch ? new RepositoryWatch(repo, ledger.state.id) : undefined;
    this.checks = new Checks({...ground, repositoryWatch: this.repositoryWatch});
    this.remoteChecks = this.remote && repo && new RemoteChecks({...ground, remote: this.remote, repo});
    this.jobs = new Jobs(error => lifetime.fail(error));
    this.mergeQueue = new MergeQueue(workspace.branch);
    this.timers = new Timers(clock, lifetime.signal, parts.uses);
    this.ready = new ReadyTasks(ledger.state, {
      constraintOf: id => inForce.constraintOf(id),
      standingOf: id => inForce.standingOf(id),
      maxAttemptsOf: id => inForce.settingsOf(id).maxAttempts,
      now: () => clock.now(),
      after: (ms, then) => this.timers.after(ms, then),
      selection: parts.selection,
    });
    ledger.onRecorded((event, endsAttempt) => {
      // Names are taken before the attempt is on record: only its end gives them back.
      if (endsAttempt) this.uses.release((event.details as {task_id: TaskId}).task_id);
      this.followReady(event);
    });
  }

  private followReady(event: MilestoneEvent): void {
    const kind = EVENT_KINDS[event.event];
    if (kind === 'plan' || kind === 'standing') this.ready.rebuild();
    else if (isTaskEvent(event)) this.ready.refresh(event.details.task_id);
  }
}
