import {remainingPath} from '../plan/graph.ts';
import type {TaskId} from '../plan/plan.ts';
import {type Constraint, chooseNext} from '../scheduler/choose-next.ts';
import {ReadyQueue} from '../scheduler/ready-queue.ts';
import {isReady} from '../state/is-ready.ts';
import {type MilestoneState, roomTaken, taskState} from '../state/milestone.ts';
import {isSatisfied, type TaskState} from '../state/task.ts';

/** Who would do a task now. `waits`: whoever would cannot at the moment. */
export type Standing = {kind: 'go'} | {kind: 'manual'} | {kind: 'waits'; driver: string};

/** What a task's readiness hangs on besides the state. */
export interface Readiness {
  constraintOf(id: TaskId): Constraint;
  standingOf(id: TaskId): Standing;
  /** Bound over all attempts. */
  maxAttemptsOf(id: TaskId): number;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Have `then` called after `ms`. */
  after(ms: number, then: () => void): void;
  /** Tasks that this run is restricted to. */
  selection: ReadonlySet<TaskId> | undefined;
}

/** Follows the state and knows at every moment which tasks could start. */
export class ReadyTasks {
  private queue = new ReadyQueue();
  private manualTasks = new Set<TaskId>();
  private waitingTasks = new Map<TaskId, string>();
  private backingOff = new Set<TaskId>();
  private readonly exhaustedTasks = new Set<TaskId>();
  /** How often each is deferred. */
  private readonly deferred = new Map<TaskId, number>();
  private order = new Map<TaskId, number>();
  private remaining = new Map<TaskId, number>();

  constructor(
    private readonly state: MilestoneState,
    private readonly facts: Readiness,
  ) {
    this.rebuild();
  }

  /** Start over from the state: the plan changed. */
  rebuild(): void {
    this.queue = new ReadyQueue();
    this.manualTasks = new Set();
    this.waitingTasks = new Map();
    this.backingOff = new Set();
    this.exhaustedTasks.clear();
    this.order = new Map(this.state.plan.tasks.map((task, index) => [task.id, index]));
    this.remaining = remainingPath(this.state.plan.tasks);
    for (const task of this.state.plan.tasks) this.refreshOne(task.id);
  }

  /** A task changed: look at it and at what waits for it. */
  refresh(id: TaskId): void {
    this.refreshOne(id);
    if (isSatisfied(taskState(this.state, id)))
      for (const dependant of this.state.dependants.get(id) ?? []) this.refreshOne(dependant);
  }

  /** Keep a task from starting, until as many calls of `release`: something else is about to happen to it. */
  defer(id: TaskId): void {
    this.deferred.set(id, (this.deferred.get(id) ?? 0) + 1);
    this.refreshOne(id);
  }

  /** Whether something is about to happen to a task, whatever else remains. */
  get isDeferring(): boolean {
    return this.deferred.size > 0;
  }

  release(id: TaskId): void {
    const times = this.deferred.get(id) ?? 0;
    if (times > 1) this.deferred.set(id, times - 1);
    else this.deferred.delete(id);
    if (this.state.tasks.has(id)) this.refreshOne(id);
  }

  /** Ready tasks that the program can start by itself, now or after a while. */
  get size(): number {
    return this.queue.size + this.backingOff.size;
  }

  /** Ready tasks that wait for a person. */
  get manual(): readonly TaskId[] {
    return [...this.manualTasks];
  }

  /** Ready tasks whose driver cannot work at the moment, with its name. */
  get waiting(): ReadonlyMap<TaskId, string> {
    return this.waitingTasks;
  }

  /** Whether this run is restricted to some of the tasks. */
  get isRestricted(): boolean {
    return this.facts.selection !== undefined;
  }

  /** One of the tasks that this run is restricted to, which waits for another that is left out. */
  get leftOut(): {task: TaskId; waitsFor: TaskId} | undefined {
    const {selection} = this.facts;
    for (const task of selection ?? []) {
      if (this.state.tasks.get(task)?.status !== 'pending') continue;
      const waitsFor = this.state.taskById
        .get(task)
        ?.dependencies?.find(id => !selection?.has(id) && !isSatisfied(taskState(this.state, id)));
      if (waitsFor !== undefined) return {task, waitsFor};
    }
    return undefined;
  }

  /** Tasks that have no attempt left and did not fail. */
  get exhausted(): readonly TaskId[] {
    return [...this.exhaustedTasks];
  }

  /** The tasks to start now, best first. */
  choose(maxParallel: number, usedElsewhere: ReadonlySet<string>): TaskId[] {
    const room = maxParallel - roomTaken(this.state);
    if (room <= 0 || this.queue.size === 0) return [];
    const running = [...this.state.running].map(id => {
      const task = taskState(this.state, id);
      return {
        constraint: this.facts.constraintOf(id),
        ...(task.status === 'in_progress' && task.alone && {alone: true}),
      };
    });
    return chooseNext({room, running, ready: this.queue.best(room), usedElsewhere});
  }

  private refreshOne(id: TaskId): void {
    const task = taskState(this.state, id);
    this.queue.remove(id);
    this.manualTasks.delete(id);
    this.waitingTasks.delete(id);
    this.backingOff.delete(id);
    this.exhaustedTasks.delete(id);
    if (!this.isReady(id, task)) return;
    const {started} = task.history.counters;
    if (started > 0 && started >= this.facts.maxAttemptsOf(id)) {
      // A rejected phase is a matter of its own.
      if (!isRejected(task)) this.exhaustedTasks.add(id);
      return;
    }
    const standing = this.facts.standingOf(id);
    if (standing.kind === 'manual') this.manualTasks.add(id);
    else if (standing.kind === 'waits') this.waitingTasks.set(id, standing.driver);
    else if (this.rests(id, task)) this.backingOff.add(id);
    else this.enqueue(id, task);
  }

  private isReady(id: TaskId, task: TaskState): boolean {
    return (
      isReady(task, this.state.unmet.get(id) ?? 0) && !this.deferred.has(id) && (this.facts.selection?.has(id) ?? true)
    );
  }

  /** Not yet: whoever is busy is given time. */
  private rests(id: TaskId, task: TaskState): boolean {
    if (task.status !== 'pending' || task.notBefore === undefined) return false;
    const waitMs = Date.parse(task.notBefore) - this.facts.now();
    if (waitMs <= 0) return false;
    this.facts.after(waitMs, () => this.state.tasks.has(id) && this.refreshOne(id));
    return true;
  }

  private enqueue(id: TaskId, task: TaskState): void {
    const {remaining, order} = this;
    const isAlone = task.status === 'pending' && task.alone === true;
    this.queue.add(
      {id, remaining: remaining.get(id) ?? 1, order: order.get(id) ?? 0, ...(isAlone && {alone: true})},
      this.facts.constraintOf(id),
    );
  }
}

function isRejected({history: {kiro}}: TaskState): boolean {
  return kiro?.phases[kiro.phase].approval?.status === 'rejected';
}
