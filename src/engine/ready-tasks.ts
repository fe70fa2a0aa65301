import {chooseDriver} from '../drivers/registry.ts';
import {remainingPath} from '../milestone/graph.ts';
import type {Task, TaskId} from '../milestone/plan.ts';
import type {ResolvedTaskSettings} from '../milestone/settings.ts';
import {chooseNext} from '../scheduler/choose-next.ts';
import {ReadyQueue} from '../scheduler/ready-queue.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';

/** Follows the state and knows at every moment which tasks could start. */
export class ReadyTasks {
  private queue = new ReadyQueue();
  private manualTasks = new Set<TaskId>();
  private readonly heldTasks = new Set<TaskId>();
  private order = new Map<TaskId, number>();
  private remaining = new Map<TaskId, number>();

  /** @param selection Tasks that this run is restricted to. */
  constructor(
    private readonly state: MilestoneState,
    private readonly settingsOf: (id: TaskId) => ResolvedTaskSettings,
    private readonly selection: ReadonlySet<TaskId> | undefined,
  ) {
    this.rebuild();
  }

  /** Start over from the state: the plan changed. */
  rebuild(): void {
    this.queue = new ReadyQueue();
    this.manualTasks = new Set();
    this.order = new Map(this.state.plan.tasks.map((task, place) => [task.id, place]));
    this.remaining = remainingPath(this.state.plan.tasks);
    for (const task of this.state.plan.tasks) this.refreshOne(task.id);
  }

  /** A task changed: look at it and at what waits for it. */
  refresh(id: TaskId): void {
    this.refreshOne(id);
    if (isSatisfied(taskState(this.state, id)))
      for (const dependant of this.state.dependants.get(id) ?? []) this.refreshOne(dependant);
  }

  /** Keep a task from starting, until `release`: something else is about to happen to it. */
  hold(id: TaskId): void {
    this.heldTasks.add(id);
    this.refreshOne(id);
  }

  /** Whether something is about to happen to a task, whatever else remains. */
  get isHolding(): boolean {
    return this.heldTasks.size > 0;
  }

  release(id: TaskId): void {
    this.heldTasks.delete(id);
    if (this.state.tasks.has(id)) this.refreshOne(id);
  }

  /** Ready tasks that the program can start by itself. */
  get size(): number {
    return this.queue.size;
  }

  /** Ready tasks that wait for a person. */
  get manual(): readonly TaskId[] {
    return [...this.manualTasks];
  }

  /** The tasks to start now, best first. */
  choose(maxParallel: number, usedElsewhere: ReadonlySet<string>): TaskId[] {
    const places = maxParallel - this.state.running.size;
    if (places <= 0 || this.queue.size === 0) return [];
    const running = [...this.state.running].map(id => {
      const task = taskState(this.state, id);
      return {constraint: this.settingsOf(id), ...(task.status === 'in_progress' && task.alone && {alone: true})};
    });
    return chooseNext({maxParallel, running, ready: this.queue.best(places), usedElsewhere});
  }

  private refreshOne(id: TaskId): void {
    const task = taskState(this.state, id);
    const isReady =
      task.status === 'pending' &&
      !task.undecided &&
      !this.heldTasks.has(id) &&
      this.state.unmet.get(id) === 0 &&
      (this.selection?.has(id) ?? true);
    const settings = this.settingsOf(id);
    const isManual = isReady && chooseDriver(this.state.taskById.get(id) as Task, settings).kind === 'manual';
    if (isManual) this.manualTasks.add(id);
    else this.manualTasks.delete(id);
    if (isReady && !isManual)
      this.queue.add(
        {
          id,
          remaining: this.remaining.get(id) ?? 1,
          order: this.order.get(id) ?? 0,
          ...(task.alone && {alone: true}),
        },
        settings,
      );
    else this.queue.remove(id);
  }
}
