// What a prompt is made of: data alone, gathered by `collectInput`, put into words by `promptText`.

import type {Denial} from '../events/details/attempt.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {KiroPhase, Plan, Task} from '../plan/plan.ts';
import type {Finding} from './review.ts';

/**
 * How an attempt relates to those before it. `first`: there was none. `continue`: it goes on in the conversation of the
 * last one, which knows the task already. `fresh`: a new conversation, told what was tried.
 */
export type PromptMode = 'first' | 'continue' | 'fresh';

export interface PromptInput {
  mode: PromptMode;
  /** Number of the attempt that gets the prompt. */
  attempt: number;
  milestone: Pick<Plan, 'id' | 'title' | 'description' | 'success_criteria'>;
  task: Pick<
    Task,
    'id' | 'title' | 'description' | 'prompt' | 'acceptance_criteria' | 'no_changes' | 'touches' | 'protect'
  >;
  /** Present for a kiro task. */
  phase?: PhaseInput;
  /** What this and the earlier phases have written so far. */
  documents: DocumentInput[];
  /** The finished ones among those that the task depends on. */
  dependencies: DependencyInput[];
  /** Run on what the attempt leaves. */
  checks: Array<{name: CheckResult['name']; command: string}>;
  /** What a person answered to its questions. */
  answers: Array<{question: string; answer: string}>;
  /** What those wrote who were to approve the phase, and did not. */
  rejections: string[];
  /** Absent in mode `first`. */
  last?: LastAttempt;
  /** Present when a person does it. */
  person?: PersonInput;
}

export interface PersonInput {
  /** Where the work has to be committed; absent when it is not. */
  branch?: string;
  /** The command that says that it is done. */
  done: string;
}

export interface PhaseInput {
  name: KiroPhase;
  /** Where its documents belong, relative to the folder that the attempt works in. */
  folder: string;
  /** Names of the documents that it is to write there; in `execute` none of those that the program writes. */
  files: string[];
  /** What else the plan asks of the phase, in words. */
  asked?: string[];
}

export interface DocumentInput {
  phase: KiroPhase;
  /** Relative to the folder that the attempt works in. */
  path: string;
  content: string;
}

export interface DependencyInput {
  id: string;
  title: string;
  summary?: string;
  commit?: string;
  /** Relative to the top of the repository. */
  files: string[];
}

/** What the last attempt left to this one. */
export interface LastAttempt {
  attempt: number;
  /** How it ended. */
  outcome?: Pick<Outcome, 'kind' | 'message'>;
  /** What it said of its work. */
  summary?: string;
  failedChecks: CheckResult[];
  denials: Denial[];
  /** Of a reviewer who rejected it. */
  findings: Finding[];
  /** Its own changes lie in the folder that the next attempt works in. */
  isWorkKept: boolean;
  /** Commit with its own changes, on what it started from. */
  rescueRef?: string;
  /** Files that others changed meanwhile, too. */
  conflictFiles: string[];
}

/** The texts that a prompt can be made from; a user's own are `.milestones/prompts/<name>.md`. */
export const TEMPLATE_NAMES = ['task', 'continue', 'design', 'spec', 'plan', 'review'] as const;

export type TemplateName = (typeof TEMPLATE_NAMES)[number];

const OF_PHASE: Record<KiroPhase, TemplateName> = {design: 'design', spec: 'spec', task: 'plan', execute: 'task'};

/** The template for an attempt. */
export function templateName({mode, phase}: Pick<PromptInput, 'mode' | 'phase'>): TemplateName {
  if (mode === 'continue') return 'continue';
  return phase ? OF_PHASE[phase.name] : 'task';
}
