// What each key of a plan and of config.yaml means, for whoever meets it in an editor. Keys that the schema itself
// describes are not here.

type JsonSchema = {[key: string]: unknown};

/** By the key, or by it and the one that it stands under where the same word means two things. */
const MEANINGS: Readonly<Record<string, string>> = {
  title: 'What is to be done, in a few words.',
  description: 'What is to be done, and why; agents are told it.',
  success_criteria: 'When the milestone is a success; agents are told it.',
  dependencies: 'What has to be there before this milestone starts.',
  settings: 'How tasks are carried out; config.yaml has defaults for all plans, a task may have its own.',
  model: 'Model of the driver, as the driver calls it.',
  effort: 'How hard the model is to think, as the driver calls it.',
  verify: 'A command that is green when the work is right.',
  verify_final: 'A command that is run once, before the milestone completes.',
  verify_timeout: 'Time for a check; default 15m.',
  verify_retries: 'How often a red check is run again on the same files; green then is called flaky. Default 1.',
  timeout: 'Time for an attempt; default 45m.',
  silent: 'An attempt that prints nothing and changes nothing for so long is ended; default 15m.',
  max_attempts: 'Most attempts of a task, those that cost no try included; default 8.',
  touches_free: 'Files that may be changed by any task, whatever `touches` says; by default lock files.',
  budget: 'What may be used; nothing new starts when it is spent.',
  'budget.usd': 'Dollars, as the agents say.',
  'budget.tokens': 'Tokens, as the agents say.',
  'budget.turns': 'Turns of the agents.',
  'budget.minutes': 'Minutes that agents are at work.',
  on_interrupt: '`rerun` (default), or `ask` for work that has effects outside its folder.',
  on_exceed: 'When the budget is spent: `finish` (default) what runs, or `stop` it.',
  on_blocker: '`isolate` (default) holds the task and what depends on it, `stop` holds everything.',
  permissions: 'What agents may do: `edit`, `project` (default), or `full`, which needs `--yolo` too.',
  allow: 'More tools that agents may use, as their driver calls them.',
  inherit: 'Which settings of theirs agents get: of the `project` (default), or of the `user` as well.',
  fallback: 'Drivers that are tried while the chosen one is out of quota.',
  isolation: '`worktree` (default in git): a folder of its own for each attempt; `shared`: all work in the checkout.',
  gates: 'Approvals of phases: `wait` for a person (default), or `auto`.',
  env: "Variables for tasks and checks; the slot's number replaces its placeholder `MILESTONE_SLOT`.",
  env_deny: 'Variables that tasks and checks do not get.',
  workspace: 'The folders that attempts work in.',
  'workspace.root':
    'Where they lie, relative to the top of the repository; by default in the state folder of the user.',
  'workspace.setup': 'A command that makes a fresh folder ready, such as `npm ci`.',
  'workspace.setup_when': 'The setup runs again when one of these files differs, such as a lock file.',
  'workspace.teardown': 'A command that is run before a folder is removed.',
  'workspace.include': 'Ignored files of the checkout that are copied into each folder, such as `.env`.',
  'workspace.fresh': 'A new folder for each attempt, without anything that earlier ones have left.',
  'workspace.submodules': '`auto` (default) fills submodules from what the repository has, `off` leaves them empty.',
  base: 'Branch or commit that the work starts from; by default what is checked out.',
  'execution.base': 'Commit that the work started from.',
  git: 'How the branch of the milestone is kept.',
  'git.sync': '`fetch` its upstream now and then, `push` it as well, or `off` (default).',
  'git.hooks': 'Run the hooks of the repository for commits; default false.',
  'git.message': 'First line of commits; `{type}`, `{scope}` and `{title}` are replaced.',
  checkpoint: 'State fields in the plan follow `live` (default), or only when the milestone is `settled`.',
  merge: 'How finished work is taken onto the branch.',
  'merge.batch': 'Most works that are checked and taken together; 1: each alone. Default 8.',
  agents: 'How often the loops inside the executor look again.',
  every: 'Time between two looks.',
  notify: 'Who is told of events.',
  command: 'A command; it reads a prompt, or the event as JSON, on standard input.',
  webhook: 'Address that gets the event as JSON.',
  events: 'Names of the events that are told; by default those that need a person, and the end.',
  keep_awake: 'Keep the machine awake while tasks run: `auto` (default) or `off`.',
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
  estimated_hours: 'For people; nothing depends on it.',
  kiro_workflow: 'The task goes through the phases design, spec, task and execute.',
  enabled: 'Whether it does.',
  current_phase: 'Written by milestone: the phase it is in.',
  phases: 'What is special about each phase.',
  run: 'A command that does the work in place of the driver.',
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
  for (const [key, value] of Object.entries((properties ?? {}) as Record<string, JsonSchema>)) {
    const meaning = meaningOf(key, parent);
    // What a type says of all its values, such as how a time is written, comes after what this one means.
    const said = value.description as string | undefined;
    if (meaning !== undefined && said === undefined) value.description = meaning;
    else if (meaning !== undefined && value.pattern !== undefined) value.description = `${meaning} ${said}`;
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
