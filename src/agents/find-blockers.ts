import type {Timestamp} from '../events/timestamp.ts';
import type {Execution} from '../execution/execution.ts';
import {diskUsage} from '../platform/disk-space.ts';
import {taskState} from '../state/milestone.ts';

/** Share of the file system that holds the slots from which on nothing new starts. */
const FULL_DISK = 0.9;

/** Open a blocker for everything that holds the milestone up and has none, and tell whoever has to act, once. */
export function findBlockers(execution: Pick<Execution, 'ledger' | 'slotsFolder' | 'wait'>): void {
  findFailedTasks(execution);
  findFullDisk(execution);
  findPausedDrivers(execution);
  findInvalidPlan(execution);
  escalate(execution);
}

/** What failed for good, and either does not fit the branch or holds up what depends on it. */
function findFailedTasks(execution: Pick<Execution, 'ledger'>): void {
  const {state} = execution.ledger;
  for (const task_id of [...state.unexplained]) {
    const task = taskState(state, task_id);
    if (task.status !== 'failed') continue;
    const problem = {
      message: `task \`${task_id}\` ${task.message}`,
      hint: `milestone retry ${state.id} ${task_id}`,
      task_id,
    };
    if (task.cause === 'conflict') execution.ledger.openBlocker({type: 'merge_conflict', ...problem});
    else if (task.cause === 'check') execution.ledger.openBlocker({type: 'test_failures', ...problem});
    else execution.ledger.openBlocker({type: 'task_dependency', ...problem});
  }
}

function findFullDisk(execution: Pick<Execution, 'ledger' | 'slotsFolder'>): void {
  const used = diskUsage(execution.slotsFolder);
  if (used === undefined || used <= FULL_DISK) return;
  execution.ledger.openBlocker({
    type: 'disk_space',
    message: `the disk that holds the slots is ${Math.floor(used * 100)} % full`,
    hint: 'free some space; it is looked at again every two minutes',
  });
}

/** A driver that rests: what it would do waits, everything else goes on. */
function findPausedDrivers(execution: Pick<Execution, 'ledger' | 'wait'>): void {
  for (const [driver, {reason, message, resetsAt}] of Object.entries(execution.ledger.state.pausedDrivers)) {
    if (reason === 'auth') continue; // its tasks are blocked one by one
    const until = resetsAt === undefined ? '' : ` until ${resetsAt}`;
    execution.ledger.openBlocker({
      type: 'quota',
      message: `the driver \`${driver}\` rests${until}: ${message}`,
      hint: hintOfRest(execution, resetsAt),
      driver,
    });
  }
}

/** Without `--wait` nobody may be there any more when the driver can work again. */
function hintOfRest(
  {ledger: {state}, wait}: Pick<Execution, 'ledger' | 'wait'>,
  resetsAt: Timestamp | undefined,
): string {
  if (wait) return resetsAt === undefined ? 'it is tried again later' : 'it goes on by itself then';
  return `\`milestone resume ${state.id}\` ${resetsAt === undefined ? 'later' : 'after that'}, or \`--wait\``;
}

function findInvalidPlan(execution: Pick<Execution, 'ledger'>): void {
  const {refused} = execution.ledger.state;
  if (!refused) return;
  const message = `the plan on disk is not valid: ${refused[0]}`;
  execution.ledger.openBlocker({
    type: 'plan_invalid',
    message,
    hint: `mend it; \`milestone validate ${execution.ledger.state.id}\` says where`,
  });
}

function escalate(execution: Pick<Execution, 'ledger'>): void {
  const ids = [...execution.ledger.state.untold];
  if (ids.length > 0) execution.ledger.record({event: 'blockers_escalated', details: {ids}});
}
