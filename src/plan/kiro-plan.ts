// What a plan says of the phases of a kiro task: design -> spec -> task -> execute. Pure.

import type {KiroConfiguration, KiroPhase, Plan, Task} from './plan.ts';

/** The phases of a kiro task in their order. */
export const KIRO_PHASES = ['design', 'spec', 'task', 'execute'] as const satisfies readonly KiroPhase[];

/** Per cent of a task that each phase counts; they add up to 100. */
export type PhaseWeights = Readonly<Record<KiroPhase, number>>;

/** Weights of a plan that names none. */
export const DEFAULT_PHASE_WEIGHTS: PhaseWeights = {design: 15, spec: 25, task: 20, execute: 40};

/** Documents that a phase has to leave, unless the plan names others. */
const DEFAULT_DELIVERABLES: Readonly<Record<KiroPhase, readonly string[]>> = {
  design: ['architecture.md', 'api-spec.yaml'],
  spec: ['technical-spec.md', 'test-plan.md'],
  task: ['implementation-plan.md'],
  execute: ['implementation-summary.md', 'test-results.md'],
};

/** Who has to let a phase through, and what he is to look at. */
export interface Gate {
  /** As in the plan: `design_to_spec`; after the last phase `execute_completion`. */
  transition: string;
  required: boolean;
  /** Roles that must all approve; none: one approval by anybody. */
  approvers: readonly string[];
  criteria: readonly string[];
}

/** The weights in force. */
export function phaseWeights(configuration: KiroConfiguration | undefined): PhaseWeights {
  return {...DEFAULT_PHASE_WEIGHTS, ...configuration?.phase_weights};
}

/** Whether a task goes through the phases. */
export function isKiro(task: Pick<Task, 'kiro_workflow'>): boolean {
  return task.kiro_workflow?.enabled === true;
}

/** The phase after one; undefined after the last. */
export function phaseAfter(phase: KiroPhase): KiroPhase | undefined {
  return KIRO_PHASES[KIRO_PHASES.indexOf(phase) + 1];
}

/** The phases before one, first to last. */
export function phasesBefore(phase: KiroPhase): KiroPhase[] {
  return KIRO_PHASES.slice(0, KIRO_PHASES.indexOf(phase));
}

/** Name of the step that leaves a phase. */
function transitionOf(phase: KiroPhase): string {
  const next = phaseAfter(phase);
  return next === undefined ? 'execute_completion' : `${phase}_to_${next}`;
}

/** The gate behind a phase: what the phase says, else what the plan says, else design and spec need approval. */
export function gateOf(plan: Plan, task: Task, phase: KiroPhase): Gate {
  const transition = transitionOf(phase);
  const gates = plan.kiro_configuration?.approval_gates;
  const configured = gates?.[transition] ?? (phase === 'execute' ? gates?.execute_to_complete : undefined);
  const own = task.kiro_workflow?.phases?.[phase]?.approval_required;
  return {
    transition,
    required: own ?? configured?.required ?? (phase === 'design' || phase === 'spec'),
    approvers: configured?.approvers ?? [],
    criteria: configured?.criteria ?? [],
  };
}

/**
 * The documents of a phase, as paths below its folder; the first three phases have to leave them. Where the plan has only
 * words for them, such as `working_implementation`, they are the usual ones.
 */
export function deliverablesOf(task: Task, phase: KiroPhase): readonly string[] {
  const named = task.kiro_workflow?.phases?.[phase]?.deliverables;
  const files = named?.filter(isFileName) ?? [];
  return files.length > 0 || named?.length === 0 ? files : DEFAULT_DELIVERABLES[phase];
}

/** What the plan asks of a phase in words: names without a suffix are no files. */
export function wordsAskedOf(task: Task, phase: KiroPhase): string[] {
  return (task.kiro_workflow?.phases?.[phase]?.deliverables ?? []).filter(name => !isFileName(name));
}

function isFileName(name: string): boolean {
  return /\.[A-Za-z]\w{0,9}$/.test(name);
}

/** Documents of the last phase that nobody but the program writes. */
export const OWN_DOCUMENTS: readonly string[] = ['implementation-summary.md', 'test-results.md'];

/** Documents of a phase that are for whoever works on it to write. */
export function documentsToWrite(task: Task, phase: KiroPhase): string[] {
  return deliverablesOf(task, phase).filter(name => phase !== 'execute' || !OWN_DOCUMENTS.includes(name));
}

/** Id of the approval behind a phase, and the name of its file. */
export function approvalId(plan: Plan, task: Task, phase: KiroPhase): string {
  return `approval-${plan.id}-${task.id}-${transitionOf(phase).replace('_to_', '-').replace('_', '-')}`;
}

/** A task as it is in one phase: the phase's own keys win, and only the last phase runs the task's own command. */
export function taskInPhase(task: Task, phase: KiroPhase): Task {
  const {run, prompt, driver, verify, timeout} = task.kiro_workflow?.phases?.[phase] ?? {};
  const isExecute = phase === 'execute';
  const {run: ownRun, verify: ownVerify, ...rest} = task;
  return {
    ...rest,
    ...withoutUndefined({
      run: run ?? (isExecute ? ownRun : undefined),
      verify: verify ?? (isExecute ? ownVerify : undefined),
      prompt,
      driver,
      timeout,
    }),
  };
}

function withoutUndefined<T extends object>(value: T): {[Key in keyof T]?: Exclude<T[Key], undefined>} {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}
