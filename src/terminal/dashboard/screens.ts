// What the dashboard shows in place of the overview: an output, the approvals, the keys.

import type {TaskId} from '../../plan/plan.ts';
import type {Paint} from '../paint.ts';
import {cutTo, pad} from '../width.ts';
import {joinWrapped, wrapped} from '../wrap.ts';
import type {DashboardModel} from './model.ts';
import type {Ui} from './ui.ts';

export interface Size {
  columns: number;
  rows: number;
}

/** The end of what an attempt printed. */
export interface TaskOutput {
  task: TaskId;
  attempt: number;
  /** Printable; line breaks and tabs are left in it. */
  text: string;
}

/** What only some screens show, and whoever draws them has to read. */
export interface Shown {
  output?: TaskOutput | undefined;
  /** What is said of the keys `q` and `Ctrl-C` depends on who executes. */
  isOwner: boolean;
}

/** At most `rows` lines. */
export function screenLines(model: DashboardModel, ui: Ui, size: Size, shown: Shown, paint: Paint): string[] {
  switch (ui.screen) {
    case 'output':
      return outputLines(ui, size, shown.output, paint);
    case 'approvals':
      return approvalLines(model, size, paint);
    default:
      return helpLines(shown.isOwner, size, paint);
  }
}

function outputLines({selected = ''}: Ui, {columns, rows}: Size, output: Shown['output'], paint: Paint): string[] {
  const isThere = output?.task === selected && output.text.trim() !== '';
  const name = `output of ${selected}${isThere ? `, attempt ${output.attempt}` : ''}`;
  const heading = paint.bold(cutTo(name, columns));
  if (!isThere) return [heading, cutTo('  nothing was printed yet', columns)].slice(0, rows);
  // Only what can be on the screen is worth wrapping.
  const last = output.text.trimEnd().split('\n').slice(-rows);
  const lines = last.flatMap(line => wrapped(line.replaceAll('\t', '    '), columns));
  return [heading, ...lines.slice(-Math.max(rows - 1, 1))].slice(0, rows);
}

function approvalLines({approvals}: DashboardModel, {columns, rows}: Size, paint: Paint): string[] {
  if (approvals.length === 0) return [cutTo('nothing waits for an approval', columns)];
  const fit = Math.min(Math.max(Math.floor((rows - 1) / 2), 0), approvals.length);
  const heading = fit < approvals.length ? `approvals (${fit} of ${approvals.length})` : 'approvals';
  // What to type for each comes before what is known of any.
  let left = rows - 1 - 2 * fit;
  const entries = approvals.slice(0, fit).flatMap(({task_id, transition, command, details}) => {
    const known = details.flatMap(text => wrapped(text, Math.max(columns - 4, 1))).slice(0, Math.max(left, 0));
    left -= known.length;
    return [
      cutTo(`  ${task_id}: ${transition}`, columns),
      ...known.map(text => cutTo(`    ${text}`, columns)),
      paint.cyan(cutTo(`  ${command}`, columns)),
    ];
  });
  return [paint.yellow(cutTo(heading, columns)), ...entries].slice(0, rows);
}

function helpLines(isOwner: boolean, {columns, rows}: Size, paint: Paint): string[] {
  const keys = [
    ['q', isOwner ? 'leave; the execution goes on in the background' : 'leave; nothing else changes'],
    ['p', 'pause: what runs is finished, nothing more is started'],
    ['↑ ↓', 'choose a task; PgUp, PgDn, Home and End as well'],
    ['f', 'follow what runs'],
    ['/', 'find a task by its id, title or state; Enter when it is found'],
    ['o, Enter', 'show the output of the chosen task'],
    ['a', 'show what waits for an approval'],
    ['Esc', 'back to the overview'],
    ['Ctrl-C', isOwner ? 'stop and save; twice within 5 s: at once, and it can be resumed all the same' : 'leave'],
  ] as const;
  const marks = ['▶ running', '◆ between phases', '✔ done', '✘ failed', '■ blocked', '↷ skipped', '· pending'];
  const lines = [
    paint.bold(cutTo('keys', columns)),
    ...keys.flatMap(([key, does]) =>
      wrapped(does, Math.max(columns - 12, 1)).map((text, index) =>
        cutTo(`  ${pad(index === 0 ? key : '', 10)}${text}`, columns),
      ),
    ),
    '',
    paint.bold(cutTo('marks', columns)),
    ...joinWrapped(marks, '  ', Math.max(columns - 2, 1)).map(text => cutTo(`  ${text}`, columns)),
  ];
  return lines.slice(0, rows);
}
