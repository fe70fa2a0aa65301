import {readDeliverables} from '../../documents/documents.ts';
import {keepDocuments} from '../../documents/kept-documents.ts';
import {ask} from '../../engine/ask.ts';
import {MilestoneError} from '../../errors.ts';
import {look, type MilestoneView} from '../../milestone/look.ts';
import type {ListAnswer, ShownApproval} from '../../page/answers.ts';
import type {HomePaths} from '../../plan/file/home.ts';
import type {TaskId} from '../../plan/plan.ts';
import {statusReport} from '../../reports/status-report.ts';
import type {StatusReport} from '../../reports/status-shape.ts';
import type {Ask} from '../../requests/request.ts';
import type {WebSource} from '../../web/source.ts';
import {commandOptions} from '../command-options.ts';
import {answerReport} from '../commands/change.ts';
import {listOf} from '../commands/list.ts';
import {comparedOf, diffOf} from '../commands/results/diff.ts';
import {detailsOf} from '../commands/results/show.ts';
import {describeFailure} from '../failure.ts';
import {reportOf} from '../read-report.ts';
import {statusFacts} from '../status-facts.ts';

/** The answers of the commands, for pages. */
export function webSource(paths: HomePaths, signal: AbortSignal): WebSource {
  const {home} = paths;
  const statusOf = async (view: MilestoneView) => statusReport(view, await statusFacts(paths, view));
  return {
    list: async () => ({ok: true, ...(await listOfAll(paths, statusOf))}),
    status: async id => ({ok: true, milestone: await statusOf(await look(paths, id))}),
    report: async id => ({ok: true, report: await reportOf(paths, await look(paths, id))}),
    task: async (id, task) => {
      const view = await look(paths, id);
      const [details, status] = await Promise.all([detailsOf(paths, view, task), statusOf(view)]);
      return {ok: true, task: details, approvals: approvalsOf(home, status, task)};
    },
    diff: async (id, task) => {
      const {repo, compared} = await comparedOf(paths, await look(paths, id), task);
      return {ok: true, diff: await diffOf(repo, task, compared)};
    },
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

/** What waits for approval, with the documents as they are now. */
function approvalsOf(home: string, {approvals}: StatusReport, task: TaskId): ShownApproval[] {
  return approvals
    .filter(({task_id}) => task_id === task)
    .map(approval => ({
      ...approval,
      documents: readDeliverables(home, approval.deliverables).map(({content, ...deliverable}) => ({
        ...deliverable,
        text: content === undefined ? null : content.toString('utf8'),
      })),
    }));
}

/**
 * What is approved is what was shown, all of it; it is kept for the next one to be compared with.
 * @throws {MilestoneError} `REQUEST_REJECTED` when a document has changed since, or was not shown.
 */
function keepSeen(home: string, {id, approvals}: StatusReport, what: Extract<Ask, {kind: 'approve'}>): void {
  const {task_id, phase, deliverables: seen} = what;
  const approval = approvals.find(one => one.task_id === task_id && (phase === undefined || one.phase === phase));
  // Where nothing waits, whoever answers the request says so.
  if (!approval) return;
  const now = readDeliverables(home, approval.deliverables);
  const unseen = now.find(({path, sha256}) => !seen.some(one => one.path === path && one.sha256 === sha256));
  if (unseen || seen.length !== now.length)
    throw new MilestoneError('REQUEST_REJECTED', `\`${unseen?.path ?? task_id}\` is not what was shown`, {
      hint: 'look at it again',
    });
  keepDocuments(home, id, approval.deliverables);
}
