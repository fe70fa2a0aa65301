// Settings as written -> settings in force. Durations are milliseconds here.

import {LOCK_FILES} from './areas.ts';
import type {Budget, Duration, Isolation, Settings, Task, TaskSettings, WorkspaceSettings} from './plan.ts';

/** What holds for one task: its own settings, else the plan's, else the project's, else the default. */
export interface ResolvedTaskSettings {
  /** Absent: the first coding agent that is found. */
  driver?: string;
  model?: string;
  effort?: string;
  /** Run in addition to the milestone's. */
  taskVerify?: string;
  milestoneVerify?: string;
  timeoutMs: number;
  /** Time without any output and without a change in the slot. */
  silentMs: number;
  /** Tries after the first. */
  retries: number;
  /** Bound over everything, tries that cost nothing included. */
  maxAttempts: number;
  /** Absent: everything is allowed, and nothing overlaps. */
  touches?: string[];
  touchesFree: string[];
  /** Files that only a task may change whose own `touches` names them. */
  protect: string[];
  uses: string[];
  /** Of this task alone; the milestone's is in its own settings. */
  budget?: Budget;
  onInterrupt: 'rerun' | 'ask';
  permissions: 'edit' | 'project' | 'full';
  allow: string[];
  inherit: 'project' | 'user';
  fallback: string[];
  shell: 'sh' | 'bash';
}

/** What holds for the milestone as a whole. */
export interface ResolvedMilestoneSettings {
  maxParallel: number;
  /** Absent: worktree in git, shared outside of it. */
  isolation?: Isolation;
  verify?: string;
  verifyFinal?: string;
  verifyTimeoutMs: number;
  verifyRetries: number;
  budget?: Budget;
  onExceed: 'finish' | 'stop';
  onBlocker: 'isolate' | 'stop';
  gates: 'wait' | 'auto';
  env: Record<string, string>;
  envDeny: string[];
  workspace: WorkspaceSettings;
  /** Absent: the branch checked out at activation. */
  base?: string;
  git: {sync: 'off' | 'fetch' | 'push'; hooks: boolean; message: string};
  checkpoint: 'live' | 'settled';
  agents: Record<string, {everyMs?: number}>;
  notify: NonNullable<Settings['notify']>;
  keepAwake: 'auto' | 'off';
  /** Of what is run for the milestone as a whole; a task's own is in its settings. */
  shell: 'sh' | 'bash';
}

const UNIT_MS: Record<string, number> = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000};

/** The longest time that a timer can wait, in milliseconds: a bit more than 24 days. */
export const LONGEST_MS = 2 ** 31 - 1;

/**
 * Milliseconds of a duration such as `500ms`, `90s`, `15m` or `1.5h`.
 * @returns NaN when the text is no duration.
 */
export function parseDuration(text: Duration): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * (UNIT_MS[match[2] as string] as number)) : Number.NaN;
}

/** Settings of one task; `project` are those of config.yaml. */
export function resolveTaskSettings(task: Task, plan: Settings, project: Settings = {}): ResolvedTaskSettings {
  const shared = withoutUndefined({...project, ...withoutUndefined(plan)});
  const own = {...shared, ...withoutUndefined(task as Settings)};
  return withoutUndefined({
    driver: own.driver,
    model: own.model,
    effort: own.effort,
    taskVerify: checkOf(task.verify),
    milestoneVerify: task.verify === NO_CHECK ? undefined : checkOf(shared.verify),
    timeoutMs: parseDuration(own.timeout ?? '45m'),
    silentMs: parseDuration(own.silent ?? '15m'),
    retries: own.retries ?? 2,
    maxAttempts: own.max_attempts ?? 8,
    touches: own.touches,
    touchesFree: own.touches_free ?? [...LOCK_FILES],
    protect: own.protect ?? [],
    uses: own.uses ?? [],
    budget: task.budget,
    onInterrupt: own.on_interrupt ?? 'rerun',
    permissions: own.permissions ?? 'project',
    allow: own.allow ?? [],
    inherit: own.inherit ?? 'project',
    fallback: own.fallback ?? [],
    shell: own.shell ?? 'sh',
  }) as ResolvedTaskSettings;
}

/** In place of a command it switches an inherited check off. */
const NO_CHECK = 'none';

function checkOf(command: string | undefined): string | undefined {
  return command === NO_CHECK ? undefined : command;
}

/** What a task can set for itself. */
const OWN_SETTINGS = [
  'driver',
  'model',
  'effort',
  'verify',
  'timeout',
  'silent',
  'retries',
  'max_attempts',
  'touches',
  'touches_free',
  'protect',
  'uses',
  'budget',
  'on_interrupt',
  'permissions',
  'allow',
  'inherit',
  'fallback',
  'shell',
] as const satisfies ReadonlyArray<keyof TaskSettings>;

/** Whether anything is set for this task alone; all others share their settings. */
export function hasOwnSettings(task: Task): boolean {
  return OWN_SETTINGS.some(key => task[key] !== undefined);
}

/** Settings of the milestone as a whole; maps (`env`, `workspace`, `git`, `agents`) are joined key by key. */
export function resolveMilestoneSettings(plan: Settings, project: Settings = {}): ResolvedMilestoneSettings {
  const own: Settings = {...project, ...withoutUndefined(plan)};
  return withoutUndefined({
    maxParallel: own.max_parallel ?? 3,
    isolation: own.isolation,
    verify: checkOf(own.verify),
    verifyFinal: checkOf(own.verify_final),
    verifyTimeoutMs: parseDuration(own.verify_timeout ?? '15m'),
    verifyRetries: own.verify_retries ?? 1,
    budget: own.budget,
    onExceed: own.on_exceed ?? 'finish',
    onBlocker: own.on_blocker ?? 'isolate',
    gates: own.gates ?? 'wait',
    env: {...project.env, ...plan.env},
    envDeny: own.env_deny ?? [],
    workspace: {...project.workspace, ...plan.workspace},
    base: own.base,
    git: {sync: 'off', hooks: false, message: '{type}({scope}): {title}', ...project.git, ...plan.git},
    checkpoint: own.checkpoint ?? 'live',
    agents: resolveAgents({...project.agents, ...plan.agents}),
    notify: own.notify ?? [],
    keepAwake: own.keep_awake ?? 'auto',
    shell: own.shell ?? 'sh',
  }) as ResolvedMilestoneSettings;
}

function resolveAgents(agents: NonNullable<Settings['agents']>): ResolvedMilestoneSettings['agents'] {
  return Object.fromEntries(
    Object.entries(agents).map(([name, {every}]) => [name, every === undefined ? {} : {everyMs: parseDuration(every)}]),
  );
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
