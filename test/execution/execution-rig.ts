// An execution without processes and files: events are folded, and forgotten.

import {DriverSet} from '../../src/drivers/registry.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {Execution, type ExecutionParts} from '../../src/execution/execution.ts';
import type {Task} from '../../src/plan/plan.ts';
import {createRedactor} from '../../src/platform/redact.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';
import {FakeClock} from '../rig/fake-clock.ts';

export interface ExecutionRig {
  execution: Execution;
  state: MilestoneState;
  clock: FakeClock;
  /** Everything that was recorded. */
  events: MilestoneEvent[];
  /** How often `uses` was told to look again. */
  looks(): number;
}

/** A milestone in progress with these tasks, none of which starts by itself. */
export function makeExecution(...tasks: Task[]): ExecutionRig {
  const clock = new FakeClock();
  const state = initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks});
  state.status = 'in_progress';
  const events: MilestoneEvent[] = [];
  let looks = 0;
  const parts = {
    state,
    clock,
    log: {
      onFailure: () => undefined,
      durable: async () => undefined,
      append(event: NewEvent, accept: (recorded: MilestoneEvent) => void) {
        const timestamp = new Date(clock.now()).toISOString();
        const recorded = {...event, seq: events.length + 1, timestamp, milestone_id: 'm', session_id: 's'};
        accept(recorded as MilestoneEvent);
        events.push(recorded as MilestoneEvent);
        return recorded;
      },
    },
    projectSettings: {},
    overrides: {},
    callerEnv: {},
    redactor: createRedactor({}),
    drivers: new DriverSet({drivers: undefined, env: {}}),
    workspace: {isolation: 'none', hasSlots: false, integration: undefined},
    uses: {lookAgain: () => looks++, release: () => undefined, whenCleared: () => undefined},
  };
  return {execution: new Execution(parts as unknown as ExecutionParts), state, clock, events, looks: () => looks};
}

/** Put the first attempt of a task on record, as if it were at work. */
export function startTask({execution}: ExecutionRig, id: string): void {
  execution.record({
    event: 'task_started',
    details: {task_id: id, attempt: 1, slot: 0, token: `token-of-${id}`, driver: 'shell'},
  });
}
