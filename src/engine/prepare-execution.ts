import {DriverSet} from '../drivers/registry.ts';
import {Execution, type Ground} from '../execution/execution.ts';
import {InForce} from '../execution/in-force.ts';
import {Ledger} from '../execution/ledger.ts';
import {Lifetime} from '../execution/lifetime.ts';
import {BROKEN_OFF, LiveAttempts} from '../execution/live-attempts.ts';
import {Surroundings} from '../execution/surroundings.ts';
import {slotPool} from '../git/slot-folders.ts';
import {Uses} from '../lock/named-locks.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import type {TaskId} from '../plan/plan.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {createRedactor} from '../platform/redact.ts';
import type {AttemptId} from '../state/task.ts';
import {RemoteWorkspace} from '../workers/remote-workspace.ts';
import {makeRemote} from './make-remote.ts';
import {makeWorkspace} from './make-workspace.ts';

export interface GroundOptions {
  callerEnv: Readonly<Record<string, string | undefined>>;
  maxParallel?: number;
  gates?: 'wait' | 'auto';
  /** Nothing is at work, and nothing begins: a checkout that attempts would share is not taken. */
  isIdle?: boolean;
  /** What it runs has folders of its own, also where attempts share the user's checkout. */
  inSlots?: boolean;
  warn(message: string): void;
  /** Attempts are begun, and followed to their end. */
  executes?: boolean;
  /** Take the checkout also from an owner of whom nobody here can say whether he lives. */
  takeOver?: boolean;
  signal: AbortSignal;
}

/**
 * What it takes to change an activated milestone, with its log in hand.
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout that attempts would share.
 */
function prepareGround(held: HeldMilestone, options: GroundOptions): Ground {
  const {state, clock, paths, read} = held;
  const log = held.openLog();
  const {callerEnv} = options;
  const {isolation, branch} = state.activation ?? {};
  const repo = isolation === 'none' ? undefined : held.repo;
  const redactor = createRedactor(callerEnv);
  const lifetime = new Lifetime();
  // Whether or not anyone waits for what could not be written.
  log.onFailure(error => lifetime.fail(error));
  const remote = makeRemote(held, {workers: read.config.workers, callerEnv, executes: options.executes ?? false});
  const inForce = new InForce({
    state,
    drivers: new DriverSet({drivers: read.config.drivers, env: callerEnv}),
    projectSettings: read.config.settings ?? {},
    overrides: options,
    hasBranch: repo !== undefined && branch !== undefined,
    outOfReach: remote && (labels => remote.roster.outOfReach(labels)),
  });
  const ledger = new Ledger({state, log, clock, redactor, inForce});
  const attempts = new LiveAttempts(ledger, clock);
  lifetime.onFailure(() => attempts.interruptAll(BROKEN_OFF, true));
  const surroundings = new Surroundings({state, paths, callerEnv, redactor, inForce});
  const {warn} = options;
  const parts = {ledger, inForce, attempts, surroundings, lifetime, clock, repo, remote, warn};
  const here = makeWorkspace(held, parts, options);
  if (!remote || !repo) return {...parts, workspace: here};
  const dispatchedOf = ({taskId, attempt}: AttemptId) => {
    const task = state.tasks.get(taskId);
    return task?.status === 'in_progress' && task.attempt === attempt && task.dispatched ? task : undefined;
  };
  const isSentOut = () => state.sentOut === true;
  const away = {remote, repo, milestoneId: held.id, home: paths.home, dispatchedOf, isSentOut, warn};
  return {...parts, workspace: new RemoteWorkspace(here, away)};
}

/** Change a milestone that nobody executes; whoever was asked for that, workers too, is let go at the end. */
export async function onGround<Result>(
  held: HeldMilestone,
  options: GroundOptions,
  act: (ground: Ground) => Promise<Result>,
): Promise<Result> {
  const ground = prepareGround(held, options);
  try {
    return await act(ground);
  } finally {
    await leaveGround(ground);
  }
}

/** Let go of workers, and say what they could not be told. */
export async function leaveGround({
  remote,
  ledger: {state},
  warn,
}: Pick<Ground, 'remote' | 'ledger' | 'warn'>): Promise<void> {
  await remote?.close();
  if (remote?.untold === undefined || state.status === 'completed') return;
  const next = state.status === 'cancelled' ? `\`milestone cancel ${state.id}\` again` : 'the next executor';
  warn(`workers could not be told to end what they have of it, which ${next} tells them: ${remote.untold}`);
}

export interface PrepareOptions extends GroundOptions {
  /** Tasks that this run is restricted to. */
  selection?: ReadonlySet<TaskId> | undefined;
  yolo?: boolean;
  wait?: boolean;
}

/**
 * An execution of an activated milestone; nothing of it runs yet.
 * @throws {MilestoneError} `LOCKED` when another execution has the checkout that attempts would share.
 */
export function prepareExecution(held: HeldMilestone, options: PrepareOptions): Execution {
  const {clock, sessionId, locksFolder} = held;
  const ground = prepareGround(held, {...options, executes: true});
  return new Execution(ground, {
    slotsFolder: slotsFolderOf(held, ground.inForce.settings.workspace.root),
    yolo: options.yolo ?? false,
    wait: options.wait ?? false,
    uses: new Uses(locksFolder, {identity: ownIdentity(), clock, sessionId, takeOver: options.takeOver ?? false}),
    selection: options.selection,
  });
}

function slotsFolderOf({repo, state, id, paths}: HeldMilestone, root: string | undefined): string {
  return repo && state.activation?.isolation === 'worktree' ? slotPool(repo, root, id) : paths.home;
}
