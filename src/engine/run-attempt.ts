import type {DriverResult} from '../drivers/driver.ts';
import {chooseDriver} from '../drivers/registry.ts';
import type {Task} from '../milestone/plan.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {stoppedOutcome} from './attempts.ts';
import type {ExecutionContext} from './context.ts';
import type {AttemptPlace} from './workspace.ts';

/**
 * One attempt, from `task_started` to `task_claimed` or `attempt_ended`: make the place ready, start the driver,
 * wait for its end.
 */
export async function runAttempt(
  context: ExecutionContext,
  task: Task,
  place: AttemptPlace,
  token: string,
): Promise<void> {
  const {taskId, attempt} = place;
  const stop = context.attempts.begin(taskId, attempt);
  try {
    // Recorded before the spawn: a crash in between must leave a task that we can find, not a process nobody remembers.
    await context.durable();
    const result = await work(context, task, place, token, stop);
    await context.redactor.redactFile(context.logFileOf(place));
    if (!context.isCurrent(place)) return;
    if (result.kind === 'claimed') {
      context.record({event: 'task_claimed', details: {task_id: taskId, attempt, result: result.claim}});
      return;
    }
    await context.workspace.rescue(place);
    context.endAttempt(place, result.outcome);
  } finally {
    context.attempts.end(taskId, attempt);
  }
}

async function work(
  context: ExecutionContext,
  task: Task,
  place: AttemptPlace,
  token: string,
  stop: StopSignal,
): Promise<DriverResult> {
  const {workspace} = context;
  const preparing = workspace.prepare(place, stop);
  const failed = preparing && (await preparing);
  if (stop.aborted) return {kind: 'ended', outcome: stoppedOutcome(stop)};
  if (failed) return {kind: 'ended', outcome: failed};
  const choice = chooseDriver(task, context.settingsOf(task.id));
  if (choice.kind === 'missing') return {kind: 'ended', outcome: choice.outcome};
  if (choice.kind === 'manual') throw new Error(`the manual task ${task.id} was started`);
  const running = await choice.driver.start({
    task,
    attempt: place.attempt,
    cwd: workspace.folderOf(place.slot),
    env: context.environmentOf(place, token),
    logFile: context.logFileOf(place),
    token,
    limits: context.settingsOf(task.id),
    clock: context.clock,
    stop,
    hurry: context.attempts.hurry,
    hasChanged: () => workspace.hasChanged(place),
  });
  if (running.kind === 'ended') return running;
  context.record({
    event: 'task_working',
    details: {
      task_id: place.taskId,
      attempt: place.attempt,
      pid: running.pid,
      process_started: running.processStarted,
    },
  });
  return running.ended;
}
