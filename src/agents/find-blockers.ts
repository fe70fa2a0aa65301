import type {Timestamp} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {diskUsage} from '../platform/disk-space.ts';
import {taskState} from '../state/milestone.ts';

/** Share of the file system that holds the slots from which on nothing new starts. */
const FULL_DISK = 0.9;

/** Open a blocker for everything that holds the milestone up and has none, and tell whoever has to act, once. */
export function findBlockers(context: ExecutionContext): void {
  findFailedTasks(context);
  findFullDisk(context);
  findPausedDrivers(context);
  findInvalidPlan(context);
  escalate(context);
}

/** What failed for good, and either does not fit the branch or holds up what depends on it. */
function findFailedTasks(context: ExecutionContext): void {
  const {state} = context;
  for (const task_id of [...state.unexplained]) {
    const task = taskState(state, task_id);
    if (task.status !== 'failed') continue;
    const problem = {
      message: `task \`${task_id}\` ${task.message}`,
      hint: `milestone retry ${state.id} ${task_id}`,
      task_id,
    };
    if (task.cause === 'conflict') context.openBlocker({type: 'merge_conflict', ...problem});
    else if (task.cause === 'check') context.openBlocker({type: 'test_failures', ...problem});
    else context.openBlocker({type: 'task_dependency', ...problem});
  }
}

function findFullDisk(context: ExecutionContext): void {
  const used = diskUsage(context.slotsFolder);
  if (used === undefined || used <= FULL_DISK) return;
  context.openBlocker({
    type: 'disk_space',
    message: `the disk that holds the slots is ${Math.floor(used * 100)} % full`,
    hint: 'free some space; it is looked at again every two minutes',
  });
}

/** A driver that rests: what it would do waits, everything else goes on. */
function findPausedDrivers(context: ExecutionContext): void {
  for (const [driver, {reason, message, resetsAt}] of Object.entries(context.state.pausedDrivers)) {
    if (reason === 'auth') continue; // its tasks are blocked one by one
    const until = resetsAt === undefined ? '' : ` until ${resetsAt}`;
    context.openBlocker({
      type: 'quota',
      message: `the driver \`${driver}\` rests${until}: ${message}`,
      hint: hintOfRest(context, resetsAt),
      driver,
    });
  }
}

/** Without `--wait` nobody may be there any more when the driver can work again. */
function hintOfRest({state, wait}: ExecutionContext, resetsAt: Timestamp | undefined): string {
  if (wait) return resetsAt === undefined ? 'it is tried again later' : 'it goes on by itself then';
  return `\`milestone resume ${state.id}\` ${resetsAt === undefined ? 'later' : 'after that'}, or \`--wait\``;
}

function findInvalidPlan(context: ExecutionContext): void {
  const {refused} = context.state;
  if (!refused) return;
  const message = `the plan on disk is not valid: ${refused[0]}`;
  context.openBlocker({
    type: 'plan_invalid',
    message,
    hint: `mend it; \`milestone validate ${context.state.id}\` says where`,
  });
}

function escalate(context: ExecutionContext): void {
  const ids = [...context.state.untold];
  if (ids.length > 0) context.record({event: 'blockers_escalated', details: {ids}});
}
