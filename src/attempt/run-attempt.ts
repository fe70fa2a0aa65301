// One attempt, from `task_started` to `task_claimed` or `attempt_ended`: make the place ready, start the driver, wait
// for its end.

import {draftsFolder, prepareDocuments} from '../documents/documents.ts';
import {
  type AgentInput,
  type Driver,
  type DriverResult,
  type RunningAttempt,
  stoppedOutcome,
} from '../drivers/driver.ts';
import type {DriverChoice} from '../drivers/registry.ts';
import {withOutput} from '../drivers/with-output.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {redacted, redactTexts} from '../execution/redacted.ts';
import {recordRepositoryChanges} from '../execution/repository-changes.ts';
import {isKiro, phasesBefore} from '../plan/kiro-plan.ts';
import type {KiroPhase, Task} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {rejectionComments} from '../state/kiro.ts';
import {taskState} from '../state/milestone.ts';
import type {AttemptId} from '../state/task.ts';
import type {Workplace} from '../workspace/workspace.ts';
import {agentInput} from './agent-input.ts';
import {AgentWatch, deniedOutcome, type Seen} from './agent-watch.ts';
import {minutesMs, outOfTime, settleBudget, stopOverspent, wasAtWork} from './attempt-budget.ts';
import {keepDraftsOf} from './keep-drafts.ts';
import type {PlannedAttempt} from './planned-attempt.ts';
import {voidIfChanged} from './void-changed.ts';

/** Run an attempt; resolves when its end is recorded. */
export async function runAttempt(execution: Execution, planned: PlannedAttempt): Promise<void> {
  try {
    await execution.attempts.during(planned.place, stop => runUntilStopped(execution, planned, stop));
  } finally {
    stopOverspent(execution);
  }
}

async function runUntilStopped(execution: Execution, planned: PlannedAttempt, stop: StopSignal): Promise<void> {
  const {ledger, clock, repositoryWatch, workspace} = execution;
  const {redactor} = execution.surroundings;
  const {place} = planned;
  const {taskId, attempt} = place;
  const startedAt = clock.elapsed();
  const seen: Seen = {denials: []};
  // Recorded before the spawn: a crash in between must leave a task that we can find, not a process nobody remembers.
  await ledger.durable();
  const runner = {place};
  await repositoryWatch?.begin(runner);
  const worked = await work(execution, planned, stop, seen);
  const tookStash = await recordRepositoryChanges(execution, runner, workspace.workplaceOf(place).folder);
  const result = redacted(redactor, outOfTime(execution, planned, tookStash ? notItsOwn(worked) : worked));
  const logFile = execution.surroundings.logFileOf(place);
  await redactor.redactFile(logFile);
  if (!ledger.isCurrent(place)) return;
  if (isAgentsWork(planned))
    settleBudget(execution, place, {
      driver: providerOf(planned.choice),
      budget: planned.budget,
      reckoning: result,
      isCutOff: wasAtWork(result, seen.hasBegun),
      minutes: (clock.elapsed() - startedAt) / 60_000,
    });
  if (result.kind === 'claimed')
    return ledger.record({event: 'task_claimed', details: {task_id: taskId, attempt, result: result.claim}});
  await workspace.workplaceOf(place).keep();
  keepDraftsOf(execution, place);
  const outcome = deniedOutcome(result.outcome, seen);
  const shown = isAgentsWork(planned) ? outcome : withOutput(outcome, logFile);
  ledger.endAttempt(place, shown, redactTexts(redactor, seen.denials));
}

function providerOf(choice: DriverChoice): string {
  return choice.kind === 'driver' ? choice.driver.name : choice.name;
}

/** Who has the user's own changes among his has not done his. */
function notItsOwn(worked: DriverResult): DriverResult {
  if (worked.kind !== 'claimed') return worked;
  const message = "took an entry of the user's stash into its work; the stash is shared: commit instead";
  return {...worked, kind: 'ended', outcome: {kind: 'failed', cause: 'out_of_area', message}};
}

function isAgentsWork({choice, integrates}: PlannedAttempt): boolean {
  return choice.kind === 'driver' && choice.driver.agent !== undefined && integrates === undefined;
}

async function work(
  execution: Execution,
  planned: PlannedAttempt,
  stop: StopSignal,
  seen: Seen,
): Promise<DriverResult> {
  const {place, task, choice, next, integrates} = planned;
  const origin = {attempts: next.from, isFinished: integrates !== undefined};
  const workplace = await execution.workspace.open(place, origin, stop);
  if (stop.aborted) return {kind: 'ended', outcome: stoppedOutcome(stop)};
  if ('refused' in workplace) return {kind: 'ended', outcome: workplace.refused};
  const documents = isKiro(task) ? await openDocuments(execution, planned, workplace) : undefined;
  if (documents?.kind === 'ended') return documents;
  if (integrates !== undefined)
    return {kind: 'claimed', claim: taskState(execution.ledger.state, task.id).history.last?.claim ?? {}};
  if (choice.kind === 'missing') return {kind: 'ended', outcome: choice.outcome};
  const {slot} = place;
  if (choice.kind === 'manual' || slot === undefined) throw new Error(`the manual task ${task.id} was started`);
  const own = execution.surroundings.environmentOf({...place, slot}, planned.token, workplace.home);
  const env = {...own, ...documents?.env};
  const watch = new AgentWatch(execution, planned, seen);
  const agent = choice.driver.agent && (await agentInput(execution, planned, choice, watch.observe));
  const running = await startDriver(execution, {planned, workplace, driver: choice.driver, stop, env, agent, seen});
  return running.kind === 'ended' ? running : running.ended;
}

interface Start {
  planned: PlannedAttempt;
  workplace: Workplace;
  driver: Driver;
  stop: StopSignal;
  env: Record<string, string>;
  agent: AgentInput | undefined;
  seen: Seen;
}

async function startDriver(execution: Execution, {planned, workplace, driver, stop, env, agent, seen}: Start) {
  const {place, task, token, budget} = planned;
  const {taskId: task_id, attempt} = place;
  const settings = execution.inForce.settingsOf(task_id);
  const running = await driver.start({
    task,
    shell: execution.inForce.settingsOf(place.taskId).shell,
    attempt,
    cwd: workplace.folder,
    env,
    logFile: execution.surroundings.logFileOf(place),
    token,
    limits: {timeoutMs: Math.min(settings.timeoutMs, minutesMs(budget)), silentMs: settings.silentMs},
    clock: execution.clock,
    stop,
    hurry: execution.attempts.hurry,
    hasChanged: () => workplace.hasChanged(),
    ...(agent && {agent}),
  });
  if (running.kind === 'ended') return running;
  try {
    await handOver(execution, place, running, seen);
  } catch (error) {
    // The log has died: this process ends too, but not before what it has started.
    execution.lifetime.fail(error);
    await running.ended.catch(() => undefined);
    throw error;
  }
  return running;
}

/** A program that knows what to do is on record first: whatever happens then, it can be found. */
async function handOver(
  execution: Pick<Execution, 'ledger'>,
  {taskId: task_id, attempt}: AttemptId,
  {pid, processStarted: process_started, begin}: RunningAttempt,
  seen: Seen,
): Promise<void> {
  execution.ledger.recordSoon({event: 'task_working', details: {task_id, attempt, pid, process_started}});
  if (!begin) return;
  await execution.ledger.durable();
  seen.hasBegun = true;
  begin();
}

/** Documents of earlier phases are laid beside the attempt's own, if they are still what was approved. */
async function openDocuments(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  {place, phase, next}: PlannedAttempt,
  {home}: Workplace,
): Promise<{kind: 'ended'; outcome: Outcome} | {kind: 'open'; env: Record<string, string>}> {
  const task = execution.ledger.state.taskById.get(place.taskId) as Task;
  const drafts = next.from.map(attempt => draftsFolder(execution.surroundings.logFileOf({...place, attempt})));
  const of = {id: execution.ledger.state.id, task, phase: phase as KiroPhase, drafts};
  await prepareDocuments(execution.surroundings.paths.home, home, of);
  const outcome = voidIfChanged(execution, place.taskId, {home, phases: phasesBefore(of.phase)});
  if (outcome) return {kind: 'ended', outcome};
  const {kiro} = taskState(execution.ledger.state, place.taskId).history;
  const comments = kiro ? rejectionComments(kiro, of.phase) : [];
  return {kind: 'open', env: comments.length > 0 ? {MILESTONE_REJECTION: comments.join('\n')} : {}};
}
