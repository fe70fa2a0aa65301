import type {AgentInput, DriverResult} from '../drivers/driver.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import type {Task} from '../milestone/plan.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {tokenOfPart} from '../platform/tokens.ts';
import type {Finding, Review} from '../prompts/review.ts';
import {firstLine} from '../text/first-line.ts';
import type {ExecutionContext} from './context.ts';
import {runningTask} from './running-task.ts';
import {recordChecks} from './verify.ts';
import type {AttemptPlace, FrozenWork} from './workspace.ts';

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
  context: ExecutionContext,
  place: AttemptPlace,
  {work, checks, signal}: ReviewedWork,
): Promise<Outcome | undefined> {
  const task = context.taskOf(place.taskId);
  if (!task.review || !work) return undefined;
  const startedAt = context.clock.elapsed();
  const driver = task.review.driver ?? runningTask(context, place.taskId).driver;
  const result = await runReviewer(context, place, {task, driver, work, checks, signal});
  if (signal.aborted) return undefined;
  recordCost(context, place, result, context.clock.elapsed() - startedAt);
  if (result.kind === 'ended') return reviewerFailed(result.outcome, driver);
  const {parseReview} = await import('../prompts/review.ts');
  const answer = parseReview(result.claim.summary);
  const check: CheckResult = {
    name: 'review',
    command: `review by ${driver}`,
    ok: answer?.verdict === 'approve',
    exit_code: answer?.verdict === 'approve' ? 0 : 1,
    duration_ms: Math.round(context.clock.elapsed() - startedAt),
    ...(answer && {output_tail: JSON.stringify(answer)}),
  };
  recordChecks(context, place, 'worktree', [...checks, check]);
  return check.ok ? undefined : rejection(answer, driver);
}

interface Reviewing extends ReviewedWork {
  task: Task;
  driver: string;
  work: FrozenWork;
}

async function runReviewer(
  context: ExecutionContext,
  place: AttemptPlace,
  {task, driver: name, work, checks, signal}: Reviewing,
): Promise<DriverResult> {
  const choice = context.drivers.get(name);
  if (choice.kind === 'missing') return {kind: 'ended', outcome: choice.outcome};
  if (choice.kind === 'manual' || !choice.driver.agent)
    return missing(`the reviewer \`${name}\` is no coding agent; name one in \`review.driver\``);
  const settings = context.settingsOf(place.taskId);
  const token = tokenOfPart(runningTask(context, place.taskId).token, 'review');
  const id = choice.driver.agent.newConversation?.();
  const {REVIEW_SCHEMA} = await import('../prompts/review.ts');
  const model = choice.model ?? (task.review?.driver === undefined ? settings.model : undefined);
  const agent: AgentInput = {
    prompt: await context.reviewPromptOf(place, work, checks),
    ...(id !== undefined && {conversation: {id, resume: false}}),
    ...(model !== undefined && {model}),
    permissions: 'project',
    allow: [],
    inherit: settings.inherit,
    commands: [],
    budget: {},
    schema: REVIEW_SCHEMA,
    observe: () => undefined,
  };
  const running = await choice.driver.start({
    task,
    attempt: place.attempt,
    cwd: context.workspace.folderOf(place.slot),
    env: context.environmentOf(place, token),
    logFile: context.logFileOf(place),
    token,
    limits: settings,
    clock: context.clock,
    stop: signal,
    hurry: context.attempts.hurry,
    hasChanged: async () => false,
    agent,
  });
  if (running.kind === 'ended') return running;
  running.begin?.();
  const result = await running.ended;
  await context.redactor.redactFile(context.logFileOf(place));
  return result;
}

function recordCost(context: ExecutionContext, place: AttemptPlace, {usage}: DriverResult, ms: number): void {
  context.record({
    event: 'budget_settled',
    details: {
      task_id: place.taskId,
      attempt: place.attempt,
      used: {...usage, minutes: ms / 60_000},
      basis: usage ? 'reported' : 'observed',
    },
  });
}

/** Who cannot review has not approved; what the provider refuses is tried again. */
function reviewerFailed(outcome: Outcome, driver: string): Outcome {
  if (outcome.kind !== 'failed' && outcome.kind !== 'question' && outcome.kind !== 'budget') return outcome;
  return {kind: 'failed', cause: 'review', message: `could not be reviewed by ${driver}: ${outcome.message}`};
}

function rejection(answer: Review | undefined, driver: string): Outcome {
  const why = answer
    ? `was rejected by its reviewer (${driver})${firstFinding(answer.findings)}`
    : `got no verdict of its reviewer (${driver})`;
  return {kind: 'failed', cause: 'review', message: why};
}

function firstFinding([first, ...others]: readonly Finding[]): string {
  if (!first) return '';
  return `: ${firstLine(first.message)}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}

function missing(message: string): DriverResult {
  return {kind: 'ended', outcome: {kind: 'driver_missing', message}};
}
