// Every key of a plan and of config.yaml, once: what is validated, what `milestone schema` prints, what a misspelt key
// is compared with. Leniency (older names, `null`, numbers as ids) is settled before this, in normalise.ts.

import * as z from 'zod';
import {ID_PATTERN} from '../ids.ts';
import {DEFAULT_PHASE_WEIGHTS, KIRO_PHASES} from '../kiro-plan.ts';
import {DEFAULT_SETTINGS} from '../settings.ts';
import {describeKeys, type JsonSchema} from './describe-keys.ts';
import {
  command,
  count,
  custom,
  duration,
  label,
  name,
  notifications,
  patterns,
  settingsSchema,
  taskSettingsSchema,
  text,
} from './settings-schema.ts';

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

const texts = z.array(text);
const id = z.string().meta({pattern: ID_PATTERN.source});

const phaseState = {status: text.optional(), started_at: text.optional(), completed_at: text.optional()};

const phase = z.object({
  run: command.optional(),
  prompt: text.optional(),
  driver: name.optional(),
  verify: command.optional(),
  timeout: duration('Time for an attempt at this phase.').optional(),
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
  ...taskSettingsSchema.shape,
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
  driver: name.optional().describe('claude, codex, opencode, or `command`: any program that reads a prompt.'),
  command: command.optional().describe('Of a command: the line that starts it; the prompt is on standard input.'),
  model: taskSettingsSchema.shape.model,
  effort: taskSettingsSchema.shape.effort,
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
  workers: z
    .object({
      connect: name.describe(
        'Address of the database; a variable in braces behind a dollar is taken from the environment.',
      ),
      remote: name.optional().describe('Remote of the repository through which work travels; default `origin`.'),
      queues: z
        .array(label)
        .min(1)
        .optional()
        .describe(
          'Pools of workers that may be asked, as in `milestone worker --queue`, the preferred ones first; default `default`.',
        ),
    })
    .optional()
    .describe('Workers on other machines.'),
});

/** JSON Schema (2020-12) of a plan or of config.yaml, for editors; unknown keys are allowed, as when reading. */
export function jsonSchema(of: 'milestone' | 'config'): JsonSchema {
  const schema = z.toJSONSchema(of === 'milestone' ? milestoneSchema : configSchema, {io: 'input'}) as JsonSchema;
  addDefaults(schema.properties?.settings, DEFAULT_SETTINGS);
  return describeKeys(schema);
}

function addDefaults(schema: JsonSchema | undefined, defaults: object): void {
  for (const [key, value] of Object.entries(defaults)) {
    const property = schema?.properties?.[key];
    if (property?.properties) addDefaults(property, value ?? {});
    else if (property && value !== undefined) property.default = value;
  }
}

function addsUp(weights: {[phase in (typeof KIRO_PHASES)[number]]?: number | undefined}): boolean {
  const sum = KIRO_PHASES.reduce((total, phase) => total + (weights[phase] ?? DEFAULT_PHASE_WEIGHTS[phase]), 0);
  return Math.abs(sum - 100) < 1e-9;
}
