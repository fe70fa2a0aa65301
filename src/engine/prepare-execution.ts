import type {EventLog} from '../events/log.ts';
import type {TaskId} from '../milestone/plan.ts';
import {resolveMilestoneSettings} from '../milestone/settings.ts';
import {ownIdentity} from '../platform/identity.ts';
import {createRedactor} from '../platform/redact.ts';
import {dependentsOf} from './activate.ts';
import {Execution} from './execution.ts';
import {makeWorkspace} from './make-workspace.ts';
import type {OpenMilestone, OpenOptions} from './open.ts';
import {Uses} from './uses.ts';
import type {Workspace} from './workspace.ts';

export interface PrepareOptions {
  callerEnv: Readonly<Record<string, string | undefined>>;
  readPlan: OpenOptions['readPlan'];
  maxParallel?: number;
  /** Tasks that this run is restricted to. */
  selection?: ReadonlySet<TaskId> | undefined;
  /** Where attempts work, if not where the milestone's own settings say. */
  workspace?: Workspace | undefined;
  warn(message: string): void;
  signal: AbortSignal;
}

/**
 * An execution of an activated milestone; nothing of it runs yet.
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout that attempts would share.
 */
export function prepareExecution(opened: OpenMilestone, log: EventLog, options: PrepareOptions): Execution {
  const {state, clock, paths, read, sessionId, locksFolder} = opened;
  const projectSettings = read.config.settings ?? {};
  const settings = resolveMilestoneSettings(state.plan.settings, projectSettings);
  const execution: Execution = new Execution({
    state,
    log,
    clock,
    paths,
    projectSettings,
    overrides: options.maxParallel === undefined ? {} : {maxParallel: options.maxParallel},
    callerEnv: options.callerEnv,
    redactor: createRedactor(options.callerEnv),
    uses: new Uses(locksFolder, ownIdentity(), clock, sessionId),
    workspace: options.workspace ?? makeWorkspace(opened, settings, () => execution, options),
    selection: options.selection,
    dependents: () => dependentsOf(opened, options.readPlan),
  });
  return execution;
}
