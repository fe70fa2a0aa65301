import {MilestoneError} from '../errors.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import type {Ledger} from '../execution/ledger.ts';
import {type EditedPlan, judgeEdit} from '../plan/edited-plan.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import {isSameStamp, planStamp} from '../plan/file/stamp.ts';
import type {Plan, Problem, TaskId} from '../plan/plan.ts';
import type {PlanChange} from '../plan/plan-diff.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import {handEdits} from '../projections/hand-edits.ts';
import type {LiveProjections} from '../projections/live-projections.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';

type Watched = Pick<Execution, 'ledger' | 'lifetime' | 'attempts' | 'ready' | 'warn'>;

export interface WatchedPlan {
  file: string;
  read(): Promise<PlanReading>;
  refusals: Refusals;
}

/** Notices edits of the plan file while it executes, and puts them in force. */
export class PlanWatch {
  private readonly polls = new SerialQueue();
  private hasWarned = false;

  constructor(
    private readonly execution: Watched,
    private readonly projections: LiveProjections,
    private readonly plan: WatchedPlan,
  ) {}

  /** Look at the file once; one poll at a time. @returns False when it could not be read, and has to be looked at again. */
  poll(): Promise<boolean> {
    return this.polls.run(() => this.pollOnce());
  }

  /** Put a plan that was read in force, or record why not; running attempts at tasks that it lacks end first. */
  adopt(read: PlanReading): Promise<void> {
    const {execution} = this;
    return adoptReading(execution.ledger, read, {
      refusals: this.plan.refusals,
      around: (removed, adopt) => withoutRunning(execution, removed, adopt),
    });
  }

  private async pollOnce(): Promise<boolean> {
    const {execution, projections} = this;
    const stamp = planStamp(this.plan.file);
    if (!stamp) {
      projections.forget();
      refuse(execution.ledger, ['the plan file was deleted; execution goes on with the plan in force']);
      return true;
    }
    if (isSameStamp(stamp, projections.stamp)) return true;
    const read = await this.tryToRead();
    // Too late for this execution; the next one finds the edit again.
    if (!read || execution.lifetime.signal.aborted) return false;
    projections.adopt(read);
    await this.adopt(read);
    return true;
  }

  /** A reader that dies, as for want of memory, is no reason to end: the next poll starts another one. */
  private async tryToRead(): Promise<PlanReading | undefined> {
    try {
      const read = await this.plan.read();
      this.hasWarned = false;
      return read;
    } catch (error) {
      if (!(error instanceof MilestoneError)) throw error;
      if (!this.hasWarned && !this.execution.lifetime.signal.aborted) this.execution.warn(error.message);
      this.hasWarned = true;
      return undefined;
    }
  }
}

/** What of a plan this execution cannot do. */
export type Refusals = (plan: Plan) => Problem[];

export interface AdoptOptions {
  refusals: Refusals;
  /** Calls `adopt` when no attempt is running at the removed tasks, or not at all. Absent where none runs. */
  around?(removed: readonly TaskId[], adopt: () => void): Promise<void>;
}

/** Put a plan that was read in force, or record why not. */
export async function adoptReading(
  ledger: Ledger,
  read: PlanReading,
  {refusals, around = async (_, adopt) => adopt()}: AdoptOptions,
): Promise<void> {
  const edited = judge(ledger, read, refusals);
  await around(edited.kind === 'changed' ? edited.removed : [], () => {
    // What was about to be integrated may have completed all the same.
    const now = edited.kind === 'changed' ? judge(ledger, read, refusals) : edited;
    const {state} = ledger;
    if (now.kind === 'refused') return refuse(ledger, messagesOf(now.problems));
    const change = now.kind === 'changed' ? now.change : {};
    const warnings = [...warningsOf(state, change), ...(read.layout ? handEdits(read.layout, state) : [])];
    if (now.kind === 'changed' || state.refused || warnings.length > 0)
      ledger.record({event: 'plan_changed', details: {change, warnings}});
  });
}

function judge({state}: Ledger, read: PlanReading, refusals: Refusals): EditedPlan {
  return judgeEdit(state.plan, read, id => taskState(state, id).status === 'completed', refusals);
}

function messagesOf(problems: readonly Problem[]): string[] {
  return problems.map(({message}) => message);
}

/** What is taken out of the plan while it runs ends first; its work is kept. */
async function withoutRunning(
  {attempts, ready, lifetime: {signal}}: Pick<Execution, 'attempts' | 'ready' | 'lifetime'>,
  removed: readonly TaskId[],
  adopt: () => void,
): Promise<void> {
  const outcome: Outcome = {kind: 'cancelled', message: 'was taken out of the plan'};
  for (const id of removed) ready.defer(id);
  try {
    await Promise.all(removed.map(id => attempts.endRunning(id, outcome, signal)));
    // The execution ends before they do; the next one finds the edit again.
    if (removed.length === 0 || !signal.aborted) adopt();
  } finally {
    for (const id of removed) ready.release(id);
  }
}

function refuse(ledger: Ledger, problems: string[]): void {
  if (problems.join('\n') === ledger.state.refused?.join('\n')) return;
  ledger.record({event: 'plan_refused', details: {problems}});
}

/** Edits that come too late for a task that is done. */
function warningsOf(state: MilestoneState, {tasks = {}}: PlanChange): string[] {
  return Object.entries(tasks).flatMap(([id, task]) =>
    task !== null && state.tasks.get(id)?.status === 'completed'
      ? [`task \`${id}\` is completed; what changed in it takes effect only after \`milestone redo ${state.id} ${id}\``]
      : [],
  );
}
