// Which task waits for which: columns of tasks that could run beside each other, what the whole takes longest for in bold.

import {useContext} from 'preact/hooks';
import {waves} from '../plan/graph.ts';
import type {MorningReport, ReportedTask} from '../reports/morning/report-shape.ts';
import {TaskPage} from './task-name.tsx';
import {shown} from './text.ts';
import {Wide} from './wide.tsx';

const COLUMN = 190;
const NODE_WIDTH = 150;
const NODE_HEIGHT = 34;
const ROW = 46;
/** Tasks that are drawn; who has more asks for the part that he wants. */
const MOST = 200;
const LONGEST_ID = 18;

const MARKS: Record<ReportedTask['status'], string> = {
  pending: '○',
  in_progress: '▶',
  kiro_managed: '▶',
  completed: '✔',
  failed: '✘',
  blocked: '■',
  skipped: '–',
};

export function Graph({report: {tasks, critical_path: path, milestone}}: {report: MorningReport}) {
  const isLinked = useContext(TaskPage) !== undefined;
  if (tasks.length > MOST)
    return (
      <section>
        <h2>Dependencies</h2>
        <p>{tasks.length} tasks are too many to draw</p>
        <pre>{shown(`milestone graph ${milestone.id} --format mermaid`)}</pre>
      </section>
    );
  const places = positionsOf(tasks);
  const columns = Math.max(0, ...[...places.values()].map(({column}) => column + 1));
  const rows = Math.max(0, ...[...places.values()].map(({row}) => row + 1));
  const [width, height] = [columns * COLUMN - (COLUMN - NODE_WIDTH) + 4, rows * ROW];
  const critical = new Set(path.slice(1).map((id, index) => `${path[index]} ${id}`));
  return (
    <section>
      <h2>Dependencies</h2>
      <Wide name="Dependencies, drawn">
        <svg
          class="graph"
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role={isLinked ? 'group' : 'img'}
          aria-label="Which task waits for which; the table below says the same"
        >
          {tasks.flatMap(({id, dependencies}) =>
            dependencies.map(of => (
              <Edge
                key={`${of} ${id}`}
                from={places.get(of)}
                to={places.get(id)}
                isCritical={critical.has(`${of} ${id}`)}
              />
            )),
          )}
          {tasks.map(task => (
            <Node key={task.id} task={task} place={places.get(task.id)} isCritical={path.includes(task.id)} />
          ))}
        </svg>
      </Wide>
    </section>
  );
}

interface Position {
  column: number;
  row: number;
}

function positionsOf(tasks: readonly ReportedTask[]): Map<string, Position> {
  const waveOf = waves(tasks);
  const filled: number[] = [];
  return new Map(
    tasks.map(({id}) => {
      const column = (waveOf.get(id) ?? 1) - 1;
      const row = filled[column] ?? 0;
      filled[column] = row + 1;
      return [id, {column, row}];
    }),
  );
}

function Edge({from, to, isCritical}: {from: Position | undefined; to: Position | undefined; isCritical: boolean}) {
  if (!from || !to) return null;
  const [x1, y1] = [from.column * COLUMN + NODE_WIDTH, from.row * ROW + NODE_HEIGHT / 2];
  const [x2, y2] = [to.column * COLUMN, to.row * ROW + NODE_HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return (
    <path
      d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`}
      class={isCritical ? 'edge critical' : 'edge'}
    />
  );
}

function Node({task, place, isCritical}: {task: ReportedTask; place: Position | undefined; isCritical: boolean}) {
  const page = useContext(TaskPage);
  if (!place) return null;
  const {id, title, status} = task;
  const [x, y] = [place.column * COLUMN + 1, place.row * ROW + 1];
  const short = id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID - 1)}…` : id;
  const node = (
    <g class={`node ${status}${isCritical ? ' critical' : ''}`}>
      <title>{shown(`${id}: ${title} (${status})`)}</title>
      <rect x={x} y={y} width={NODE_WIDTH - 2} height={NODE_HEIGHT - 2} rx="5" />
      <text x={x + 8} y={y + 20}>
        {MARKS[status]} {shown(short)}
      </text>
    </g>
  );
  return page ? <a href={page(id)}>{node}</a> : node;
}
