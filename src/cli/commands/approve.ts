import {currentDeliverables, readDeliverables} from '../../documents/documents.ts';
import {keepDocuments} from '../../documents/kept-documents.ts';
import {MilestoneError} from '../../errors.ts';
import type {Deliverable} from '../../events/details/kiro.ts';
import {look} from '../../milestone/look.ts';
import {homePaths} from '../../plan/file/home.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../../plan/plan.ts';
import {askYes} from '../../platform/ask-yes.ts';
import {SIGNAL_EXITS} from '../../platform/processes/signals.ts';
import {type ApprovalReport, approvalsOf, approveCommand} from '../../projections/approvals.ts';
import {decideRequest} from '../../requests/decide-request.ts';
import type {Ask} from '../../requests/request.ts';
import {ANY_ROLE} from '../../state/kiro.ts';
import {type MilestoneState, taskState} from '../../state/milestone.ts';
import {restoreSnapshot} from '../../state/snapshot.ts';
import {approvalLines} from '../../terminal/approvals-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {checkText, type DecidingFlags, decide, requireTask} from '../deciding.ts';
import {requireYes} from '../require-yes.ts';
import {documentLines, type ShownDocument} from '../show-documents.ts';
import {shownPath} from '../shown-path.ts';
import {targetPhase} from '../target.ts';

export interface ApprovalFlags extends DecidingFlags {
  role?: string;
  message?: string;
}

const DECLINED = 3;

/**
 * `milestone approve`: show what is approved, ask on a terminal, and let it through as it was shown.
 * @returns The exit code.
 */
export async function approve(words: readonly string[], flags: ApprovalFlags): Promise<number> {
  const about = await findApproval(words, flags, 'milestone approve [id] <task> [phase]');
  const {home, id, approval} = about;
  const documents = readDeliverables(home, approval.deliverables);
  const deliverables = documents.map(({content: _, ...deliverable}) => deliverable);
  refuseMissing(approval, deliverables, home);
  const ask: Ask = {
    kind: 'approve',
    ...meant(about, flags),
    deliverables,
    ...(flags.message !== undefined && {comment: checkText(flags.message, 'the comment', 'comment')}),
  };
  refuseRejected(about.state, ask);
  if (!flags.json) await show(about, documents, flags);
  requireYes(flags, 'approve');
  const said = flags.yes || flags.json ? 'yes' : await askYes('Approve it?');
  if (said !== 'yes') {
    console.log(`${said === 'interrupted' ? '\n' : ''}nothing is approved`);
    return said === 'no' ? DECLINED : SIGNAL_EXITS.SIGINT;
  }
  // What was edited meanwhile is what the next request is compared with.
  keepDocuments(home, id, deliverables);
  await decide(home, id, ask, flags, state => afterApproval(id, reportOf(state, approval)));
  return 0;
}

/** `milestone reject`: send a phase back to work, and say why. */
export async function reject(words: readonly string[], flags: ApprovalFlags): Promise<void> {
  if (flags.message === undefined)
    throw new MilestoneError('USAGE', 'a rejection needs a reason: the next attempt reads it', {
      hint: 'milestone reject [id] <task> [phase] -m "…"',
    });
  const comment = checkText(flags.message, 'the reason', 'text');
  const about = await findApproval(words, flags, 'milestone reject [id] <task> [phase] -m "…"');
  const ask: Ask = {kind: 'reject', ...meant(about, flags), comment};
  refuseRejected(about.state, ask);
  requireYes(flags, 'reject');
  await decide(about.home, about.id, ask, flags, () => ({
    lines: [`${nameOf(about.approval)} is rejected: it goes back to work, and the next attempt reads why`],
    goesOn: true,
  }));
}

interface About {
  home: string;
  id: MilestoneId;
  state: MilestoneState;
  approval: ApprovalReport;
}

/** The approval that is meant: the one that waits, or the one of the phase that is named. */
async function findApproval(words: readonly string[], flags: ApprovalFlags, usage: string): Promise<About> {
  const home = requireHome();
  const paths = homePaths(home);
  const {milestone: id, task, phase} = await targetPhase(paths, words, flags.milestone);
  const state = restoreSnapshot((await look(paths, id)).snapshot);
  const task_id = requireTask(task, `${usage}; ${whatWaits(state)}`);
  // Says what is wrong where nothing waits.
  const ask: Ask = {kind: 'approve', task_id, ...(phase && {phase}), ...roleOf(flags), deliverables: []};
  refuseRejected(state, ask);
  return {home, id, state, approval: waitingOne(state, task_id, phase) as ApprovalReport};
}

/** For whoever names no task. */
function whatWaits(state: MilestoneState): string {
  const waiting = [...state.kiroTasks].map(task => waitingOne(state, task, undefined)).filter(one => one !== undefined);
  if (waiting.length === 0) return 'nothing waits for approval';
  return `what waits: ${waiting.map(({task_id, phase}) => `\`${task_id} ${phase}\``).join(', ')}`;
}

function waitingOne(state: MilestoneState, task: TaskId, phase: KiroPhase | undefined): ApprovalReport | undefined {
  const {kiro} = taskState(state, task).history;
  const waiting = kiro ? approvalsOf(task, kiro).filter(({status}) => status === 'pending') : [];
  return waiting.find(one => phase === undefined || one.phase === phase);
}

function meant({approval: {task_id, phase}}: About, flags: ApprovalFlags) {
  return {task_id, phase, ...roleOf(flags)};
}

function roleOf({role}: ApprovalFlags): {role?: string} {
  return role === undefined ? {} : {role: checkText(role, 'the role', 'comment')};
}

/** What is sure to be rejected is not shown first. */
function refuseRejected(state: MilestoneState, ask: Ask): void {
  const decision = decideRequest(state, ask);
  if (decision.kind === 'rejected') throw new MilestoneError(decision.code, decision.reason, {hint: decision.hint});
}

function refuseMissing({deliverables}: ApprovalReport, now: readonly Deliverable[], home: string): void {
  const [nothing] = currentDeliverables(home, [{path: NOWHERE, sha256: ''}]);
  const gone = now.find(({sha256}, index) => sha256 === nothing?.sha256 && sha256 !== deliverables[index]?.sha256);
  if (gone)
    throw new MilestoneError(
      'REQUEST_REJECTED',
      `\`${gone.path}\` is gone or empty, or no regular file: there is nothing to approve`,
      {
        hint: 'put it back, or `milestone reject` the phase so that it is written again',
      },
    );
}

/** A document that cannot be there. */
const NOWHERE = 'deliverables/.nowhere';

async function show(
  {home, id, state, approval}: About,
  documents: readonly ShownDocument['now'][],
  flags: ApprovalFlags,
) {
  const paint = await choosePaint();
  const shown = shownPath(home);
  const as = flags.role === undefined ? '' : ` as ${flags.role}`;
  const title = state.taskById.get(approval.task_id)?.title ?? '';
  console.log(paint.bold(printable(`${nameOf(approval)}${as}: ${title}`)));
  for (const line of approvalLines({...approval, deliverables: []}, shown)) console.log(`  ${line}`);
  const before = taskState(state, approval.task_id).history.kiro?.phases[approval.phase].approval?.before ?? [];
  const find = (list: readonly Deliverable[], {path}: Deliverable) => list.find(one => one.path === path);
  for (const now of documents) {
    const document = {now, asked: find(approval.deliverables, now), decided: find(before, now)};
    for (const line of await documentLines(document, {home, shown, id, paint})) console.log(`  ${line}`);
  }
}

function reportOf(state: MilestoneState, {task_id, phase}: ApprovalReport): ApprovalReport | undefined {
  const {kiro} = taskState(state, task_id).history;
  return kiro && approvalsOf(task_id, kiro).find(one => one.phase === phase);
}

function afterApproval(id: MilestoneId, approval: ApprovalReport | undefined): {lines: string[]; goesOn: boolean} {
  if (!approval) return {lines: [], goesOn: false};
  const open = approval.approvers.filter(({status, role}) => status === 'pending' && role !== ANY_ROLE);
  const [next] = open;
  if (!next) return {lines: [`${nameOf(approval)} is approved`], goesOn: true};
  const roles = open.map(({role}) => `\`${role}\``).join(', ');
  const command =
    open.length > 1 ? approveCommand(id, approval) : `${approveCommand(id, approval)} --role ${next.role}`;
  return {
    lines: [`${nameOf(approval)} is approved in this role; still to approve: ${roles}`, `\`${command}\``],
    goesOn: false,
  };
}

function nameOf({task_id, phase}: ApprovalReport): string {
  return `the ${phase} of task \`${task_id}\``;
}
