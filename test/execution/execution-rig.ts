// An execution without processes and files: events are folded, and forgotten.

import os from 'node:os';
import {DriverSet} from '../../src/drivers/registry.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {EventLog} from '../../src/events/log.ts';
import {Execution} from '../../src/execution/execution.ts';
import {InForce} from '../../src/execution/in-force.ts';
import {Ledger} from '../../src/execution/ledger.ts';
import {Lifetime} from '../../src/execution/lifetime.ts';
import {BROKEN_OFF, LiveAttempts} from '../../src/execution/live-attempts.ts';
import {Surroundings} from '../../src/execution/surroundings.ts';
import type {Uses} from '../../src/lock/named-locks.ts';
import {homePaths} from '../../src/plan/file/home.ts';
import type {Task} from '../../src/plan/plan.ts';
import {createRedactor} from '../../src/platform/redact.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';
import {plainWorkspace} from '../../src/workspace/plain-workspace.ts';
import type {Branch} from '../../src/workspace/workspace.ts';
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
  return makeExecutionOn(undefined, ...tasks);
}

/** The same, whose work gets onto that branch. */
export function makeExecutionOn(branch: Branch | undefined, ...tasks: Task[]): ExecutionRig {
  const clock = new FakeClock();
  const state = initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks});
  state.status = 'in_progress';
  const events: MilestoneEvent[] = [];
  let looks = 0;
  const log = {
    durable: async () => undefined,
    append(event: NewEvent, accept: (recorded: MilestoneEvent) => void) {
      const timestamp = new Date(clock.now()).toISOString();
      const recorded = {...event, seq: events.length + 1, timestamp, milestone_id: 'm', session_id: 's'};
      accept(recorded as MilestoneEvent);
      events.push(recorded as MilestoneEvent);
      return recorded as MilestoneEvent;
    },
  } satisfies Pick<EventLog, 'append' | 'durable'>;
  const redactor = createRedactor({});
  const drivers = new DriverSet({drivers: undefined, env: {}});
  const inForce = new InForce({state, drivers, projectSettings: {}, overrides: {}, hasBranch: false});
  const ledger = new Ledger({state, log, clock, redactor, inForce});
  const lifetime = new Lifetime();
  const attempts = new LiveAttempts(ledger, clock);
  lifetime.onFailure(() => attempts.interruptAll(BROKEN_OFF, true));
  const surroundings = new Surroundings({
    state,
    paths: homePaths('/nowhere/.milestones'),
    callerEnv: {},
    redactor,
    inForce,
  });
  const workspace = {...plainWorkspace('/nowhere/.milestones', 1), branch};
  const ground = {ledger, inForce, attempts, surroundings, workspace, lifetime, clock, repo: undefined, warn() {}};
  const uses = {forgetBusy: () => looks++, release: () => undefined, whenCleared: () => undefined};
  const execution = new Execution(ground, {
    uses: uses as unknown as Uses,
    selection: undefined,
    slotsFolder: os.tmpdir(),
    yolo: false,
    wait: false,
  });
  return {execution, state, clock, events, looks: () => looks};
}

/** Put the first attempt of a task on record, as if it were at work. */
export function startTask({execution}: ExecutionRig, id: string): void {
  execution.ledger.record({
    event: 'task_started',
    details: {task_id: id, attempt: 1, slot: 0, token: `token-of-${id}`, driver: 'shell'},
  });
}
