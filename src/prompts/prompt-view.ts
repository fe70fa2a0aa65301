// The data of a prompt as clean, bounded text.

import type {CheckResult} from '../events/details/checks.ts';
import {asItem, cutMiddle, fenced, firstItems, oneLine} from './clean-text.ts';
import type {DependencyInput, DocumentInput, LastAttempt, PromptInput} from './prompt-input.ts';
import type {Finding} from './review.ts';

/** Texts that there are none of are empty. */
export interface PromptView {
  attempt: string;
  milestone: {id: string; title: string; description: string; success_criteria: string[]};
  task: TaskView;
  phase: {name: string; folder: string; files: string[]; asked: string[]} | undefined;
  documents: Array<{phase: string; path: string; content: string}>;
  dependencies: Array<{id: string; title: string; summary: string; commit: string; files: string[]}>;
  checks: Array<{name: string; command: string}>;
  answers: Array<{question: string; answer: string}>;
  rejections: string[];
  last: LastView | undefined;
  /** Who does the task himself: where his work belongs (empty for nowhere but the folder), and how he ends. */
  person: {branch: string; done: string} | undefined;
}

interface TaskView {
  id: string;
  title: string;
  description: string;
  prompt: string;
  acceptance_criteria: string[];
  touches: string[];
  protect: string[];
  no_changes: boolean;
}

export interface LastView {
  attempt: string;
  outcome: string;
  summary: string;
  failed_checks: Array<{name: string; command: string; result: string; output: string}>;
  denials: Array<{tool: string; input: string; allow: string}>;
  findings: FindingView[];
  work_kept: boolean;
  rescue_ref: string;
  conflict_files: string[];
}

interface FindingView {
  place: string;
  severity: string;
  message: string;
}

/** How much of each text is shown: 1 is the usual. */
export interface Scale {
  /** Of what people wrote: the task, answers, comments. */
  own: number;
  /** Of everything else. */
  material: number;
}

// Characters, unless they are numbers of items.
const TITLE = 300;
const TASK_TEXT = 40_000;
const COMMENT = 10_000;
const CRITERION = 2_000;
const CRITERIA = 100;
const ALL_DOCUMENTS = 60_000;
const DOCUMENT = 30_000;
const ALL_SUMMARIES = 30_000;
const SUMMARY = 3_000;
const ALL_FILES = 400;
const FILES = 60;
const COMMAND = 2_000;
const OUTPUT = 8_000;
const MESSAGE = 2_000;
const FINDINGS = 50;
const DENIALS = 20;
const ANSWERS = 10;

/** Make the data of a prompt, clean already, ready to be put down. */
export function promptView(input: PromptInput, scale: Scale): PromptView {
  const {milestone, phase, documents, dependencies, last} = input;
  return {
    attempt: String(input.attempt),
    milestone: milestoneView(milestone, scale),
    task: taskView(input.task, scale),
    phase: phase && {
      name: phase.name,
      folder: oneLine(phase.folder, TITLE),
      files: lines(phase.files, scale.material),
      asked: lines(phase.asked ?? [], scale.material),
    },
    documents: documents.map(one => documentView(one, documents.length, scale)),
    dependencies: dependencies.map(one => dependencyView(one, dependencies.length, scale)),
    checks: input.checks.map(({name, command}) => ({name, command: oneLine(command, COMMAND)})),
    answers: input.answers.slice(-ANSWERS).map(({question, answer}) => ({
      question: asItem(text(question, COMMENT * scale.own)),
      answer: asItem(text(answer, COMMENT * scale.own)),
    })),
    rejections: items(input.rejections, scale.own),
    last: last && lastView(last, scale.material),
    person: input.person && {branch: input.person.branch ?? '', done: input.person.done},
  };
}

export function milestoneView(milestone: PromptInput['milestone'], {own}: Scale): PromptView['milestone'] {
  return {
    id: milestone.id,
    title: oneLine(milestone.title, TITLE),
    description: text(milestone.description, COMMENT * own),
    success_criteria: items(milestone.success_criteria, own),
  };
}

export function taskView(task: PromptInput['task'], {own}: Scale): TaskView {
  return {
    id: task.id,
    title: oneLine(task.title, TITLE),
    description: text(task.description, TASK_TEXT * own),
    prompt: text(task.prompt, TASK_TEXT * own),
    acceptance_criteria: items(task.acceptance_criteria, own),
    touches: lines(task.touches ?? [], own),
    protect: lines(task.protect ?? [], own),
    no_changes: task.no_changes ?? false,
  };
}

function documentView({phase, path, content}: DocumentInput, count: number, {material}: Scale) {
  const most = Math.min(DOCUMENT, ALL_DOCUMENTS / count) * material;
  return {phase, path: oneLine(path, TITLE), content: fenced(text(content, most))};
}

function dependencyView({id, title, summary, commit, files}: DependencyInput, count: number, {material}: Scale) {
  const most = Math.min(FILES, Math.max(3, ALL_FILES / count)) * material;
  return {
    id,
    title: oneLine(title, TITLE),
    summary: asItem(text(summary, Math.min(SUMMARY, ALL_SUMMARIES / count) * material)),
    commit: commit ?? '',
    files: firstItems(files, Math.ceil(most), file => oneLine(file, TITLE)),
  };
}

function lastView(last: LastAttempt, scale: number): LastView {
  return {
    attempt: String(last.attempt),
    outcome: asItem(text(last.outcome?.message, MESSAGE * scale)),
    summary: asItem(text(last.summary, SUMMARY * scale)),
    failed_checks: last.failedChecks.map(check => checkView(check, scale)),
    denials: last.denials.slice(0, Math.ceil(DENIALS * scale)).map(({tool, input, allow}) => ({
      tool: oneLine(tool, TITLE),
      input: oneLine(input, TITLE),
      allow: oneLine(allow, TITLE),
    })),
    findings: last.findings.slice(0, Math.ceil(FINDINGS * scale)).map(one => findingView(one, scale)),
    work_kept: last.isWorkKept,
    rescue_ref: last.rescueRef ?? '',
    conflict_files: lines(last.conflictFiles, scale),
  };
}

export function checkView({name, command, exit_code, ok, output_tail}: CheckResult, scale: number) {
  const failed = exit_code === null ? 'did not end' : `exit code ${exit_code}`;
  return {
    name,
    command: oneLine(command, COMMAND),
    result: ok ? 'passed' : failed,
    output: output_tail ? fenced(text(output_tail, OUTPUT * scale)) : '',
  };
}

function findingView({file, line, severity, message}: Finding, scale: number): FindingView {
  const location = [file, file === undefined ? undefined : line].filter(part => part !== undefined).join(':');
  return {place: oneLine(location, TITLE), severity: severity ?? '', message: asItem(text(message, MESSAGE * scale))};
}

export function text(written: string | undefined, most: number): string {
  return cutMiddle(written ?? '', Math.ceil(most));
}

export function lines(written: readonly string[], scale: number): string[] {
  return firstItems(written, Math.ceil(CRITERIA * scale), one => oneLine(one, TITLE));
}

function items(written: readonly string[] = [], scale: number): string[] {
  return firstItems(written, Math.ceil(CRITERIA * scale), one => asItem(text(one, CRITERION * scale)));
}
