// Every key of a plan and of config.yaml, once: what is validated, what `milestone schema` prints, what a misspelt key
// is compared with. Leniency (older names, `null`, numbers as ids) is settled before this, in normalise.ts.

import * as z from 'zod';
import {ID_PATTERN} from '../ids.ts';
import {DEFAULT_PHASE_WEIGHTS, KIRO_PHASES} from '../kiro-plan.ts';
import {LONGEST_MS, parseDuration} from '../settings.ts';
import {describeKeys} from './describe-keys.ts';

export const MILESTONE_STATUSES = ['planned', 'in_progress', 'paused', 'blocked', 'completed', 'cancelled'] as const;
export const TASK_STATUSES = [
  'pending',
  'in_progress',
  'kiro_managed',
  'completed',
  'failed',
  'blocked',
  'skipped',
] as const;

const text = z.string().refine(value => !value.includes('\0'), custom('BAD_TEXT', 'must not contain a NUL character'));
const name = text.min(1);
const texts = z.array(text);
const command = z
  .string()
  .min(1)
  .refine(value => !/[\0-\x08\x0b-\x1f\x7f]/.test(value), custom('BAD_TEXT', 'must not contain control characters'))
  .describe('A shell command; the first line of it that fails ends it.');
const duration = z
  .string()
  .refine(
    isTimerDuration,
    custom('BAD_DURATION', 'must be a number and a unit (`500ms`, `90s`, `15m`, `2h`), more than 0 and below 24 days'),
  )
  .meta({pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|m|h)$', description: 'A number and a unit, such as 500ms, 90s, 15m, 2h.'});
const pattern = name.refine(
  isInnerPath,
  custom('BAD_PATTERN', 'must be relative to the top of the project, without `..` and with `/` as separator'),
);
const patterns = z.array(pattern);
const id = z.string().meta({pattern: ID_PATTERN.source});
const count = (least: number, most = 1_000_000) => z.int().min(least).max(most);
const amount = z.number().positive();

const taskSettings = {
  driver: name.optional().describe('claude, codex, opencode, manual, or a name under `drivers` in config.yaml.'),
  model: name.optional(),
  effort: name.optional(),
  verify: command
    .optional()
    .describe('A command that is green when the work is right; `none` switches an inherited one off.'),
  timeout: duration.optional(),
  silent: duration.optional(),
  retries: count(0).optional().describe('Tries after the first.'),
  max_attempts: count(1).optional(),
  touches: patterns.optional().describe('Areas of files that may be changed.'),
  touches_free: patterns.optional(),
  protect: patterns.optional().describe('Files that no task may change unless its own `touches` names them.'),
  uses: z.array(name).optional().describe('Names of which only one user runs at a time.'),
  budget: z
    .object({
      usd: amount.optional(),
      tokens: amount.optional(),
      turns: amount.optional(),
      minutes: amount.optional(),
    })
    .optional(),
  on_interrupt: z.enum(['rerun', 'ask']).optional(),
  permissions: z.enum(['edit', 'project', 'full']).optional(),
  allow: z.array(name).optional(),
  inherit: z.enum(['project', 'user']).optional(),
  fallback: z.array(name).optional(),
  shell: z
    .enum(['sh', 'bash'])
    .optional()
    .describe(
      'Runs `run`, checks and setup: `sh -e -c` (default), or `bash -eo pipefail -c`, for which a pipe fails with any of its commands.',
    ),
};

const notifications = z.array(
  z.object({command: command.optional(), webhook: name.optional(), events: z.array(name).optional()}),
);

const agent = z.object({every: duration.optional()}).optional();

export const settingsSchema = z.object({
  ...taskSettings,
  max_parallel: count(1, 1_000).optional().describe('Attempts at a time.'),
  isolation: z.enum(['worktree', 'shared']).optional(),
  verify_final: command.optional(),
  verify_timeout: duration.optional(),
  verify_retries: count(0).optional(),
  on_exceed: z.enum(['finish', 'stop']).optional(),
  on_blocker: z.enum(['isolate', 'stop']).optional(),
  gates: z.enum(['wait', 'auto']).optional(),
  env: z
    .record(
      z.string().refine(key => /^[^=\0]+$/.test(key), custom('BAD_VALUE', 'must be the name of a variable')),
      text,
    )
    .optional(),
  env_deny: z.array(name).optional(),
  workspace: z
    .object({
      root: name.optional(),
      setup: command.optional(),
      setup_when: patterns.optional(),
      teardown: command.optional(),
      include: patterns.optional(),
      submodules: z
        .enum(['auto', 'off'])
        .optional()
        .describe('`auto` (default): submodules are filled in slots from what the repository has; nothing is fetched.'),
      fresh: z.boolean().optional(),
    })
    .optional(),
  base: name.optional(),
  git: z
    .object({
      sync: z.enum(['off', 'fetch', 'push']).optional(),
      hooks: z.boolean().optional(),
      message: name.optional(),
    })
    .optional(),
  checkpoint: z.enum(['live', 'settled']).optional(),
  agents: z
    .object({
      'task-executor': agent,
      'git-integration': agent,
      'progress-monitor': agent,
      'kiro-coordinator': agent,
      'dependency-validator': agent,
      'blocker-detector': agent,
      'session-manager': agent,
    })
    .optional(),
  notify: notifications.optional(),
  keep_awake: z.enum(['auto', 'off']).optional(),
});

const phaseState = {status: text.optional(), started_at: text.optional(), completed_at: text.optional()};

const phase = z.object({
  run: command.optional(),
  prompt: text.optional(),
  driver: name.optional(),
  verify: command.optional(),
  timeout: duration.optional(),
  deliverables: patterns.optional(),
  approval_required: z.boolean().optional(),
  ...phaseState,
});

/** State fields of a task: written by milestone, read once, at the first activation. */
export const taskStateShape = {
  status: z.enum(TASK_STATUSES).optional(),
  started_at: text.optional(),
  completed_at: text.optional(),
  attempts: count(0).optional(),
  commit: text.optional(),
  checked: z.boolean().optional(),
  cost_usd: z.number().optional(),
  error: z.unknown().optional(),
};

export const taskSchema = z.object({
  id: id.describe('Unique in the plan, without regard to upper and lower case.'),
  title: text.optional(),
  description: text.optional(),
  run: command.optional().describe('Makes it a shell task; without it the driver does the work.'),
  prompt: text.optional(),
  dependencies: z.array(id).optional().describe('Tasks of this plan that come first.'),
  acceptance_criteria: texts.optional(),
  no_changes: z.boolean().optional().describe('The task is done even if it changes nothing.'),
  type: name.optional().describe('Type of its commit; default `feat`.'),
  review: z.object({driver: name.optional(), prompt: text.optional()}).optional(),
  estimated_hours: z.number().min(0).optional(),
  kiro_workflow: z
    .object({
      enabled: z.boolean(),
      current_phase: text.optional(),
      phases: z
        .object({design: phase.optional(), spec: phase.optional(), task: phase.optional(), execute: phase.optional()})
        .optional(),
    })
    .optional(),
  ...taskSettings,
  ...taskStateShape,
});

const weight = z.number().min(0).max(100);
const gate = z
  .object({required: z.boolean().optional(), approvers: z.array(name).optional(), criteria: texts.optional()})
  .optional();

/** State fields of a milestone; see `taskStateShape`. */
export const milestoneStateShape = {
  status: z.enum(MILESTONE_STATUSES).optional(),
  execution: z
    .object({
      id: text.optional(),
      branch: text.optional(),
      base: text.optional(),
      commit: text.optional(),
      session_id: text.optional(),
      started_at: text.optional(),
      completed_at: text.optional(),
      paused_reason: text.optional(),
    })
    .optional(),
  progress: z
    .object({
      percentage: z.number().optional(),
      tasks_completed: z.int().optional(),
      tasks_total: z.int().optional(),
      last_update: text.optional(),
    })
    .optional(),
  kiro_progress: z.record(z.string(), z.unknown()).optional(),
  blockers: z.array(z.unknown()).optional(),
};

export const milestoneSchema = z.object({
  id: id.describe('Equals the file name.'),
  title: text.optional(),
  description: text.optional(),
  success_criteria: texts.optional(),
  dependencies: z
    .object({
      requires: z.array(id).optional().describe('Milestones that must be in completed/ before this one starts.'),
    })
    .optional(),
  settings: settingsSchema.optional(),
  kiro_configuration: z
    .object({
      phase_weights: z
        .object({
          design: weight.optional(),
          spec: weight.optional(),
          task: weight.optional(),
          execute: weight.optional(),
        })
        .refine(addsUp, custom('BAD_PHASE_WEIGHTS', 'must add up to 100 (absent ones count 15, 25, 20, 40)'))
        .optional(),
      approval_gates: z
        .object({
          design_to_spec: gate,
          spec_to_task: gate,
          task_to_execute: gate,
          execute_completion: gate,
          execute_to_complete: gate,
        })
        .optional(),
    })
    .optional(),
  tasks: z.array(taskSchema).min(1),
  ...milestoneStateShape,
});

/** What else stands in an entry goes to its driver as it is. */
const driver = z.looseObject({
  driver: name.optional(),
  command: command.optional(),
  model: name.optional(),
  effort: name.optional(),
  quota: name.optional().describe('Of a command: a regular expression for a line that says that its quota is used up.'),
  overload: name
    .optional()
    .describe('Of a command: a regular expression for a line that says that its provider is busy.'),
  auth: name.optional().describe('Of a command: a regular expression for a line that says that it is not logged in.'),
});

export const configSchema = z.object({
  settings: settingsSchema.optional(),
  drivers: z.record(z.string(), driver).optional(),
  notify: notifications.optional(),
});

/** JSON Schema (2020-12) of a plan or of config.yaml, for editors; unknown keys are allowed, as when reading. */
export function jsonSchema(of: 'milestone' | 'config'): Record<string, unknown> {
  const schema = z.toJSONSchema(of === 'milestone' ? milestoneSchema : configSchema, {io: 'input'});
  return describeKeys(schema as Record<string, unknown>);
}

function custom(code: string, must: string) {
  return {error: must, params: {code}};
}

function isTimerDuration(value: string): boolean {
  const ms = parseDuration(value);
  return ms > 0 && ms <= LONGEST_MS;
}

/** Whether a path or pattern stays inside the folder that it is relative to. */
function isInnerPath(value: string): boolean {
  if (/^[/\\~]|^[A-Za-z]:|\\|\0/.test(value)) return false;
  return !value.split(/[/{},]/).includes('..');
}

function addsUp(weights: {[phase in (typeof KIRO_PHASES)[number]]?: number | undefined}): boolean {
  const sum = KIRO_PHASES.reduce((total, phase) => total + (weights[phase] ?? DEFAULT_PHASE_WEIGHTS[phase]), 0);
  return Math.abs(sum - 100) < 1e-9;
}
