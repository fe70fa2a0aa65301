import {ageOf} from '../amounts.ts';
import type {Paint} from '../paint.ts';
import {paintStatus, STATUS_MARKS} from '../status-mark.ts';
import {cutTo, pad, textWidth} from '../width.ts';
import type {TaskRow} from './model.ts';

/** Columns of each cell; 0: there is no room for it. */
interface Widths {
  id: number;
  title: number;
  state: number;
  driver: number;
  quiet: number;
}

/** Before the id: what is selected, the mark, and a space. */
const LEAD = 3;
const STATE_WIDTH = 20;
const QUIET_WIDTH = 8;
const WIDEST_ID = 24;
const WIDEST_DRIVER = 10;
/** The same with a worker. */
const WIDEST_PLACE = 28;
const LEAST_TITLE = 10;

/** A heading and a line for each task, windowed round what is selected or runs; never more than `rows` lines. */
export function taskTable(
  tasks: readonly TaskRow[],
  selected: string | undefined,
  size: {columns: number; rows: number},
  paint: Paint,
): string[] {
  const {columns, rows} = size;
  if (rows < 2 || tasks.length === 0) return [];
  const widths = widthsFor(tasks, columns);
  const {start, end} = windowOf(tasks.length, rows - 1, focusOf(tasks, selected));
  const lines = [
    paint.bold(heading(widths, columns)),
    ...hidden('▲', 'above', tasks.slice(0, start), columns, paint),
    ...tasks.slice(start, end).map(task => taskLine(task, task.id === selected, widths, columns, paint)),
    ...hidden('▼', 'below', tasks.slice(end), columns, paint),
  ];
  return lines.slice(0, rows);
}

function focusOf(tasks: readonly TaskRow[], selected: string | undefined): number[] {
  const indexes = (is: (task: TaskRow) => boolean) => tasks.flatMap((task, index) => (is(task) ? index : []));
  const candidates = [
    () => indexes(({id}) => id === selected),
    () => indexes(({status}) => status === 'in_progress'),
    () => indexes(({status}) => status === 'failed' || status === 'blocked'),
    () => indexes(({status}) => status === 'pending').slice(0, 1),
  ];
  for (const candidate of candidates) {
    const found = candidate();
    if (found.length > 0) return found;
  }
  return [0];
}

/** What is told least gives way first where the terminal is narrow. */
function widthsFor(tasks: readonly TaskRow[], columns: number): Widths {
  const widest = (of: (task: TaskRow) => string, least: number) =>
    tasks.reduce((most, task) => Math.max(most, textWidth(of(task))), least);
  const widths: Widths = {
    id: Math.min(
      widest(({id}) => id, 1),
      WIDEST_ID,
      Math.max(Math.floor(columns * 0.3), 6),
    ),
    title: 0,
    state: STATE_WIDTH,
    driver: Math.min(
      widest(workerText, 'driver'.length),
      tasks.some(({worker}) => worker !== undefined) ? WIDEST_PLACE : WIDEST_DRIVER,
    ),
    quiet: QUIET_WIDTH,
  };
  const left = () => columns - LEAD - cells(widths).reduce((sum, width) => sum + width + 1, -1);
  for (const cell of ['quiet', 'driver'] as const) if (left() - 1 < LEAST_TITLE) widths[cell] = 0;
  widths.title = Math.max(left() - 1, 0);
  return widths;
}

function cells({id, title, state, driver, quiet}: Widths): number[] {
  return [id, title, state, driver, quiet].filter(width => width > 0);
}

function heading(widths: Widths, columns: number): string {
  return cutTo(`tasks${joined(['', '', 'state', 'driver', 'seen'], widths).slice(2)}`.trimEnd(), columns);
}

function taskLine(task: TaskRow, isSelected: boolean, widths: Widths, columns: number, paint: Paint): string {
  const {id, title, state, age, quiet, status} = task;
  const seen = quiet === undefined ? '' : `${shortAge(quiet)} ago`;
  const said = age === undefined ? state : `${state} ${ageOf(age)}`;
  const text = `${isSelected ? '>' : ' '}${STATUS_MARKS[status]} ${joined([id, title, said, workerText(task), seen], widths)}`;
  return paintStatus(status, cutTo(text.trimEnd(), columns), paint);
}

/** Who does it, and where when that is another machine. */
function workerText({driver, worker}: TaskRow): string {
  return worker === undefined ? driver : `${driver} on ${worker}`;
}

function joined(texts: readonly string[], {id, title, state, driver, quiet}: Widths): string {
  return [id, title, state, driver, quiet]
    .flatMap((width, index) => (width > 0 ? pad(cutTo(texts[index]!, width), width) : []))
    .join(' ');
}

function hidden(mark: string, where: string, tasks: readonly TaskRow[], columns: number, paint: Paint): string[] {
  if (tasks.length === 0) return [];
  const running = tasks.filter(({status}) => status === 'in_progress').length;
  const also = running > 0 ? `, ${running} of them running` : '';
  return [paint.dim(cutTo(` ${mark} ${tasks.length} more ${where}${also}`, columns))];
}

/** In its largest unit alone. */
function shortAge(ms: number): string {
  return ageOf(ms).split(' ')[0] as string;
}

/** Entries from `start` up to but without `end`. */
export interface Window {
  start: number;
  end: number;
}

/**
 * The part of a list that `rows` rows have room for, with a row each for what lies above and below it.
 * @param focus Places of the entries that matter; as many of them as fit are in it, the first of them if in doubt.
 */
export function windowOf(entries: number, rows: number, focus: readonly number[]): Window {
  if (entries <= rows) return {start: 0, end: entries};
  // Both ends may need a row that says so.
  const size = Math.max(rows - 2, 0);
  const [from, to] = densest(focus, size);
  const middle = Math.floor((from + to + 1) / 2);
  const start = Math.min(Math.max(middle - Math.floor(size / 2), 0), entries - size);
  // At an edge there is one row less to say.
  if (start <= 1) return {start: 0, end: Math.max(rows - 1, 0)};
  if (start + size >= entries - 1) return {start: entries - Math.max(rows - 1, 0), end: entries};
  return {start, end: start + size};
}

/** First and last of the places that lie within `size` of each other and are the most. */
function densest(indexes: readonly number[], size: number): [number, number] {
  let best: [number, number] = [indexes[0] ?? 0, indexes[0] ?? 0];
  let most = 1;
  for (let first = 0, last = 0; last < indexes.length; last++) {
    while (indexes[last]! - indexes[first]! >= Math.max(size, 1)) first++;
    if (last - first + 1 <= most) continue;
    most = last - first + 1;
    best = [indexes[first]!, indexes[last]!];
  }
  return best;
}
