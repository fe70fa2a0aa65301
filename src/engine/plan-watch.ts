import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import type {PlanReading} from '../plan/file/read-in-child.ts';
import {isSameStamp, planStamp} from '../plan/file/stamp.ts';
import type {Plan, TaskId} from '../plan/plan.ts';
import {diffPlans, removedTasks} from '../plan/plan-diff.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import {handEdits} from '../projections/hand-edits.ts';
import type {LiveProjections} from '../projections/live-projections.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';

/** Notices edits of the plan file while it executes, and puts them in force. */
export class PlanWatch {
  private readonly looks = new SerialQueue();
  private hasWarned = false;

  constructor(
    private readonly execution: Execution,
    private readonly projections: LiveProjections,
    private readonly planFile: string,
    private readonly read: () => Promise<PlanReading>,
  ) {}

  /** Look at the file once; one look at a time. @returns False when it could not be read, and has to be looked at again. */
  look(): Promise<boolean> {
    return this.looks.run(() => this.lookOnce());
  }

  private async lookOnce(): Promise<boolean> {
    const {execution, projections} = this;
    const stamp = planStamp(this.planFile);
    if (!stamp) {
      projections.forget();
      refuse(execution, ['the plan file was deleted; execution goes on with the plan in force']);
      return true;
    }
    if (isSameStamp(stamp, projections.stamp)) return true;
    const read = await this.tryToRead();
    // Too late for this execution; the next one finds the edit again.
    if (!read || execution.signal.aborted) return false;
    projections.adopt(read);
    await adoptReading(execution, read);
    return true;
  }

  /** A reader that dies, as for want of memory, is no reason to end: the next look starts another one. */
  private async tryToRead(): Promise<PlanReading | undefined> {
    try {
      const read = await this.read();
      this.hasWarned = false;
      return read;
    } catch (error) {
      if (!(error instanceof MilestoneError)) throw error;
      if (!this.hasWarned && !this.execution.signal.aborted) this.execution.warn(error.message);
      this.hasWarned = true;
      return undefined;
    }
  }
}

/** Put a plan that was read in force, or record why not. */
export async function adoptReading(execution: Execution, read: PlanReading): Promise<void> {
  const errors = read.problems.filter(problem => problem.severity === 'error');
  const reasons = errors.length > 0 ? errors : read.problems; // what is no milestone at all is but a warning
  if (errors.length > 0 || !read.plan)
    return refuse(
      execution,
      reasons.map(problem => problem.message),
    );
  await adopt(execution, read.plan, read.layout ? handEdits(read.layout, execution.state) : []);
}

async function adopt(execution: Execution, plan: Plan, edited: readonly string[]): Promise<void> {
  const {state} = execution;
  const change = diffPlans(state.plan, plan);
  if (!change && !state.refused && edited.length === 0) return;
  const removed = change ? removedTasks(change) : [];
  if (refuseLost(execution, removed)) return;
  await interrupt(execution, removed);
  // The execution ends before they do; the next one finds the edit again.
  if (removed.some(id => state.running.has(id))) return;
  // One that was about to be integrated may have completed all the same.
  if (!refuseLost(execution, removed)) {
    const warnings = [...warningsOf(state, plan), ...edited];
    execution.record({event: 'plan_changed', details: {change: change ?? {}, warnings}});
  }
  for (const id of removed) execution.ready.release(id);
}

/** @returns Whether the plan would lose what is completed, and is refused for it. */
function refuseLost(execution: Execution, removed: readonly TaskId[]): boolean {
  const lost = removed.filter(id => taskState(execution.state, id).status === 'completed');
  if (lost.length === 0) return false;
  refuse(
    execution,
    lost.map(id => `task \`${id}\` is completed and cannot be removed from the plan`),
  );
  return true;
}

function refuse(execution: Execution, problems: string[]): void {
  if (problems.join('\n') === execution.state.refused?.join('\n')) return;
  execution.record({event: 'plan_refused', details: {problems}});
}

/** What is taken out of the plan while it runs ends first; its work is kept. */
async function interrupt(execution: Execution, removed: readonly TaskId[]): Promise<void> {
  const {ready, attempts, state, clock, signal, agents} = execution;
  const outcome: Outcome = {kind: 'cancelled', message: 'was taken out of the plan'};
  for (const id of removed) ready.hold(id);
  for (const id of removed) {
    for (let task = taskState(state, id); task.status === 'in_progress'; task = taskState(state, id)) {
      if (signal.aborted) break;
      const isAtWork = attempts.interrupt(id, outcome);
      // What a person has done waits for checks that nobody has begun yet.
      if (!isAtWork && !agents) execution.endAttempt({taskId: id, attempt: task.attempt, slot: task.slot}, outcome);
      else await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

const LOOK_AGAIN_MS = 20;

/** Edits that come too late for a task that is done. */
function warningsOf(state: MilestoneState, next: Plan): string[] {
  const change = diffPlans(state.plan, next);
  return Object.entries(change?.tasks ?? {}).flatMap(([id, task]) =>
    task !== null && state.tasks.get(id)?.status === 'completed'
      ? [`task \`${id}\` is completed; what changed in it takes effect only after \`milestone redo ${state.id} ${id}\``]
      : [],
  );
}
