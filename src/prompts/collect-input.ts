// Gathers what a prompt is made of: from the state, the settings, the home, and git, which is only read.

import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../git/git.ts';
import {milestoneBranch, readHead, resolveCommit} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {compareTrees} from '../git/trees/compare-trees.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {documentsToWrite, KIRO_PHASES, taskInPhase, wordsAskedOf} from '../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, Task, TaskId} from '../plan/plan.ts';
import type {ResolvedTaskSettings} from '../plan/settings.ts';
import {nextAttempt} from '../scheduler/next-attempt.ts';
import {rejectionComments} from '../state/kiro.ts';
import {type MilestoneState, phaseInWork, taskState} from '../state/milestone.ts';
import {isSatisfied, type TaskHistory, type TaskState} from '../state/task.ts';
import {findKeptWork} from '../workspace/kept-work.ts';
import {listRescues, type RescueName, rescueRef} from '../workspace/rescue.ts';
import {mapTexts} from './clean-text.ts';
import type {
  DependencyInput,
  DocumentInput,
  LastAttempt,
  PersonInput,
  PhaseInput,
  PromptInput,
  PromptMode,
} from './prompt-input.ts';
import {parseReview} from './review.ts';

export interface PromptSources {
  state: MilestoneState;
  paths: Pick<HomePaths, 'home' | 'deliverables'>;
  /** Absent outside git, and with `--no-git`. */
  repo: Repository | undefined;
  /** Of the task, in its phase. */
  settings: Pick<ResolvedTaskSettings, 'taskVerify' | 'milestoneVerify' | 'touches' | 'protect' | 'retries'>;
  /** Name of the driver that is to work. */
  driver: string;
  /** Takes secrets out. */
  redactText(text: string): string;
  /** Absent: the phase that is in work. */
  phase?: KiroPhase;
  /** A person does it. */
  byHand?: boolean;
  /** Absent: what follows from the last attempt. */
  mode?: PromptMode;
}

/**
 * What the next attempt of a task is to know; of one that runs, what it was to know.
 * @throws {MilestoneError} `GIT_FAILED`
 */
export async function collectInput(sources: PromptSources, id: TaskId): Promise<PromptInput> {
  const {state, settings, driver, phase = phaseInWork(state, id)} = sources;
  const whole = state.taskById.get(id) as Task;
  const task = phase ? taskInPhase(whole, phase) : whole;
  const current = taskState(state, id);
  const {history} = current;
  const attempt = current.status === 'in_progress' ? current.attempt : history.attempts + 1;
  const {touches, protect, retries} = settings;
  const mode = sources.mode ?? nextAttempt(history, {attempt, phase, driver, retries}).mode;
  const input: PromptInput = {
    mode,
    attempt,
    milestone: pick(state.plan, MILESTONE_KEYS),
    task: {
      ...pick(task, TASK_KEYS),
      ...(!isDocumentPhase(phase) && {...(touches && {touches}), ...(protect.length > 0 && {protect})}),
    },
    ...(phase && {phase: phaseInput(sources, task, phase)}),
    documents: phase ? readDocuments(sources, history, phase) : [],
    dependencies: await findDependencies(sources, task),
    checks: checksOf(settings, phase),
    answers: history.answers ?? [],
    rejections: phase ? rejectionsOf(history, phase) : [],
    ...(mode !== 'first' && history.last && {last: await lastAttempt(sources, id, history.last)}),
    ...(sources.byHand && {person: personInput(state, id, phase)}),
  };
  const redacted = mapTexts(input, sources.redactText);
  return {...redacted, mode, ...(input.phase && {phase: input.phase})};
}

/** Phases that write documents, and change nothing else. */
function isDocumentPhase(phase: KiroPhase | undefined): boolean {
  return phase !== undefined && phase !== 'execute';
}

const MILESTONE_KEYS = ['id', 'title', 'description', 'success_criteria'] as const;
const TASK_KEYS = ['id', 'title', 'description', 'prompt', 'acceptance_criteria', 'no_changes'] as const;

/** Some of an object's entries: a plan has more in it than a prompt is to show. */
function pick<T extends object, Key extends keyof T>(object: T, keys: readonly Key[]): Pick<T, Key> {
  return Object.fromEntries(keys.filter(key => object[key] !== undefined).map(key => [key, object[key]])) as Pick<
    T,
    Key
  >;
}

/** Documents stay where they are written. Before the activation the branch is not there, but its name is known. */
function personInput({id, activation}: MilestoneState, task: TaskId, phase: KiroPhase | undefined): PersonInput {
  const branch = activation ? activation.branch : milestoneBranch(id);
  const done = `milestone task done ${id} ${task}`;
  return isDocumentPhase(phase) || branch === undefined ? {done} : {branch, done};
}

function phaseInput({state, paths}: PromptSources, task: Task, name: KiroPhase): PhaseInput {
  const folder = path.relative(path.dirname(paths.home), paths.deliverables(state.id, task.id, name));
  const asked = wordsAskedOf(task, name);
  return {name, folder, files: documentsToWrite(task, name), ...(asked.length > 0 && {asked})};
}

function checksOf({taskVerify, milestoneVerify}: PromptSources['settings'], phase: KiroPhase | undefined) {
  const own = taskVerify === undefined ? [] : [{name: 'task' as const, command: taskVerify}];
  if (isDocumentPhase(phase) || milestoneVerify === undefined) return own;
  return [...own, {name: 'milestone' as const, command: milestoneVerify}];
}

function rejectionsOf({kiro}: TaskHistory, phase: KiroPhase): string[] {
  return kiro ? rejectionComments(kiro, phase) : [];
}

async function lastAttempt(
  {state, repo}: PromptSources,
  id: TaskId,
  last: NonNullable<TaskHistory['last']>,
): Promise<LastAttempt> {
  const {attempt, outcome, claim, denials = [], failedChecks = []} = last;
  const isSetAside = outcome?.kind === 'conflict' || (outcome?.kind === 'failed' && outcome.cause === 'out_of_area');
  // An attempt that left nothing itself passes on what it was to start from.
  const rescue = repo && (await findRescue(repo, state.id, id, [attempt, ...(isSetAside ? [] : (last.from ?? []))]));
  const reviews = failedChecks.map(check => (check.name === 'review' ? parseReview(check.output_tail) : undefined));
  return {
    attempt,
    // A question comes with its answer.
    ...(outcome && outcome.kind !== 'question' && {outcome: {kind: outcome.kind, message: outcome.message}}),
    ...(claim?.summary !== undefined && {summary: claim.summary}),
    failedChecks: failedChecks.filter((_, index) => !reviews[index]),
    denials,
    findings: reviews.flatMap(review => review?.findings ?? []),
    isWorkKept: !isSetAside && (!repo || (rescue !== undefined && (await isLaidIn(state, repo, rescue)))),
    ...(rescue && {rescueRef: rescueRef(rescue)}),
    conflictFiles: outcome?.kind === 'conflict' ? outcome.files : [],
  };
}

async function findRescue(
  repo: Repository,
  id: MilestoneId,
  task: TaskId,
  attempts: readonly number[],
): Promise<RescueName | undefined> {
  const refs = new Set((await listRescues(repo, id)).map(({ref}) => ref));
  return attempts.map(attempt => ({id, task, attempt})).find(name => refs.has(rescueRef(name)));
}

/** A slot is put where the work fits; a checkout that others use as well stays at its head. */
async function isLaidIn({activation}: MilestoneState, repo: Repository, rescue: RescueName): Promise<boolean> {
  if (activation?.isolation !== 'shared' || activation.branch === undefined) return true;
  const head = await readHead(repo, activation.branch);
  return head !== undefined && (await findKeptWork(repo, rescue, head))?.base === head;
}

/** Bytes of one document that are read. */
const DOCUMENT_BYTES = 256 * 1024;

/** As recorded when their phases ended; what was deleted since is left out. */
function readDocuments({paths}: PromptSources, {kiro}: TaskHistory, until: KiroPhase): DocumentInput[] {
  if (!kiro) return [];
  return KIRO_PHASES.slice(0, KIRO_PHASES.indexOf(until) + 1).flatMap(phase =>
    (kiro.phases[phase].deliverables ?? []).flatMap(({path: name}) => {
      const content = readBeginning(path.join(paths.home, name));
      return content === undefined ? [] : [{phase, path: path.posix.join(path.basename(paths.home), name), content}];
    }),
  );
}

function readBeginning(file: string): string | undefined {
  if (!fs.lstatSync(file, {throwIfNoEntry: false})?.isFile()) return undefined;
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(fs.fstatSync(fd).size, DOCUMENT_BYTES));
    return buffer.toString('utf8', 0, fs.readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}

async function findDependencies({state, repo}: PromptSources, task: Task): Promise<DependencyInput[]> {
  const found: DependencyInput[] = [];
  for (const id of new Set(task.dependencies)) {
    const dependency = taskState(state, id);
    if (!isSatisfied(dependency)) continue;
    const title = state.taskById.get(id)?.title ?? id;
    found.push({id, title, ...(await whatItMade(repo, dependency))});
  }
  return found;
}

async function whatItMade(
  repo: Repository | undefined,
  task: TaskState,
): Promise<Pick<DependencyInput, 'summary' | 'commit' | 'files'>> {
  if (task.status === 'skipped') return {summary: `was skipped${task.reason ? `: ${task.reason}` : ''}`, files: []};
  const {commit, summary} = task.status === 'completed' ? task : {};
  const own = summary === undefined ? {} : {summary};
  if (!repo || commit === undefined || (await resolveCommit(repo, commit)) === undefined) return {...own, files: []};
  const {parents, message} = await readCommit(repo, commit);
  const files = parents[0] === undefined ? [] : await compareTrees(repo, parents[0], commit);
  return {summary: message.split('\n', 1)[0] as string, ...own, commit, files: files.map(file => file.path)};
}
