import type {AgentInput, DriverResult} from '../drivers/driver.ts';
import type {DriverChoice} from '../drivers/registry.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {redacted} from '../execution/redacted.ts';
import {recordRepositoryChanges} from '../execution/repository-changes.ts';
import {runningTask} from '../execution/running-task.ts';
import type {Budget, Task} from '../plan/plan.ts';
import {appendNote} from '../platform/attempt-log.ts';
import {firstLine} from '../platform/first-line.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {tokenOfPart} from '../platform/processes/tokens.ts';
import {type Finding, parseReview, REVIEW_SCHEMA, type Review} from '../prompts/review.ts';
import type {AttemptId} from '../state/task.ts';
import type {AttemptPlace, FrozenWork} from '../workspace/workspace.ts';
import {reviewPromptOf} from './agent-prompts.ts';
import {minutesMs, reservationFor, settleBudget, stopOverspent, wasAtWork} from './attempt-budget.ts';
import {recordChecks} from './verify.ts';

export interface ReviewedWork {
  /** Undefined outside git: there is nothing to compare. */
  work: FrozenWork | undefined;
  /** Green ones, run already. */
  checks: CheckResult[];
  signal: StopSignal;
}

/**
 * Have a second agent look at work that has passed its checks, where the plan asks for it. What it changes is
 * discarded: the tree is frozen.
 * @returns How the attempt ends, when the reviewer rejects it or cannot answer.
 */
export async function review(
  execution: Execution,
  place: AttemptPlace,
  {work, checks, signal}: ReviewedWork,
): Promise<Outcome | undefined> {
  const task = execution.inForce.taskOf(place.taskId);
  if (!task.review || !work) return undefined;
  const startedAt = execution.clock.elapsed();
  const driver = task.review.driver ?? runningTask(execution.ledger.state, place.taskId).driver;
  const reviewing = {task, driver, work, checks, signal};
  let said = await ask(execution, place, reviewing);
  // It is not the author's fault: who gives no verdict is asked once more, before it counts.
  if (said.kind === 'answered' && !said.answer && !signal.aborted) said = await ask(execution, place, reviewing);
  if (signal.aborted) return undefined;
  if (said.kind === 'ended') return reviewerFailed(said.outcome, driver, execution.inForce.drivers.providerOf(driver));
  const {answer, words} = said;
  const check: CheckResult = {
    name: 'review',
    command: `review by ${driver}`,
    ok: answer?.verdict === 'approve',
    exit_code: answer?.verdict === 'approve' ? 0 : 1,
    duration_ms: Math.round(execution.clock.elapsed() - startedAt),
    output_tail: answer ? JSON.stringify(answer) : words,
  };
  recordChecks(execution, place, 'worktree', [...checks, check]);
  return check.ok ? undefined : rejection(said, driver);
}

type Answered = {kind: 'answered'; answer: Review | undefined; words: string};

/** What a reviewer that is asked afresh answers. */
async function ask(
  execution: Execution,
  place: AttemptPlace,
  reviewing: Reviewing,
): Promise<Answered | (DriverResult & {kind: 'ended'})> {
  const result = redacted(execution.surroundings.redactor, await runReviewer(execution, place, reviewing));
  if (result.kind === 'ended') return result;
  const words = result.claim.summary ?? '';
  return {kind: 'answered', answer: parseReview(words), words};
}

interface Reviewing extends ReviewedWork {
  task: Task;
  driver: string;
  work: FrozenWork;
}

async function runReviewer(execution: Execution, place: AttemptPlace, reviewing: Reviewing): Promise<DriverResult> {
  const {driver: name} = reviewing;
  const choice = execution.inForce.drivers.get(name);
  if (choice.kind === 'missing') return {kind: 'ended', outcome: choice.outcome};
  if (choice.kind === 'manual' || !choice.driver.agent)
    return missing(`the reviewer \`${name}\` is no coding agent; name one in \`review.driver\``);
  const reservation = reservationFor(execution, place.taskId, choice.driver.agent);
  if (reservation.kind === 'nothing')
    return {kind: 'ended', outcome: {kind: 'budget', message: `has nothing left for its review (${reservation.key})`}};
  const {amount: budget} = reservation;
  const {taskId: task_id, attempt} = place;
  if (Object.keys(budget).length > 0)
    execution.ledger.record({event: 'budget_reserved', details: {task_id, attempt, amount: budget}});
  const result = await carryOut(execution, place, {...reviewing, choice, budget});
  await execution.surroundings.redactor.redactFile(execution.surroundings.logFileOf(place));
  return result;
}

interface Reserved extends Reviewing {
  choice: AgentChoice;
  budget: Budget;
}

async function carryOut(
  execution: Execution,
  place: AttemptPlace,
  {task, work, checks, signal, choice, budget}: Reserved,
): Promise<DriverResult> {
  const settings = execution.inForce.settingsOf(place.taskId);
  const token = tokenOfPart(runningTask(execution.ledger.state, place.taskId).token, 'review');
  const agent = reviewerInput(execution, place, {
    prompt: await reviewPromptOf(execution, place, work, checks),
    choice,
    budget,
    observe: () => {},
  });
  await execution.ledger.durable();
  appendNote(execution.surroundings.logFileOf(place), reviewNote(choice.name));
  const startedAt = execution.clock.elapsed();
  const {folder: cwd, home} = execution.workspace.workplaceOf(place);
  const {slot} = place;
  if (slot === undefined) throw new Error(`what a person has done for ${place.taskId} was to be reviewed`);
  const runner = {place};
  await execution.repositoryWatch?.begin(runner);
  const running = await choice.driver.start({
    task,
    attempt: place.attempt,
    cwd,
    env: execution.surroundings.environmentOf({...place, slot}, token, home),
    logFile: execution.surroundings.logFileOf(place),
    token,
    limits: {...settings, timeoutMs: Math.min(settings.timeoutMs, minutesMs(budget))},
    clock: execution.clock,
    stop: signal,
    hurry: execution.attempts.hurry,
    hasChanged: async () => false,
    agent,
  });
  if (running.kind === 'running') running.begin?.();
  const result = running.kind === 'ended' ? running : await running.ended;
  await recordRepositoryChanges(execution, runner, cwd);
  await execution.workspace.noteLeft(slot);
  settleBudget(execution, place, {
    driver: choice.driver.name,
    budget,
    reckoning: result,
    isCutOff: wasAtWork(result, running.kind === 'running'),
    minutes: (execution.clock.elapsed() - startedAt) / 60_000,
  });
  stopOverspent(execution);
  return result;
}

/** In the log of the attempt, what follows it is the reviewer's. */
export function reviewNote(driver: string): string {
  return `milestone: its review by ${driver} begins`;
}

type AgentChoice = Extract<DriverChoice, {kind: 'driver'}>;

interface ReviewerWords extends Pick<AgentInput, 'prompt' | 'budget' | 'observe'> {
  choice: AgentChoice;
}

/** It begins anew, and may do nothing that the author might not. */
function reviewerInput(
  execution: Pick<Execution, 'inForce'>,
  {taskId}: AttemptId,
  {choice, ...words}: ReviewerWords,
): AgentInput {
  const {permissions, inherit, model: own} = execution.inForce.settingsOf(taskId);
  const id = choice.driver.agent?.newConversation?.();
  const model = choice.model ?? (execution.inForce.taskOf(taskId).review?.driver === undefined ? own : undefined);
  return {
    ...words,
    ...(id !== undefined && {conversation: {id, resume: false}}),
    ...(model !== undefined && {model}),
    permissions: permissions === 'edit' ? 'edit' : 'project',
    allow: [],
    inherit,
    commands: [],
    schema: REVIEW_SCHEMA,
  };
}

/** Who cannot review has not approved; what the provider refuses is tried again. */
function reviewerFailed(outcome: Outcome, driver: string, provider: string): Outcome {
  if (outcome.kind === 'quota' || outcome.kind === 'overload' || outcome.kind === 'auth')
    return {...outcome, driver: provider};
  if (outcome.kind !== 'failed' && outcome.kind !== 'question') return outcome;
  return {kind: 'failed', cause: 'review', message: `could not be reviewed by ${driver}: ${outcome.message}`};
}

function rejection({answer, words}: Answered, driver: string): Outcome {
  const why = answer
    ? `was rejected by its reviewer (${driver})${firstFinding(answer.findings)}`
    : `got no verdict of its reviewer (${driver}), ${whatItSaid(words)}`;
  return {kind: 'failed', cause: 'review', message: why};
}

/** Characters of its words that a message repeats; the check has them all. */
const MOST_WORDS = 300;

function whatItSaid(words: string): string {
  return words.trim() === '' ? 'which said nothing' : `which said: ${firstLine(words).slice(0, MOST_WORDS)}`;
}

function firstFinding([first, ...others]: readonly Finding[]): string {
  if (!first) return '';
  return `: ${firstLine(first.message)}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}

function missing(message: string): DriverResult {
  return {kind: 'ended', outcome: {kind: 'driver_missing', message}};
}
