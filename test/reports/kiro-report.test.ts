// What is said of kiro tasks, approvals, blockers, costs and warnings, in every form there is.

import {expect, test} from 'vitest';
import {parse} from 'yaml';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {LOG_START} from '../../src/events/log-position.ts';
import type {MilestoneView} from '../../src/milestone/look.ts';
import {readPlanText} from '../../src/plan/file/read-plan-text.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {approvalsOf, approvalText} from '../../src/projections/approvals.ts';
import {handEdits} from '../../src/projections/hand-edits.ts';
import {stateFields} from '../../src/projections/state-fields.ts';
import {attemptWarnings} from '../../src/reports/attempt-warnings.ts';
import {blockerCommand, blockerDetails} from '../../src/reports/blockers.ts';
import {graphReport} from '../../src/reports/graph.ts';
import {statusReport} from '../../src/reports/status-report.ts';
import type {StatusReport} from '../../src/reports/status-shape.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';
import {takeSnapshot} from '../../src/state/snapshot.ts';
import type {TaskState} from '../../src/state/task.ts';
import {dashboardModel} from '../../src/terminal/dashboard/model.ts';
import {eventLine} from '../../src/terminal/events/event-line.ts';
import {graphText} from '../../src/terminal/graph-text.ts';
import {mermaid} from '../../src/terminal/mermaid.ts';
import {statusText} from '../../src/terminal/status-text.ts';
import {asItIs} from '../terminal/dashboard/dashboard-rig.ts';

const AT = '2026-11-23T10:00:00.000Z';
const LATER = Date.parse('2026-11-23T10:01:00.000Z');
const DOCUMENT = {path: 'deliverables/m/login/design/architecture.md', sha256: 'a'.repeat(64)};

const PLAN: Plan = {
  id: 'm',
  title: 'M',
  requires: [],
  settings: {driver: 'claude', budget: {usd: 5, tokens: 1_000}},
  tasks: [
    {id: 'login', title: 'Log in', kiro_workflow: {enabled: true}},
    {id: 'logout', title: 'Log out', dependencies: ['login']},
    {id: 'notes', title: 'Notes', driver: 'manual'},
  ],
};

/** The state after these events; the milestone is activated before them. */
function stateAfter(events: NewEvent[], plan: Plan = PLAN): MilestoneState {
  const state = initialState(plan);
  record(state, {
    event: 'milestone_activated',
    details: {execution_id: 'e', plan, imported: {}, isolation: 'none', dependents: []},
  });
  for (const event of events) record(state, event);
  return state;
}

function record(state: MilestoneState, event: NewEvent): MilestoneEvent {
  const recorded = {...event, seq: state.seq + 1, timestamp: AT, milestone_id: 'm', session_id: 's'} as MilestoneEvent;
  applyEvent(state, recorded);
  return recorded;
}

function started(task_id: string, more: object = {}): NewEvent {
  return {event: 'task_started', details: {task_id, attempt: 1, slot: 0, token: 't', driver: 'claude', ...more}};
}

const DESIGNED: NewEvent[] = [
  {event: 'kiro_workflow_started', details: {task_id: 'login'}},
  started('login', {phase: 'design'}),
  {event: 'task_claimed', details: {task_id: 'login', attempt: 1, result: {summary: 'Three endpoints'}}},
  {
    event: 'kiro_phase_updated',
    details: {task_id: 'login', attempt: 1, phase: 'design', status: 'waiting_approval', deliverables: [DOCUMENT]},
  },
  {
    event: 'kiro_approval_requested',
    details: {
      task_id: 'login',
      approval_id: 'approval-m-login-design-spec',
      phase: 'design',
      transition: 'design_to_spec',
      approvers: ['architect', 'security'],
      criteria: ['api contracts: agreed'],
      deliverables: [DOCUMENT],
      summary: 'Three\nendpoints',
    },
  },
];

const APPROVED = {
  task_id: 'login',
  approval_id: 'approval-m-login-design-spec',
  phase: 'design',
  by: 'person',
} as const;

function report(state: MilestoneState, facts: Parameters<typeof statusReport>[1] = {}): StatusReport {
  return statusReport(viewOf(state), facts);
}

/** Of one that nobody executes. */
function restingReport(state: MilestoneState): StatusReport {
  return statusReport({...viewOf(state), executor: {who: 'nobody'}});
}

function viewOf(state: MilestoneState): MilestoneView {
  return {
    id: 'm',
    file: 'm.yaml',
    origin: 'log',
    snapshot: takeSnapshot(state),
    position: LOG_START,
    executor: {who: 'here', owner: {pid: 1, host: 'here'}} as never,
    edit: undefined,
    projectDriver: 'claude',
  };
}

function textOf(state: MilestoneState, facts: Parameters<typeof statusReport>[1] = {}): string {
  return statusText(report(state, facts), LATER, asItIs);
}

test('a kiro task is kiro_managed from its first phase on, whether an attempt of it runs or not', () => {
  const waiting = report(stateAfter(DESIGNED));
  expect(waiting.counts).toMatchObject({kiro_managed: 1, in_progress: 0, pending: 2});
  expect(waiting.tasks[0]).toMatchObject({
    status: 'kiro_managed',
    progress: 13,
    kiro: {current_phase: 'design', phases: {design: 'waiting_approval', spec: 'pending', execute: 'pending'}},
  });
  expect(waiting.tasks[0]).not.toHaveProperty('stage');
  expect(waiting.tasks[1]).not.toHaveProperty('kiro');
  const running = stateAfter(DESIGNED.slice(0, 2));
  expect(report(running).tasks[0]).toMatchObject({status: 'kiro_managed', stage: 'starting'});
  expect(textOf(running)).toContain('running\n  login  design starting 1m  Log in\n');
  expect(textOf(running)).toContain('phases\n  login  design ● spec ○ task ○ execute ○\n');
});

test('an approval needs a person, with the roles that are still to approve and the command', () => {
  const state = stateAfter(DESIGNED);
  const need = {
    kind: 'approval',
    text: 'the design of task `login` waits for approval by `architect`, `security`',
    command: 'milestone approve m login design --role architect',
    task_id: 'login',
    phase: 'design',
  };
  expect(report(state).needs_you[0]).toEqual(need);
  expect(report(state).approvals).toMatchObject([{id: 'approval-m-login-design-spec', transition: 'design_to_spec'}]);
  record(state, {event: 'kiro_approval_granted', details: {...APPROVED, role: 'architect'}});
  expect(report(state).needs_you[0]).toMatchObject({command: 'milestone approve m login design'});
  record(state, {event: 'kiro_approval_granted', details: {...APPROVED, role: 'security'}});
  expect(report(state)).toMatchObject({approvals: [], needs_you: [{kind: 'manual'}]});
});

test('of a task that was skipped nobody has to approve anything', () => {
  const state = stateAfter(DESIGNED);
  record(state, {event: 'task_skipped', details: {task_id: 'login'}});
  expect(report(state)).toMatchObject({approvals: [], needs_you: [{kind: 'manual'}]});
});

test('a manual phase waits for a person as soon as it is its turn', () => {
  const kiro_workflow = {enabled: true, phases: {design: {driver: 'manual'}}};
  const plan = {...PLAN, tasks: [{id: 'login', title: 'Log in', kiro_workflow}]};
  expect(report(stateAfter([], plan)).needs_you).toEqual([
    {
      kind: 'manual',
      text: 'the design of task `login` waits for a person: Log in',
      command: 'milestone task done m login',
    },
  ]);
});

test('the file of an approval says what is asked, of whom, and what became of it', () => {
  const state = stateAfter(DESIGNED);
  record(state, {event: 'kiro_approval_granted', details: {...APPROVED, role: 'architect', comment: 'ok: "fine"'}});
  const [approval] = approvalsOf('login', state.tasks.get('login')?.history.kiro as never);
  expect(parse(approvalText('m', approval as never))).toEqual({
    approval_id: 'approval-m-login-design-spec',
    milestone_id: 'm',
    task_id: 'login',
    transition: 'design_to_spec',
    phase: 'design',
    requested_at: AT,
    status: 'pending',
    approvers: [
      {role: 'architect', status: 'approved', at: AT, by: 'person', comment: 'ok: "fine"'},
      {role: 'security', status: 'pending'},
    ],
    criteria: ['api contracts: agreed'],
    deliverables: [DOCUMENT],
    phase_summary: 'Three\nendpoints',
  });
});

test('the plan file gets phases, averages and cost', () => {
  const state = stateAfter([
    ...DESIGNED,
    started('notes'),
    {event: 'budget_settled', details: {task_id: 'notes', attempt: 1, used: {usd: 0.1 + 0.2}, basis: 'reported'}},
  ]);
  const fields = stateFields(state);
  expect(fields.kiro_progress).toEqual({
    phase_averages: {design: 90, spec: 0, task: 0, execute: 0},
    kiro_task_count: 1,
    last_calculated: AT,
  });
  expect(fields.tasks.get('login')).toMatchObject({
    status: 'kiro_managed',
    kiro_workflow: {current_phase: 'design', phases: {design: {status: 'waiting_approval', started_at: AT}}},
  });
  expect(fields.tasks.get('notes')).toMatchObject({cost_usd: 0.3});
  expect(stateFields(stateAfter([], {...PLAN, tasks: [{id: 'a', title: 'A'}]}))).not.toHaveProperty('kiro_progress');
});

test('a phase that was let through by hand in the plan is put back, and the command is named', () => {
  const text = `id: m\ntitle: M\ntasks:\n- {id: login, title: L, kiro_workflow: {enabled: true, phases: {design: {status: approved}}}}\n`;
  const {layout} = readPlanText(text, 'm.yaml');
  const state = stateAfter(DESIGNED);
  expect(handEdits(layout!, state)).toEqual([
    '`status: approved` of the design of task `login` is put back to `waiting_approval`: `milestone approve m login design` is the way to change it',
  ]);
  for (const role of ['architect', 'security'])
    record(state, {event: 'kiro_approval_granted', details: {...APPROVED, role}});
  expect(handEdits(layout!, state)).toEqual([]);
});

test('a cost that nobody knows is not 0', () => {
  const state = stateAfter([
    started('notes'),
    {event: 'budget_settled', details: {task_id: 'notes', attempt: 1, used: {tokens: 900}, basis: 'observed'}},
    {event: 'budget_reserved', details: {task_id: 'logout', attempt: 1, amount: {usd: 1.5}}},
  ]);
  expect(report(state)).toMatchObject({
    budget: {limit: {usd: 5, tokens: 1_000}, used: {tokens: 900}, reserved: {usd: 1.5}},
  });
  expect(report(state).budget?.used).not.toHaveProperty('usd');
  expect(report(state).tasks[2]).not.toHaveProperty('cost_usd');
  expect(textOf(state)).toContain('used, as the agents say: none known of 5 usd, 1.50 reserved\n900 of 1000 tokens\n');
});

test('a driver that rests is said, with when it can work again, and it is no matter for a person', () => {
  const resets_at = '2026-11-23T12:00:00.000Z';
  const state = stateAfter([
    {event: 'driver_paused', details: {driver: 'claude', reason: 'quota', message: 'used up', resets_at}},
    {
      event: 'blocker_detected',
      details: {id: 'q', type: 'quota', message: 'claude rests', hint: 'it goes on by itself', driver: 'claude'},
    },
  ]);
  const {paused_until, needs_you, blockers} = report(state);
  expect(paused_until).toBe(resets_at);
  expect(needs_you.map(({kind}) => kind)).toEqual(['manual']);
  expect(blockers).toMatchObject([{driver: 'claude', who: 'the provider'}]);
});

test('a question is answered, a broken plan validated, and what clears by itself is only looked at', () => {
  const command = (
    type: Parameters<typeof blockerCommand>[1]['type'],
    task_id?: string,
    executed: 'here' | 'elsewhere' | 'gone' | 'nobody' = 'nobody',
  ) => blockerCommand('m', {type, ...(task_id !== undefined && {task_id})}, {executed});
  expect(command('question', 'login')).toBe('milestone answer m login "…"');
  expect(command('merge_conflict', 'login')).toBe('milestone retry m login');
  expect(command('plan_invalid')).toBe('milestone validate m');
  expect(command('disk_space')).toBe('milestone resume m');
  expect(command('disk_space', undefined, 'gone')).toBe('milestone resume m');
  expect(command('disk_space', undefined, 'here')).toBe('milestone blockers m');
  expect(command('disk_space', undefined, 'elsewhere')).toBe('milestone blockers m');
  expect(command('final_red', undefined, 'here')).toBe('milestone resume m');
});

test('a blocker tells what it holds up, and whether the critical path runs through it', () => {
  const state = stateAfter([
    {event: 'blocker_detected', details: {id: 'b', type: 'question', message: 'Which?', hint: 'say', task_id: 'login'}},
    {event: 'blocker_detected', details: {id: 'd', type: 'disk_space', message: 'full', hint: 'free some'}},
  ]);
  expect(blockerDetails(state, {executed: 'nobody', projectDriver: undefined})).toMatchObject([
    {id: 'd', holds_up: {count: 3, critical_path: true}},
    {id: 'b', holds_up: {count: 1, critical_path: true}, who: 'you', clears: 'when it is answered'},
  ]);
  expect(report(state).needs_you.slice(0, 2)).toEqual([
    {kind: 'question', text: 'Which?', command: 'milestone answer m login "…"', task_id: 'login'},
    {kind: 'blocker', text: 'full', command: 'milestone blockers m'},
  ]);
});

test('an attempt is warned of at two thirds of its time, and of its silence', () => {
  const plan = {...PLAN, settings: {timeout: '30m', silent: '3m'}, tasks: [{id: 'login', title: 'L', run: 'true'}]};
  const tasks = [...stateAfter([started('login')], plan).tasks.values()] as TaskState[];
  const warn = (minutes: number, quietMinutes = 0) => {
    const now = Date.parse(AT) + minutes * 60_000;
    const lastSignOf = () => now - quietMinutes * 60_000;
    return attemptWarnings(plan, tasks, {now, project: {}, lastSignOf});
  };
  expect(warn(19.9, 1.9)).toEqual([]);
  expect(warn(20)).toMatchObject([
    {kind: 'long_running', task_id: 'login', message: 'task `login` runs for 20 min of the 30 min that it may'},
  ]);
  expect(warn(5, 2)).toMatchObject([{kind: 'silent', since: '2026-11-23T10:03:00.000Z'}]);
  const warnings = warn(20);
  expect(textOf(stateAfter([started('login')], plan), {warnings})).toContain(
    'warnings\n  task `login` runs for 20 min',
  );
});

test('while it executes, one screen says what is asked, and one what holds it up', () => {
  const state = stateAfter([]);
  const lines = (...events: NewEvent[]) => events.map(event => eventLine(record(state, event), state).join('\n'));
  const said = lines(...DESIGNED);
  expect(said[0]).toBe('');
  expect(said[1]).toContain('▶ login design Log in');
  expect(said[3]).toBe('');
  expect(said[4]).toContain('? login design waits for approval by architect, security (1 document)\n');
  expect(said[4]).toContain('milestone approve m login design --role architect\n');
  const [, ended] = lines(started('logout'), {
    event: 'attempt_ended',
    details: {task_id: 'logout', attempt: 1, outcome: {kind: 'question', message: 'Which?'}} as never,
  });
  expect(ended).toContain('○ logout attempt 1 has a question');
  const [rejected, detected, escalated] = lines(
    {event: 'kiro_approval_rejected', details: {...APPROVED, role: 'security', comment: 'no\u001b[31m'}},
    {
      event: 'blocker_detected',
      details: {id: 'b', type: 'question', message: 'Which?', hint: 'say', task_id: 'logout'},
    },
    {event: 'blockers_escalated', details: {ids: ['b']}},
  );
  expect(rejected).toContain('↻ login design rejected by security: no\\x1b[31m');
  expect(detected).toContain('blocked: Which?');
  const [paused] = lines({event: 'milestone_paused', details: {code: 'person', reason: 'Which?'}});
  expect(paused).toContain('‖ paused: nothing else can go on meanwhile');
  expect(escalated).toContain('question logout: you have to act\n');
  expect(escalated).toContain('it clears when it is answered\n');
  expect(escalated).toContain('milestone answer m logout "…"');
});

test('what an agent assumed, was warned of or was denied is said at once, with the line that would permit it', () => {
  const state = stateAfter([started('logout')], {...PLAN, tasks: [{id: 'logout', title: 'Log out'}]});
  const denials = [{tool: 'Bash', input: 'npm publish', allow: 'Bash(npm publish:*)'}];
  const result = {assumptions: ['UTC'], warning: 'it gave no result', denials};
  const [line] = eventLine(
    record(state, {event: 'task_claimed', details: {task_id: 'logout', attempt: 1, result}}),
    state,
  );
  expect(line?.split('\n').map(text => text.trim())).toEqual([
    expect.stringContaining('! logout it gave no result'),
    'logout assumes: UTC',
    'denied: Bash npm publish; this line would permit it: allow: ["Bash(npm publish:*)"]',
  ]);
  const cost = {usd: 0.5, minutes: 2};
  const used = {event: 'budget_settled', details: {task_id: 'logout', attempt: 1, used: cost, basis: 'reported'}};
  expect(eventLine(record(state, used as NewEvent), state)[0]).toContain(
    "logout: 0.50 usd; so far 0.50 usd (the agent's estimate)",
  );
});

test('minutes are no estimate of the agents', () => {
  const details = {task_id: 'logout', attempt: 1, used: {usd: 0.5, minutes: 2.5}, basis: 'reported'} as const;
  const plan = {...PLAN, settings: {}};
  const text = textOf(stateAfter([started('logout'), {event: 'budget_settled', details}], plan));
  expect(text).toContain('used, as the agents say: 0.50 usd\nagents at work: 2.50 minutes\n');
});

test('a milestone that rests for a person is only resumed where something can go on', () => {
  const resting = (state: MilestoneState) => {
    record(state, {event: 'milestone_paused', details: {code: 'person', reason: 'the design waits'}});
    return restingReport(state).needs_you.map(({kind, text}) => [kind, text]);
  };
  const plan = {...PLAN, tasks: PLAN.tasks.slice(0, 2)};
  expect(resting(stateAfter(DESIGNED, plan))).toEqual([['approval', expect.stringContaining('waits for approval')]]);
  const decided = (['architect', 'security'] as const).map((role): NewEvent => {
    return {event: 'kiro_approval_granted', details: {...APPROVED, role}};
  });
  expect(resting(stateAfter([...DESIGNED, ...decided], plan))).toEqual([
    ['paused', 'what it waited for is decided, and nobody executes it'],
  ]);
  expect(resting(stateAfter([...DESIGNED, ...decided]))).toEqual([
    ['manual', expect.any(String)],
    ['paused', 'nobody executes it; something else can go on'],
  ]);
});

test('a graph has a mark and a style for a kiro task', () => {
  const graph = graphReport(takeSnapshot(stateAfter(DESIGNED)));
  expect(graphText(graph, asItIs)).toContain('◆ login');
  expect(mermaid(graph)).toMatch(/:::kiro_managed\n[\s\S]*classDef kiro_managed fill:/);
});

test('the dashboard shows the phase that is in work or rests, and warnings beside the blockers', () => {
  const model = (state: MilestoneState, facts = {}) =>
    dashboardModel({report: report(state, facts), now: LATER, session: undefined, lastSigns: new Map(), approvals: []});
  const message = 'task `login` printed nothing for 10 min';
  const running = model(stateAfter(DESIGNED.slice(0, 2)), {
    warnings: [{kind: 'silent', task_id: 'login', message, since: AT}],
  });
  expect(running.tasks[0]).toMatchObject({status: 'in_progress', state: 'design starting', age: 60_000});
  expect(running.blockers).toMatchObject([{message: `warning: ${message}`, age: 60_000}]);
  expect(model(stateAfter(DESIGNED)).tasks[0]).toMatchObject({status: 'kiro_managed', state: 'design waits'});
});
