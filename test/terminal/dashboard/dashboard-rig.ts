// Milestones in any condition, for the dashboard.

import type {MilestoneEvent} from '../../../src/events/event.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import {statusReport} from '../../../src/reports/status-report.ts';
import {initialState} from '../../../src/state/initial-state.ts';
import type {Blocker, MilestoneState} from '../../../src/state/milestone.ts';
import {takeSnapshot} from '../../../src/state/snapshot.ts';
import {initialTask, type TaskState, type TaskStatus} from '../../../src/state/task.ts';
import {type DashboardInput, dashboardModel} from '../../../src/terminal/dashboard/model.ts';
import type {Paint} from '../../../src/terminal/paint.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');

export interface MadeTask {
  title?: string;
  status: TaskStatus;
  /** Who has it, where that is another machine; null: nobody yet. */
  worker?: string | null;
}

export interface Made {
  title?: string;
  status?: MilestoneState['status'];
  tasks: MadeTask[];
  agents?: MilestoneState['agents'];
  blockers?: string[];
  kiro?: DashboardInput['kiro'];
  approvals?: DashboardInput['approvals'];
  /** False: nobody works on it. */
  isExecuted?: boolean;
}

export const asItIs: Paint = {
  bold: text => text,
  dim: text => text,
  red: text => text,
  green: text => text,
  yellow: text => text,
  cyan: text => text,
};

/** What the dashboard shows of such a milestone; every attempt has run for a minute and printed 5 s ago. */
export function modelOf(made: Made) {
  const state = stateOf(made);
  const {isExecuted = true, kiro, approvals = []} = made;
  const tasks = made.tasks.map((_, place) => idOf(place));
  return dashboardModel({
    report: statusReport({
      id: 'release',
      file: 'release.yaml',
      origin: 'log',
      snapshot: {...takeSnapshot(state), tasks: made.tasks.map(taskState)},
      position: {offset: 1, seq: 1},
      executor: isExecuted ? ({who: 'here', owner: {pid: 42, host: 'here'}} as never) : {who: 'nobody'},
      edit: undefined,
      projectDriver: undefined,
    }),
    now: NOW,
    session: {startedAt: ago(90)},
    lastSigns: new Map(tasks.map(id => [id, NOW - 5_000])),
    kiro,
    approvals,
  });
}

/** Id of the task at a place. */
export function idOf(place: number): string {
  return `task-${place}`;
}

function stateOf({title = 'The release', status = 'in_progress', tasks, agents = {}, blockers = []}: Made) {
  const plan: Plan = {
    id: 'release',
    title,
    requires: [],
    settings: {},
    tasks: tasks.map(({title = 'A task'}, place) => ({id: idOf(place), title, run: 'true'})),
  };
  const state = initialState(plan);
  state.seq = 9;
  state.status = status;
  state.agents = agents;
  state.blockers = new Map(blockers.map(message => [message, blocker(message)]));
  state.recent = Array.from({length: 5}, (_, place) => event(place));
  return state;
}

function blocker(message: string): Blocker {
  return {id: message, type: 'final_red', message, hint: 'mend it', since: ago(120)} as Blocker;
}

function event(place: number): MilestoneEvent {
  return {
    event: 'task_skipped',
    details: {task_id: idOf(place), reason: 'not needed'},
    seq: place + 1,
    timestamp: ago(10 - place),
    milestone_id: 'release',
    session_id: 'session',
  } as MilestoneEvent;
}

function taskState({status, worker}: MadeTask): TaskState {
  const history = {...initialTask().history, attempts: 1, startedAt: ago(60)};
  switch (status) {
    case 'in_progress':
      return {
        status,
        history,
        stage: worker === null ? 'starting' : 'working',
        ...(worker !== undefined && {dispatched: {job: '', ref: '', queue: '', labels: [], ...(worker && {worker})}}),
        attempt: 1,
        slot: 0,
        token: '',
        driver: 'shell',
        startedAt: ago(60),
        session: '',
      } as TaskState;
    case 'completed':
      return {status, history: {...history, tookMs: 30_000}, checked: true, completedAt: ago(30)} as TaskState;
    case 'failed':
      return {status, history, cause: 'exit', message: 'failed with exit code 3'};
    case 'blocked':
      return {status, history, blockerId: 'none'} as TaskState;
    default:
      return {status, history: {...history, attempts: 0}} as TaskState;
  }
}

function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}
