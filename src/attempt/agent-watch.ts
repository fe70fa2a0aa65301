import type {Observation} from '../drivers/driver.ts';
import type {Denial} from '../events/details/attempt.ts';
import type {Usage} from '../events/details/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {exceeded} from '../scheduler/budget.ts';
import {taskState} from '../state/milestone.ts';
import {stopOverspent, usedUp} from './attempt-budget.ts';
import type {PlannedAttempt} from './planned-attempt.ts';

/** What was seen of an attempt while it ran. */
export interface Seen {
  denials: Denial[];
  /** It was told what to do. */
  hasBegun?: boolean;
}

/** What an agent lets be seen, put where it belongs. */
export class AgentWatch {
  constructor(
    private readonly execution: Execution,
    private readonly planned: Pick<PlannedAttempt, 'place' | 'budget'>,
    private readonly seen: Seen,
  ) {}

  readonly observe = (observation: Observation): void => {
    const {execution, seen, planned} = this;
    const {taskId: task_id, attempt} = planned.place;
    if (!execution.ledger.isCurrent(planned.place)) return;
    if (observation.kind === 'usage') this.#spend(observation.usage);
    else if (observation.kind === 'denied') seen.denials.push(observation.denial);
    else if (observation.kind === 'conversation' && this.#isNew(observation.id))
      execution.ledger.record({event: 'task_conversation', details: {task_id, attempt, conversation: observation.id}});
  };

  /** Who has no limit of his own is ended at the one that he was given. */
  #spend(usage: Usage): void {
    const {execution, planned} = this;
    const {taskId} = planned.place;
    const key = exceeded(planned.budget, usage);
    execution.attempts.noteUsage(taskId, usage);
    if (key !== undefined) execution.attempts.interrupt(taskId, {kind: 'budget', message: usedUp(key)});
    else stopOverspent(execution);
  }

  #isNew(id: string): boolean {
    const task = taskState(this.execution.ledger.state, this.planned.place.taskId);
    return task.status === 'in_progress' && task.conversation !== id;
  }
}

/** An agent that gives up over a tool that it was not allowed to use. */
export function deniedOutcome(outcome: Outcome, {denials}: Seen): Outcome {
  if (outcome.kind !== 'failed' || outcome.cause !== 'agent' || denials.length === 0) return outcome;
  return {...outcome, cause: 'denied'};
}
