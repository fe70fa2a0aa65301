// What whoever sits before the dashboard has chosen to see, and what the keys do to that. Pure.

import type {TaskId} from '../../plan/plan.ts';
import type {DashboardModel} from './model.ts';

export type ScreenName = 'overview' | 'output' | 'approvals' | 'help';

export interface Ui {
  screen: ScreenName;
  /** The task that the arrows stand on. */
  selected?: TaskId;
  /** Shown until the next key. */
  notice?: string;
}

/** A key, named where it is no letter. */
export type Key = string | {name: 'up' | 'down' | 'pageup' | 'pagedown' | 'escape' | 'return' | 'ctrl-c'};

/** What a key asks of the program around the dashboard. */
export type Action = 'leave' | 'pause' | 'interrupt';

export interface KeyEffect {
  ui: Ui;
  action?: Action;
}

const STEPS = {up: -1, down: 1, pageup: -10, pagedown: 10} as const;

/** What a key does. */
export function applyKey(before: Ui, key: Key, model: DashboardModel): KeyEffect {
  const {notice: _, ...ui} = before;
  if (typeof key === 'string') return letterEffect(ui, key, model);
  switch (key.name) {
    case 'ctrl-c':
      return {ui, action: 'interrupt'};
    case 'escape':
      return {ui: {...ui, screen: 'overview'}};
    case 'return':
      return ui.screen === 'overview' ? openOutput(ui, model) : {ui: {...ui, screen: 'overview'}};
    default:
      return {ui: move(ui, STEPS[key.name], model)};
  }
}

function letterEffect(ui: Ui, letter: string, model: DashboardModel): KeyEffect {
  const toggle = (screen: ScreenName): KeyEffect => ({
    ui: {...ui, screen: ui.screen === screen ? 'overview' : screen},
  });
  switch (letter) {
    case 'q':
      return {ui, action: 'leave'};
    case 'p':
      return {ui, action: 'pause'};
    case 'o':
      return ui.screen === 'output' ? toggle('output') : openOutput(ui, model);
    case 'a':
      return toggle('approvals');
    case '?':
    case 'h':
      return toggle('help');
    default:
      return {ui};
  }
}

/** Of the task that the arrows stand on, else of one that runs, else of the last that ran. */
function openOutput(ui: Ui, {tasks}: DashboardModel): KeyEffect {
  const task =
    tasks.find(({id}) => id === ui.selected) ??
    tasks.find(({status}) => status === 'in_progress') ??
    tasks.findLast(({attempts}) => attempts > 0);
  if (!task) return {ui: {...ui, notice: 'no task has printed anything yet'}};
  return {ui: {...ui, screen: 'output', selected: task.id}};
}

/** From task to task; while outputs are shown, only to those that have one. */
function move(ui: Ui, step: number, {tasks}: DashboardModel): Ui {
  const among = ui.screen === 'output' ? tasks.filter(({id, attempts}) => attempts > 0 || id === ui.selected) : tasks;
  if (among.length === 0 || ui.screen === 'approvals' || ui.screen === 'help') return ui;
  const place = among.findIndex(({id}) => id === ui.selected);
  const first = Math.max(
    among.findIndex(({status}) => status === 'in_progress'),
    0,
  );
  const next = place < 0 ? first : Math.min(Math.max(place + step, 0), among.length - 1);
  return {...ui, selected: among[next]!.id};
}
