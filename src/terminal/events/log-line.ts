// Every event as one line that needs nothing but the event: what `milestone log` shows.

import type {CheckResult} from '../../events/details/checks.ts';
import type {EventDetails, EventName, MilestoneEvent} from '../../events/event.ts';
import {EVENT_NAMES} from '../../events/event-kind.ts';
import {removedTestsInShort} from '../../events/removed-tests.ts';
import {repositoryChangeText} from '../../reports/repository-change.ts';
import {clockTime, counted} from '../amounts.ts';
import type {Paint} from '../paint.ts';
import {printable} from '../printable.ts';
import {usageText} from '../usage-text.ts';

type Gists = {[Name in EventName]: (details: EventDetails[Name]) => string};

/** What there is to say of each event besides its name. */
const GISTS: Gists = {
  milestone_activated: ({branch, isolation}) => (branch === undefined ? isolation : `on ${branch}`),
  branch_created: ({branch, base}) => `${branch} at ${short(base)}`,
  plan_changed: ({warnings}) => warnings.join('; '),
  plan_refused: ({problems}) => problems.join('; '),
  milestone_paused: ({reason}) => reason,
  milestone_resumed: () => '',
  milestone_blocked: ({reason}) => reason,
  milestone_completed: ({commit}) => short(commit),
  milestone_landing: ({into, commit, onto}) => `${short(commit)} onto ${into} at ${short(onto)}`,
  milestone_landed: ({into, commit}) => `${short(commit)} in ${into}`,
  dependency_resolved: ({requires}) => requires,
  milestone_cancelled: ({reason}) => reason,
  session_started: ({pid, host, command}) => `${command}, process ${pid} on ${host}`,
  session_resumed: ({previous_session_id}) => `after ${previous_session_id}`,
  session_saved: () => '',
  session_ended: ({exit, reason}) => `exit code ${exit}: ${reason}`,
  agent_registered: ({agent}) => agent,
  agent_failed: ({agent, message}) => `${agent}: ${message}`,
  agent_stopped: ({agent}) => agent,
  task_started: details => ofAttempt(details, `${details.driver}, slot ${details.slot}`),
  task_conversation: details => ofAttempt(details, details.conversation),
  attempt_dispatched: details => ofAttempt(details, ['to a worker', ...details.labels].join(' ')),
  task_working: details =>
    ofAttempt(details, `process ${details.pid}${details.worker === undefined ? '' : ` on ${details.worker}`}`),
  task_claimed: details => ofAttempt(details, details.result.summary),
  task_verified: details => ofAttempt(details, `${verdict(details)} on ${details.on}`),
  tests_removed: details => ofAttempt(details, removedTestsInShort(details.files)),
  task_queued: details => ofAttempt(details, 'in the queue', short(details.commit)),
  task_integrating: details => ofAttempt(details, `${short(details.commit)} onto ${short(details.onto)}`),
  task_completed: details => ofAttempt(details, short(details.commit), details.checked ? 'checked' : 'unchecked'),
  attempt_ended: details => ofAttempt(details, `${details.outcome.kind}: ${details.outcome.message}`),
  task_retry_scheduled: details => ofAttempt(details, `again at ${clockTime(details.retry_at)}`),
  task_failed: details => ofAttempt(details, details.message),
  task_skipped: ({task_id, reason}) => sentence(task_id, reason),
  task_reset: ({task_id, reason}) => sentence(task_id, reason),
  kiro_workflow_started: ({task_id}) => task_id,
  kiro_phase_updated: ({task_id, phase, status, deliverables}) =>
    sentence(task_id, `${phase} ${status}, ${counted(deliverables.length, 'document')}`),
  kiro_phase_transition: ({task_id, from, to}) => sentence(task_id, `${from} -> ${to}`),
  kiro_approval_requested: ({task_id, transition, approvers}) =>
    sentence(task_id, [transition, ...approvers].join(', ')),
  kiro_approval_granted: ({task_id, phase, role, by, comment}) =>
    sentence(task_id, [phase, by === 'auto' ? 'by itself (no person)' : role, comment].filter(Boolean).join(', ')),
  kiro_approval_rejected: ({task_id, phase, comment}) => sentence(task_id, `${phase}: ${comment}`),
  kiro_approval_voided: ({task_id, phase, reason}) => sentence(task_id, `${phase}: ${reason}`),
  kiro_workflow_completed: ({task_id}) => task_id,
  progress_updated: ({percentage, completed_tasks, total_tasks}) =>
    `${percentage} %, ${completed_tasks} of ${counted(total_tasks, 'task')}`,
  blocker_detected: ({type, task_id, message}) => sentence(task_id ?? type, message),
  dependency_blocker: ({requires, message}) => sentence(requires, message),
  task_dependency_blocker: ({task_id, dependency}) => sentence(task_id, `waits for ${dependency}`),
  blockers_escalated: ({ids}) => ids.join(', '),
  blocker_answered: ({task_id, answer}) => sentence(task_id, answer),
  blocker_resolved: ({id}) => id,
  budget_reserved: details => ofAttempt(details, usageText(details.amount)),
  budget_settled: details => ofAttempt(details, usageText(details.used), details.basis),
  driver_paused: ({driver, reason, message, resets_at}) =>
    sentence(driver, [reason, message, resets_at && `until ${resets_at}`].filter(Boolean).join(', ')),
  driver_resumed: ({driver}) => driver,
  auto_commit: details =>
    ofAttempt(details, `${counted(details.files_changed, 'file')} saved as ${short(details.commit)}`),
  repository_changed: ({changes}) => changes.map(repositoryChangeText).join('; '),
  slot_kept: ({slot, ref}) => `slot ${slot} as ${ref}`,
  repository_state_saved: ({head, branch}) => `${branch} at ${short(head)}`,
  branch_synced: ({branch, remote, action, head}) =>
    `${branch} ${action} ${action === 'pushed' ? 'to' : 'from'} ${remote}${head === undefined ? ', which has none' : ` at ${short(head)}`}`,
  checks_dispatched: ({about, tip, labels}) => `${about}, ${short(tip)}, ${['to a worker', ...labels].join(' ')}`,
  check_compared: ({base, check, ...details}) =>
    ofAttempt(details, `its check is ${check.ok ? 'green' : 'red'} on ${short(base)}`),
  baseline_checked: ({head, ...details}) => `${verdict(details)} on ${short(head)}`,
  round_started: ({tasks, onto, tip}) => sentence(tasks.join(', '), `${short(tip)} onto ${short(onto)}`),
  round_checked: ({tasks, onto, tip, ...details}) =>
    sentence(tasks.join(', '), `${verdict(details)} as ${short(tip)} onto ${short(onto)}`),
  final_checked: ({head, ...details}) => `${verdict(details)}${head === undefined ? '' : ` on ${short(head)}`}`,
  request_rejected: ({reason}) => reason,
};

/** Every name that an event can have. */
const NAME_WIDTH = Math.max(...EVENT_NAMES.map(name => name.length));

/** One line for one event, with date and time in UTC. */
export function logLine(event: MilestoneEvent, paint: Paint): string {
  const date = event.timestamp.slice(0, 10);
  const name = paintName(event.event, paint)(event.event.padEnd(NAME_WIDTH));
  return `${paint.dim(`${date} ${clockTime(event.timestamp)}`)} ${name} ${eventGist(event)}`.trimEnd();
}

/** What an event says, without its time and name. */
export function eventGist(event: MilestoneEvent): string {
  // A log of a later version may have events that this one does not know.
  const gist = GISTS[event.event] as ((details: unknown) => string) | undefined;
  return printable(gist?.(event.details) ?? '');
}

function paintName(name: EventName, paint: Paint): (text: string) => string {
  if (/failed|blocked|blocker_detected|rejected|refused|cancelled/.test(name)) return paint.red;
  if (/completed/.test(name)) return paint.green;
  if (/attempt_ended|retry|paused/.test(name)) return paint.yellow;
  return name === 'task_started' ? paint.cyan : asItIs;
}

const asItIs = (text: string) => text;

function ofAttempt({task_id, attempt}: {task_id: string; attempt: number}, ...said: Array<string | undefined>): string {
  const more = said.filter(Boolean).join(', ');
  return `${task_id} #${attempt}${more === '' ? '' : `  ${more}`}`;
}

function sentence(subject: string, said: string | undefined): string {
  return said === undefined ? subject : `${subject}: ${said}`;
}

function verdict({ok, checks}: {ok: boolean; checks: readonly CheckResult[]}): string {
  const red = checks.find(check => !check.ok);
  if (red) return `red: \`${red.command}\`${red.exit_code === null ? '' : ` with exit code ${red.exit_code}`}`;
  return ok ? 'green' : 'red';
}

function short(commit: string | undefined): string {
  return commit?.slice(0, 10) ?? '';
}
