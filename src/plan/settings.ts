// What holds where nothing is set, and settings as written -> settings in force. Durations are milliseconds here.

import {parseDuration} from './duration.ts';
import {LOCK_FILES} from './lock-files.ts';
import type {Settings, Task, TaskSettings} from './plan.ts';
import {labelsOf} from './where.ts';

/** Every setting of a kind; `undefined`: nothing holds until it is set. */
type Defaults<Kind> = {[Key in keyof Required<Kind>]: Kind[Key] | undefined};

const TASK_DEFAULTS = {
  driver: undefined,
  model: undefined,
  effort: undefined,
  verify: undefined,
  timeout: '45m',
  silent: '15m',
  retries: 2,
  max_attempts: 8,
  touches: undefined,
  touches_free: [...LOCK_FILES],
  protect: [],
  uses: [],
  budget: undefined,
  on_interrupt: 'rerun',
  permissions: 'project',
  allow: [],
  inherit: 'project',
  fallback: [],
  shell: 'sh',
  where: 'here',
} satisfies Defaults<TaskSettings>;

/** Every setting with what holds where it is not set. */
export const DEFAULT_SETTINGS = {
  ...TASK_DEFAULTS,
  max_parallel: 3,
  isolation: undefined,
  verify_final: undefined,
  verify_timeout: '15m',
  verify_retries: 1,
  verify_where: 'here',
  on_exceed: 'finish',
  on_blocker: 'isolate',
  gates: 'wait',
  env: {},
  env_deny: [],
  workspace: {fresh: false, submodules: 'auto'},
  merge: {batch: 8},
  base: undefined,
  git: {sync: 'off', hooks: false, message: '{type}({scope}): {title}'},
  checkpoint: 'live',
  agents: {},
  notify: [],
  keep_awake: 'auto',
} satisfies Defaults<Settings>;

/** What can be set for one task as well as for the whole milestone. */
export const TASK_SETTINGS = Object.keys(TASK_DEFAULTS) as Array<keyof TaskSettings>;

/** What holds for one task: its own settings, else the plan's, else the project's, else the default. */
export type ResolvedTaskSettings = ReturnType<typeof resolveTaskSettings>;

/** What holds for the milestone as a whole. */
export type ResolvedMilestoneSettings = ReturnType<typeof resolveMilestoneSettings>;

/** Settings of one task; `project` are those of config.yaml. */
export function resolveTaskSettings(task: Task, plan: Settings, project: Settings = {}) {
  const shared = {...DEFAULT_SETTINGS, ...withoutUndefined(project), ...withoutUndefined(plan)};
  const own = {...shared, ...withoutUndefined<TaskSettings>(task)};
  return withoutUndefined({
    /** Absent: the first coding agent that is found. */
    driver: own.driver,
    model: own.model,
    effort: own.effort,
    /** Run in addition to the milestone's. */
    taskVerify: checkOf(task.verify),
    milestoneVerify: task.verify === NO_CHECK ? undefined : checkOf(shared.verify),
    timeoutMs: parseDuration(own.timeout),
    /** Time without any output and without a change in the slot. */
    silentMs: parseDuration(own.silent),
    /** Tries after the first. */
    retries: own.retries,
    /** Bound over everything, tries that cost nothing included. */
    maxAttempts: own.max_attempts,
    /** Absent: everything is allowed, and nothing overlaps. */
    touches: own.touches,
    touchesFree: own.touches_free,
    /** Files that only a task may change whose own `touches` names them. */
    protect: own.protect,
    uses: own.uses,
    /** Of this task alone; the milestone's is in its own settings. */
    budget: task.budget,
    onInterrupt: own.on_interrupt,
    permissions: own.permissions,
    allow: own.allow,
    inherit: own.inherit,
    fallback: own.fallback,
    shell: own.shell,
    /** Labels that a worker must carry, sorted; absent for what is done here. */
    labels: labelsOf(own.where),
  });
}

/** In place of a command it switches an inherited check off. */
const NO_CHECK = 'none';

function checkOf(command: string | undefined): string | undefined {
  return command === NO_CHECK ? undefined : command;
}

/** Whether anything is set for this task alone; all others share their settings. */
export function hasOwnSettings(task: Task): boolean {
  return TASK_SETTINGS.some(key => task[key] !== undefined);
}

/** Settings of the milestone as a whole; maps (`env`, `workspace`, `merge`, `git`, `agents`) are joined key by key. */
export function resolveMilestoneSettings(plan: Settings, project: Settings = {}) {
  const own = {...DEFAULT_SETTINGS, ...withoutUndefined(project), ...withoutUndefined(plan)};
  return withoutUndefined({
    maxParallel: own.max_parallel,
    /** Absent: worktree in git, shared outside of it. */
    isolation: own.isolation,
    verify: checkOf(own.verify),
    verifyFinal: checkOf(own.verify_final),
    verifyTimeoutMs: parseDuration(own.verify_timeout),
    verifyRetries: own.verify_retries,
    /** Labels that a worker must carry, sorted, that checks what is merged; absent where that is done here. */
    verifyLabels: labelsOf(own.verify_where),
    budget: own.budget,
    onExceed: own.on_exceed,
    onBlocker: own.on_blocker,
    gates: own.gates,
    env: {...project.env, ...plan.env},
    envDeny: own.env_deny,
    workspace: {...DEFAULT_SETTINGS.workspace, ...project.workspace, ...plan.workspace},
    merge: {...DEFAULT_SETTINGS.merge, ...project.merge, ...plan.merge},
    /** Absent: the branch checked out at activation. */
    base: own.base,
    git: {...DEFAULT_SETTINGS.git, ...project.git, ...plan.git},
    checkpoint: own.checkpoint,
    agents: resolveAgents({...project.agents, ...plan.agents}),
    notify: own.notify,
    keepAwake: own.keep_awake,
    /** Of what is run for the milestone as a whole; a task's own is in its settings. */
    shell: own.shell,
  });
}

function resolveAgents(agents: NonNullable<Settings['agents']>): Record<string, {everyMs?: number}> {
  return Object.fromEntries(
    Object.entries(agents).map(([name, {every}]) => [name, every === undefined ? {} : {everyMs: parseDuration(every)}]),
  );
}

/** Keys that may be `undefined` are keys that may be absent. */
type Defined<T> = {[Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key]} & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
