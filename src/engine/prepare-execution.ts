import {DriverSet} from '../drivers/registry.ts';
import type {EventLog} from '../events/log.ts';
import {Execution} from '../execution/execution.ts';
import {slotPool} from '../git/slot-place.ts';
import {Uses} from '../lock/named-locks.ts';
import {dependentsOf} from '../milestone/activate.ts';
import type {OpenMilestone, OpenOptions} from '../milestone/open-milestone.ts';
import type {TaskId} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {createRedactor} from '../platform/redact.ts';
import type {Workspace} from '../workspace/workspace.ts';
import {makeWorkspace} from './make-workspace.ts';

export interface PrepareOptions {
  callerEnv: Readonly<Record<string, string | undefined>>;
  readPlan: OpenOptions['readPlan'];
  maxParallel?: number;
  gates?: 'wait' | 'auto';
  /** Tasks that this run is restricted to. */
  selection?: ReadonlySet<TaskId> | undefined;
  /** Where attempts work, if not where the milestone's own settings say. */
  workspace?: Workspace | undefined;
  warn(message: string): void;
  yolo?: boolean;
  wait?: boolean;
  /** Take names and the checkout also from owners of whom nobody here can say whether they live. */
  takeOver?: boolean;
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
    overrides: options,
    callerEnv: options.callerEnv,
    redactor: createRedactor(options.callerEnv),
    drivers: new DriverSet({drivers: read.config.drivers, env: options.callerEnv}),
    repo: state.activation?.isolation === 'none' ? undefined : opened.repo,
    slotsFolder: slotsFolderOf(opened, settings.workspace.root),
    warn: options.warn,
    yolo: options.yolo ?? false,
    wait: options.wait ?? false,
    uses: new Uses(locksFolder, {identity: ownIdentity(), clock, sessionId, takeOver: options.takeOver ?? false}),
    workspace: options.workspace ?? makeWorkspace(opened, settings, () => execution, options),
    selection: options.selection,
    dependents: () => dependentsOf(opened, options.readPlan),
  });
  return execution;
}

function slotsFolderOf({repo, state, id, paths}: OpenMilestone, root: string | undefined): string {
  return repo && state.activation?.isolation === 'worktree' ? slotPool(repo, root, id) : paths.home;
}
