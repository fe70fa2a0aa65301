import type {EventLog} from '../events/log.ts';
import {LiveProjections} from '../projections/live-projections.ts';
import {closeMilestone, type OpenMilestone, type OpenOptions, openLog, openMilestone} from './open-milestone.ts';

/** What a command needs that changes a milestone by itself, over in a moment. */
export interface CommandOptions extends Omit<OpenOptions, 'purpose'> {
  callerEnv: Readonly<Record<string, string | undefined>>;
  /** Told of what a person should know and no event says. */
  warn(message: string): void;
}

/**
 * Hold a milestone while `act` lasts.
 * @throws {MilestoneError} as `openMilestone`.
 */
export async function withMilestone<Result>(
  options: CommandOptions,
  act: (opened: OpenMilestone) => Promise<Result>,
): Promise<Result> {
  const opened = await openMilestone({...options, purpose: 'command'});
  try {
    return await act(opened);
  } finally {
    closeMilestone(opened);
  }
}

/** Have the log open while `act` lasts; then plan file and cache follow. */
export async function withLog<Result>(
  opened: OpenMilestone,
  options: Pick<CommandOptions, 'readPlan' | 'warn'>,
  act: (log: EventLog) => Promise<Result>,
): Promise<Result> {
  const log = openLog(opened, options.warn);
  try {
    const result = await act(log);
    await project(opened, log, options);
    return result;
  } finally {
    log.close();
  }
}

async function project(
  opened: OpenMilestone,
  log: EventLog,
  {readPlan}: Pick<CommandOptions, 'readPlan'>,
): Promise<void> {
  const {paths, planFile, read, state, clock} = opened;
  const projections = new LiveProjections({paths, planFile, read, state, log, clock, checkpoint: () => 'live'});
  await projections.settle(() => readPlan(planFile, paths.config));
  projections.writeCache();
}
