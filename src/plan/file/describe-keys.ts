// What each key of a plan and of config.yaml means, for whoever meets it in an editor. Keys that the schema itself
// describes, such as the settings, are not here.

export interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  description?: string;
  default?: unknown;
  [key: string]: unknown;
}

/** By the key, or by it and the one that it stands under where the same word means two things. */
const MEANINGS: Readonly<Record<string, string>> = {
  title: 'What is to be done, in a few words.',
  description: 'What is to be done, and why; agents are told it.',
  success_criteria: 'When the milestone is a success; agents are told it.',
  dependencies: 'What has to be there before this milestone starts.',
  settings: 'How tasks are carried out; config.yaml has defaults for all plans, a task may have its own.',
  'execution.base': 'Commit that the work started from.',
  kiro_configuration: 'For tasks that go through the phases design, spec, task and execute.',
  phase_weights: 'Share of each phase in the progress of a task; they add up to 100.',
  approval_gates: 'Approvals between the phases.',
  required: 'Whether an approval is needed to go on.',
  approvers: 'Roles that have to approve.',
  criteria: 'What is to be looked at before it is approved.',
  tasks: 'What is to be done. Tasks run as soon as those that they depend on are done.',
  prompt: 'Told to the agent besides title, description and criteria.',
  acceptance_criteria: 'When the task is done; agents are told it.',
  review: 'A second agent looks at the work before it is taken.',
  'review.driver': 'Who looks.',
  'review.prompt': 'What to look for.',
  estimated_hours:
    'How long it may take; what begins the longest chain of tasks goes first. Without it a task counts 1.',
  kiro_workflow: 'The task goes through the phases design, spec, task and execute.',
  enabled: 'Whether it does.',
  current_phase: 'Written by milestone: the phase it is in.',
  phases: 'What is special about each phase.',
  driver: 'Who does the work: claude, codex, opencode, manual, or a name under `drivers` in config.yaml.',
  deliverables: 'Documents that the phase has to leave.',
  approval_required: 'Whether a person has to approve what the phase leaves.',
  drivers: 'More names for `driver`: a coding agent with a model, or `command`, any program that reads a prompt.',
  status: 'Written by milestone: how far it is.',
  started_at: 'Written by milestone: when it began.',
  completed_at: 'Written by milestone: when it was done.',
  attempts: 'Written by milestone: how often it was tried.',
  commit: 'Written by milestone: the commit that has the work.',
  checked: 'Written by milestone: whether a green check vouches for it.',
  cost_usd: 'Written by milestone: what its agents say that it has cost.',
  error: 'Written by milestone: why it failed.',
  execution: 'Written by milestone: the execution that this plan is in.',
  'execution.id': 'Drawn once; stands in every commit.',
  branch: 'Branch that the work is committed on.',
  session_id: 'The session that worked on it last.',
  paused_reason: 'Why it rests.',
  progress: 'Written by milestone: how far it is.',
  percentage: 'Average over all tasks.',
  tasks_completed: 'Tasks that are completed or skipped.',
  tasks_total: 'All tasks.',
  kiro_progress: 'Written by milestone: how far each phase is.',
  blockers: 'Written by milestone: what holds it up.',
  last_update: 'Written by milestone: when this was last changed.',
};

const PHASE = /^(design|spec|task|execute)$/;
const GATE = /^(design_to_spec|spec_to_task|task_to_execute|execute_completion|execute_to_complete)$/;

/** Add to a JSON Schema what its keys mean, where it does not say so itself. */
export function describeKeys(schema: JsonSchema): JsonSchema {
  visit(schema, '');
  return schema;
}

function visit(node: unknown, parent: string): void {
  if (typeof node !== 'object' || node === null) return;
  const {properties, ...others} = node as JsonSchema;
  for (const [key, value] of Object.entries(properties ?? {})) {
    const meaning = meaningOf(key, parent);
    if (meaning !== undefined) value.description ??= meaning;
    visit(value, key);
  }
  for (const other of Object.values(others)) visit(other, parent);
}

function meaningOf(key: string, parent: string): string | undefined {
  if (PHASE.test(key)) return parent === 'phase_weights' ? `Share of the phase ${key}.` : `The phase ${key}.`;
  if (GATE.test(key)) return `The approval ${key.replaceAll('_', ' ')}.`;
  if (parent === 'agents') return `The loop ${key}.`;
  return MEANINGS[`${parent}.${key}`] ?? MEANINGS[key];
}
