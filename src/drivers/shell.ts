import type {Outcome} from '../events/details/outcome.ts';
import {appendNote, withAttemptLog} from '../platform/attempt-log.ts';
import {shellCall} from '../platform/processes/shell-call.ts';
import {describeExit, type Exit, type StartedGroup, startGroup} from '../platform/processes/start-group.ts';
import {describeLeftovers, onAbort, superviseGroup} from '../platform/processes/supervise.ts';
import type {AttemptInput, Driver, DriverResult, EndedAttempt, RunningAttempt, StopReason} from './driver.ts';
import {SHELL_DRIVER} from './driver-name.ts';
import {watchLimits} from './limits.ts';

/** Runs the task's `run` with its shell; exit code 0 is its claim. */
export const shellDriver: Driver = {
  name: SHELL_DRIVER,
  async start(input: AttemptInput): Promise<RunningAttempt | EndedAttempt> {
    const {task, shell = 'sh', cwd, env, logFile} = input;
    const call = shellCall(shell, task.run ?? '');
    const group = await withAttemptLog(logFile, outputFd => startGroup({...call, cwd, env, outputFd}));
    if (group.kind === 'failed')
      return ended({kind: 'failed', cause: 'setup', message: `could not be started: ${group.message}`});
    return {
      kind: 'running',
      pid: group.pid,
      processStarted: group.processStarted,
      ended: follow(group, input),
    };
  },
};

async function follow(group: StartedGroup, input: AttemptInput): Promise<DriverResult> {
  const {token, clock, hurry, logFile} = input;
  const supervised = await superviseGroup<Cut>(group, {
    token,
    clock,
    hurry,
    arm: end => armCuts(input, end),
    isImmediate: cut => cut.immediate,
  });
  const note = describeLeftovers(supervised);
  if (note) appendNote(logFile, note);
  return supervised.cut ? ended(supervised.cut.reason.outcome) : resultOf(supervised.exit);
}

type Cut = Pick<StopReason, 'outcome' | 'immediate'>;

function armCuts(input: AttemptInput, end: (cut: Cut) => void): () => void {
  const endWatch = watchLimits(input, outcome => end({outcome, immediate: false}));
  const disarm = onAbort(input.stop, reason => end(reason as StopReason));
  return () => {
    endWatch();
    disarm();
  };
}

function resultOf(exit: Exit): DriverResult {
  if (exit.code === 0) return {kind: 'claimed', claim: {}};
  return ended({
    kind: 'failed',
    cause: 'exit',
    message: describeExit(exit),
    ...(exit.code !== null && {exit_code: exit.code}),
    ...(exit.signal !== null && {signal: exit.signal}),
  });
}

function ended(outcome: Outcome): EndedAttempt {
  return {kind: 'ended', outcome};
}
