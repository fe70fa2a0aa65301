import fs from 'node:fs';
import {agentPromptOf} from '../../drivers/agent-log.ts';
import {ask} from '../../engine/ask.ts';
import {MilestoneError} from '../../errors.ts';
import {readExecutor} from '../../lock/executor.ts';
import {listLogged} from '../../milestone/find-milestone.ts';
import {look, type MilestoneView} from '../../milestone/look.ts';
import type {ListAnswer, PromptAnswer} from '../../page/answers.ts';
import {type HomePaths, listMilestones} from '../../plan/file/home.ts';
import {isValidId} from '../../plan/ids.ts';
import {taskInPhase} from '../../plan/kiro-plan.ts';
import type {KiroPhase, TaskId} from '../../plan/plan.ts';
import {unknownTask} from '../../plan/selection.ts';
import {statusReport} from '../../reports/status-report.ts';
import type {StatusReport} from '../../reports/status-shape.ts';
import type {TaskState} from '../../state/task.ts';
import type {WebSource} from '../../web/source.ts';
import {commandOptions} from '../command-options.ts';
import {answerReport} from '../commands/change.ts';
import {listOf} from '../commands/list.ts';
import {comparedOf, diffOf} from '../commands/results/diff.ts';
import {detailsOf} from '../commands/results/show.ts';
import {describeFailure} from '../failure.ts';
import {reportOf} from '../read-report.ts';
import {statusFacts} from '../status-facts.ts';
import {FollowedHistories} from './followed-history.ts';
import {approvalAnswer, approvalsOfTask, keepSeen, shownDocuments} from './web-documents.ts';

/** The answers of the commands, for pages. */
export function webSource(paths: HomePaths, signal: AbortSignal): WebSource {
  const {home} = paths;
  const histories = new FollowedHistories(paths);
  const statusOf = async (view: MilestoneView) => statusReport(view, await statusFacts(paths, view));
  return {
    list: async () => ({ok: true, ...(await listOfAll(paths, statusOf))}),
    stamp: () => stampOf(paths),
    status: async id => ({ok: true, milestone: await statusOf(await look(paths, id))}),
    report: async id => {
      const view = await look(paths, id);
      return {ok: true, report: await reportOf(paths, view, now => histories.of(view, now))};
    },
    task: async (id, task) => {
      const view = await look(paths, id);
      const [details, {blockers}] = await Promise.all([detailsOf(paths, view, task), statusOf(view)]);
      const approvals = approvalsOfTask(task, stateOf(view, task));
      return {ok: true, task: details, approvals, blockers: blockers.filter(({task_id}) => task_id === task)};
    },
    documents: async (id, task, phase) => {
      const {documents} = await detailsOf(paths, await look(paths, id), task);
      const recorded = documents.filter(one => one.phase === phase).map(({path, sha256}) => ({path, sha256}));
      return {ok: true, documents: shownDocuments(home, recorded)};
    },
    approval: async (id, task, phase) => {
      const view = await look(paths, id);
      const about = {details: await detailsOf(paths, view, task), state: stateOf(view, task), phase};
      return {ok: true, ...(await approvalAnswer(home, {id, title: view.snapshot.plan.title}, about))};
    },
    diff: async (id, task, attempt) => {
      const {repo, compared} = await comparedOf(paths, await look(paths, id), task, attempt);
      return {ok: true, diff: await diffOf(repo, task, compared)};
    },
    prompt: async (id, task, attempt) => ({
      ok: true,
      ...promptOf(paths, await look(paths, id), {task, attempt}),
    }),
    eventLog: paths.log,
    attemptLog: paths.attemptLog,
    ask: async (id, what) => {
      if (what.kind === 'approve') keepSeen(home, await statusOf(await look(paths, id)), what);
      return answerReport(id, await ask(what, {...commandOptions(home, id), signal}));
    },
    describe: describeFailure,
  };
}

async function listOfAll(
  paths: HomePaths,
  statusOf: (view: MilestoneView) => Promise<StatusReport>,
): Promise<ListAnswer> {
  const {milestones, warnings} = await listOf(paths);
  const needs = milestones.map(async listed => {
    const {needs_you} = await statusOf(await look(paths, listed.id));
    return {...listed, needs_you: needs_you.length};
  });
  return {milestones: await Promise.all(needs), warnings};
}

/** Another one whenever the list of milestones may be another one; what is over costs a look at its files. */
function stampOf(paths: HomePaths): string {
  const listed = listMilestones(paths.home);
  const over = new Set(listed.flatMap(({id, folder}) => (folder === 'completed' ? id : [])));
  const logged = listLogged(paths).filter(isValidId);
  const files = [...listed.map(({file}) => file), ...logged.map(id => paths.log(id))];
  const ids = new Set([...listed.map(({id}) => id), ...logged].filter(id => isValidId(id) && !over.has(id)));
  return JSON.stringify([
    files.map(file => {
      const stats = fs.statSync(file, {throwIfNoEntry: false});
      return [file, stats?.mtimeMs, stats?.size];
    }),
    // One that dies changes no file.
    [...ids].map(id => [id, readExecutor(paths.home, id).who]),
  ]);
}

function stateOf({snapshot: {plan, tasks}}: MilestoneView, id: TaskId): TaskState {
  const state = tasks[plan.tasks.findIndex(task => task.id === id)];
  if (state) return state;
  throw unknownTask(plan, id);
}

/** @throws {MilestoneError} `UNKNOWN_TASK`, `LOG_MISSING` where nobody knows. */
function promptOf(
  paths: HomePaths,
  {id, snapshot: {plan, tasks}}: MilestoneView,
  {task, attempt}: {task: TaskId; attempt: number},
): PromptAnswer {
  const prompt = agentPromptOf(paths.attemptLog(id, task, attempt));
  if (prompt !== undefined) return {prompt};
  const place = plan.tasks.findIndex(one => one.id === task);
  const planned = plan.tasks[place];
  if (!planned) throw unknownTask(plan, task);
  const {kiro} = (tasks[place] as TaskState).history;
  const phase: KiroPhase | undefined = kiro?.phase;
  const {run} = phase ? taskInPhase(planned, phase) : planned;
  if (run !== undefined) return {command: run, ...(phase && {phase})};
  throw new MilestoneError('LOG_MISSING', 'what this attempt was told is not on record');
}
