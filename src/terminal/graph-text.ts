import type {GraphReport} from '../reports/graph.ts';
import type {Paint} from './paint.ts';
import {printable} from './printable.ts';
import {paintStatus, STATUS_MARKS} from './status-mark.ts';
import {cutTo, pad, textWidth} from './width.ts';
import {wrapped} from './wrap.ts';

const COLUMNS = 80;

/** A graph as waves, each task with what it waits for. */
export function graphText({id, title, tasks, waves, critical_path: path}: GraphReport, paint: Paint): string {
  const byId = new Map(tasks.map(task => [task.id, task]));
  const name = printable(title === id ? id : `${id}: ${title}`);
  const size = `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} in ${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}`;
  const sections = waves.map((ids, index) => [
    paint.bold(`wave ${index + 1}`),
    ...ids.flatMap(task => taskLines(byId.get(task) as GraphReport['tasks'][number], widest(ids), paint)),
  ]);
  const critical = path.length > 1 ? wrapped(`critical path: ${path.join(' -> ')}`, COLUMNS) : [];
  return `${[[paint.bold(cutTo(name, COLUMNS)), size], ...sections, critical]
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}

function widest(ids: readonly string[]): number {
  return Math.min(Math.max(...ids.map(id => id.length)), 24);
}

/** One line when all of it fits, else what it waits for goes below. */
function taskLines(
  {id, title, status, dependencies}: GraphReport['tasks'][number],
  idWidth: number,
  paint: Paint,
): string[] {
  const text = cutTo(`${pad(id, idWidth)}  ${title === id ? '' : printable(title)}`.trimEnd(), COLUMNS - 4);
  const start = `  ${paintStatus(status, STATUS_MARKS[status], paint)} `;
  if (dependencies.length === 0) return [start + text];
  const after = `<- ${dependencies.join(', ')}`;
  if (textWidth(text) + 2 + after.length <= COLUMNS - 4) return [`${start}${text}  ${paint.dim(after)}`];
  return [start + text, ...wrapped(after, COLUMNS - 6).map(line => `      ${paint.dim(line)}`)];
}
