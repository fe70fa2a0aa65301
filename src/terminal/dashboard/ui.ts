// What whoever sits before the dashboard has chosen to see, and what the keys do to that. Pure.

import type {TaskId} from '../../plan/plan.ts';
import type {DashboardModel} from './model.ts';

export type ScreenName = 'overview' | 'output' | 'approvals' | 'help';

export interface Ui {
  screen: ScreenName;
  /** The task that the arrows stand on. */
  selected?: TaskId;
  /** What is being typed after `/`; the first task that has it is selected. */
  find?: string;
  /** Shown until the next key. */
  notice?: string;
}

/** A key, named where it is no letter. */
export type Key = string | {name: Step | 'escape' | 'return' | 'backspace' | 'ctrl-c'};

type Step = 'up' | 'down' | 'pageup' | 'pagedown' | 'home' | 'end';

/** What a key asks of the program around the dashboard. */
export type Action = 'leave' | 'pause' | 'interrupt';

export interface KeyEffect {
  ui: Ui;
  action?: Action;
}

const STEPS: Readonly<Record<Step, number>> = {
  up: -1,
  down: 1,
  pageup: -10,
  pagedown: 10,
  home: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
};

/** What a key does. */
export function applyKey(before: Ui, key: Key, model: DashboardModel): KeyEffect {
  const {notice: _, ...ui} = before;
  if (ui.find !== undefined) {
    const typed = findEffect({...ui, find: ui.find}, key, model);
    if (typed) return {ui: typed};
  }
  if (typeof key === 'string') return letterEffect(ui, key, model);
  switch (key.name) {
    case 'ctrl-c':
      return {ui, action: 'interrupt'};
    case 'escape':
      return {ui: {...ui, screen: 'overview'}};
    case 'return':
      return ui.screen === 'overview' ? openOutput(ui, model) : {ui: {...ui, screen: 'overview'}};
    case 'backspace':
      return {ui};
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
    case 'f':
      return {ui: follow(ui)};
    case '/':
      return {ui: {...ui, screen: 'overview', find: ''}};
    case '?':
    case 'h':
      return toggle('help');
    default:
      return {ui};
  }
}

/** While something is searched, letters are what is searched. Undefined: the key means what it always does. */
function findEffect(ui: Ui & {find: string}, key: Key, model: DashboardModel): Ui | undefined {
  const {find, ...found} = ui;
  if (typeof key === 'string') return select({...ui, find: find + key}, find + key, model);
  if (key.name === 'backspace') return select({...ui, find: find.slice(0, -1)}, find.slice(0, -1), model);
  return key.name === 'return' || key.name === 'escape' ? found : undefined;
}

/** The first task whose id, title or state has the words, without regard to upper and lower case. */
function select(ui: Ui, words: string, {tasks}: DashboardModel): Ui {
  const wanted = words.toLowerCase();
  const found =
    words === ''
      ? undefined
      : tasks.find(({id, title, state}) => `${id} ${title} ${state}`.toLowerCase().includes(wanted));
  if (found) return {...ui, selected: found.id};
  return words === '' ? ui : {...ui, notice: `no task has \`${words}\``};
}

/** Nobody is selected: then the table stands where work is done, and moves with it. */
function follow({selected: _, ...ui}: Ui): Ui {
  return {...ui, screen: 'overview', notice: 'following what runs'};
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
  const index = among.findIndex(({id}) => id === ui.selected);
  const first = Math.max(
    among.findIndex(({status}) => status === 'in_progress'),
    0,
  );
  // The first step of all goes to what runs, unless it goes to an end.
  const next = index < 0 && Number.isFinite(step) ? first : Math.min(Math.max(index + step, 0), among.length - 1);
  return {...ui, selected: among[next]!.id};
}
