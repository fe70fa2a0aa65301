// The dashboard as lines for a terminal of a given size: never more rows, and never wider.

import {stripVTControlCharacters} from 'node:util';
import {ageOf} from '../amounts.ts';
import type {Paint} from '../paint.ts';
import {cutTo, pad, textWidth} from '../width.ts';
import {headerLines} from './header.ts';
import type {DashboardModel} from './model.ts';
import {type Shown, type Size, screenLines} from './screens.ts';
import {taskTable} from './task-table.ts';
import type {Ui} from './ui.ts';

type Part = 'needs' | 'tasks' | 'blockers' | 'events';

/** From this height on, parts have an empty line between them. */
const ROOMY = 20;
const EVENT_NAME_WIDTH = 20;
/** From this width on (a terminal of 120 columns, less what it keeps for itself), the tasks stand beside the rest. */
const WIDE = 110;
/** Of the width, for the tasks. */
const TASKS_SHARE = 0.58;
const BETWEEN = 2;
/** Eight tasks, the heading, and a row each for what lies above and below. */
const LEAST_TASKS = 11;

/** A whole frame: exactly `rows` lines, of at most `columns` columns. */
export function dashboardLines(model: DashboardModel, ui: Ui, size: Size, shown: Shown, paint: Paint): string[] {
  const {columns, rows} = size;
  const foot = footLines(ui, shown.isOwner, columns, paint);
  const room = {columns, rows: rows - foot.length};
  if (room.rows < 1) return foot.slice(-Math.max(rows, 0));
  const body = ui.screen === 'overview' ? overview(model, ui, room, paint) : screenLines(model, ui, room, shown, paint);
  const empty = Array<string>(Math.max(room.rows - body.length, 0)).fill('');
  return [...body.slice(0, room.rows), ...empty, ...foot].slice(0, rows);
}

function footLines({screen, notice, find}: Ui, isOwner: boolean, columns: number, paint: Paint): string[] {
  const keys =
    find !== undefined
      ? `/${find}█  Enter: found`
      : screen === 'overview'
        ? `q leave  p pause  f follow  / find  o output  a approvals  ? help${isOwner ? '  Ctrl-C stop' : ''}`
        : `${screen === 'output' ? '↑↓ other task  ' : ''}Esc back  q leave`;
  return [...(notice === undefined ? [] : [paint.yellow(cutTo(notice, columns))]), paint.dim(cutTo(keys, columns))];
}

function overview(model: DashboardModel, ui: Ui, {columns, rows}: Size, paint: Paint): string[] {
  const header = headerLines(model, columns, paint).slice(0, rows);
  const gap = rows >= ROOMY ? 1 : 0;
  if (columns >= WIDE) return [...header, ...sideBySide(model, ui, {columns, rows: rows - header.length}, paint)];
  const shares = shareRows(rows - header.length, demandsOf(model, gap));
  const linesOf = partsOf(model, ui, columns, paint);
  const parts = (['needs', 'tasks', 'blockers', 'events'] as const).map(part =>
    linesOf[part]((shares.get(part) ?? 0) - gap),
  );
  return [header, ...parts].flatMap((lines, index) =>
    lines.length === 0 || index === 0 || gap === 0 ? lines : ['', ...lines],
  );
}

function partsOf(
  model: DashboardModel,
  ui: Ui,
  columns: number,
  paint: Paint,
): Record<Part, (rows: number) => string[]> {
  return {
    needs: count => needLines(model, columns, count, paint),
    tasks: count => taskTable(model.tasks, ui.selected, {columns, rows: count}, paint),
    blockers: count => blockerLines(model, columns, count, paint),
    events: count => eventLines(model, columns, count, paint),
  };
}

/** On a wide terminal the tasks have the left side from top to bottom, and all else the right one. */
function sideBySide(model: DashboardModel, ui: Ui, {columns, rows}: Size, paint: Paint): string[] {
  const left = Math.floor(columns * TASKS_SHARE);
  const right = columns - left - BETWEEN;
  const tasks = partsOf(model, ui, left, paint).tasks(rows - 1);
  const beside = partsOf(model, ui, right, paint);
  const shares = shareRows(
    rows,
    demandsOf({...model, tasks: []}, 1).filter(({part}) => part !== 'tasks'),
  );
  const others = (['needs', 'blockers', 'events'] as const)
    .map(part => beside[part]((shares.get(part) ?? 0) - 1))
    .flatMap(lines => (lines.length === 0 ? [] : ['', ...lines]));
  return Array.from({length: Math.min(Math.max(tasks.length + 1, others.length), rows)}, (_, row) => {
    const task = row === 0 ? '' : (tasks[row - 1] ?? '');
    const other = others[row] ?? '';
    const filled = task + ' '.repeat(Math.max(left - textWidth(stripVTControlCharacters(task)), 0));
    return other === '' ? task : `${filled}${' '.repeat(BETWEEN)}${other}`;
  });
}

/** Who gets rows first: what needs a person, then what runs, then what happened. */
function demandsOf({needs, tasks, blockers, events}: DashboardModel, gap: number) {
  const wanted: Record<Part, number> = {
    needs: sized(needs.length * 2, gap),
    tasks: sized(tasks.length, gap),
    blockers: sized(blockers.length * 2, gap),
    events: sized(events.length, gap),
  };
  const upTo = (part: Part, rows: number) => ({part, rows: Math.min(rows + gap, wanted[part])});
  return [
    upTo('needs', 3),
    upTo('tasks', LEAST_TASKS),
    upTo('blockers', 3),
    upTo('events', 4),
    upTo('needs', 7),
    upTo('tasks', 16),
    upTo('events', 6),
    upTo('blockers', 7),
    ...(['needs', 'blockers', 'tasks'] as const).map(part => upTo(part, Number.POSITIVE_INFINITY)),
  ];
}

/** Rows of a part with all its entries, under a heading. */
function sized(rows: number, gap: number): number {
  return rows === 0 ? 0 : rows + 1 + gap;
}

function needLines({needs}: DashboardModel, columns: number, rows: number, paint: Paint): string[] {
  const entries = needs.map(({text, command}) => [indented(text, columns), paint.cyan(indented(command, columns))]);
  return part('needs you', entries, rows, columns, paint.yellow);
}

function blockerLines({blockers}: DashboardModel, columns: number, rows: number, paint: Paint): string[] {
  const entries = blockers.map(({message, hint, age}) => [
    indented(`${ageOf(age)}  ${message}`, columns),
    paint.dim(indented(`hint: ${hint}`, columns)),
  ]);
  return part('blockers', entries, rows, columns, paint.red);
}

/** The newest, where there is no room for all. */
function eventLines({events}: DashboardModel, columns: number, rows: number, paint: Paint): string[] {
  const newest = events.slice(-Math.max(rows - 1, 1));
  const entries = newest.map(({time, name, gist}) => {
    const text = cutTo(`${pad(name, EVENT_NAME_WIDTH)} ${gist}`.trimEnd(), Math.max(columns - time.length - 3, 1));
    return [columns > 20 ? `  ${paint.dim(time)} ${text}` : indented(text, columns)];
  });
  return part('last events', entries, rows, columns, paint.bold);
}

/** A heading and as many whole entries as fit; it says how many there are when some do not. */
function part(
  name: string,
  entries: ReadonlyArray<readonly string[]>,
  rows: number,
  columns: number,
  paint: (text: string) => string,
): string[] {
  const lines: string[] = [];
  let shown = 0;
  for (const entry of entries) {
    if (lines.length + entry.length + 1 > rows) break;
    lines.push(...entry);
    shown++;
  }
  if (shown === 0) return [];
  const heading = shown < entries.length ? `${name} (${shown} of ${entries.length})` : name;
  return [paint(cutTo(heading, columns)), ...lines];
}

function indented(text: string, columns: number): string {
  return cutTo(`  ${text}`, columns);
}

/** A part of the screen wants to have up to so many rows. */
export interface Demand<Part> {
  part: Part;
  /** In all, not on top of what it has. */
  rows: number;
}

/** Give out rows, to who comes first first; in all never more than there are. */
export function shareRows<Part>(available: number, demands: ReadonlyArray<Demand<Part>>): Map<Part, number> {
  const shares = new Map<Part, number>();
  let left = Math.max(available, 0);
  for (const {part, rows} of demands) {
    const has = shares.get(part) ?? 0;
    const more = Math.min(Math.max(rows - has, 0), left);
    shares.set(part, has + more);
    left -= more;
  }
  return shares;
}
