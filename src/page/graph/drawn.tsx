// A graph as a drawing. One stop for the keyboard: arrows go along the edges and up and down its columns.

import type {ComponentChildren} from 'preact';
import {useContext, useMemo, useRef, useState} from 'preact/hooks';
import type {TaskId} from '../../plan/plan.ts';
import type {ReportedTask} from '../../reports/morning/report-shape.ts';
import {StateIcon} from '../state-icon.tsx';
import {TaskPage} from '../task-name.tsx';
import {shown} from '../text.ts';
import {Zoomed} from '../zoomed.tsx';
import {ARROW, type Edge, type Layout, NODE, type Point} from './layout.ts';
import {nearest} from './nearest.ts';
import {type Pointed, relationOf} from './reach.ts';
import {useLayout} from './use-layout.ts';

interface Props {
  tasks: readonly ReportedTask[];
  /** Along the critical path, `from to`. */
  criticalEdges: ReadonlySet<string>;
  critical: ReadonlySet<TaskId>;
  wordOf(task: ReportedTask): string;
  /** Of what is pointed at. */
  pointed: Pointed | undefined;
  point(id: TaskId | undefined): void;
  hint: ComponentChildren;
}

export function Drawn({tasks, criticalEdges, critical, wordOf, pointed, point, hint}: Props) {
  const layout = useLayout(tasks);
  const {drawing, stop, move} = useArrows(layout, tasks[0]?.id);
  const statusOf = useMemo(() => new Map(tasks.map(({id, status}) => [id, status])), [tasks]);
  const relation = (id: TaskId) => relationOf(pointed, id);
  return (
    <Zoomed name="Dependencies, drawn" least={0.25} most={2} tall legend={hint}>
      {zoom => (
        <svg
          ref={drawing}
          class={pointed ? 'graph pointing' : 'graph'}
          width={Math.round(layout.width * zoom)}
          height={Math.round(layout.height * zoom)}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          aria-label="Which task waits for which; the table below says the same"
          onKeyDown={move}
          onPointerOver={event => point(idOf(event.target))}
          onPointerLeave={() => point(undefined)}
          onFocusIn={event => point(idOf(event.target))}
          onFocusOut={() => point(undefined)}
        >
          {layout.edges.map(edge => (
            <Line
              key={`${edge.from} ${edge.to}`}
              edge={edge}
              at={layout.positions[edge.to]}
              kind={[
                criticalEdges.has(`${edge.from} ${edge.to}`) && 'critical',
                isOpen(statusOf.get(edge.from)) && 'open',
                relation(edge.from) !== '' && relation(edge.to) !== '' && 'related',
              ]}
            />
          ))}
          {tasks.map(task => (
            <Node
              key={task.id}
              task={task}
              at={layout.positions[task.id]}
              word={wordOf(task)}
              kind={[task.status, critical.has(task.id) && 'critical', relation(task.id)]}
              isStop={task.id === stop}
            />
          ))}
        </svg>
      )}
    </Zoomed>
  );
}

/** One stop for the keyboard, which the arrows move. */
function useArrows(layout: Layout, first: TaskId | undefined) {
  const drawing = useRef<SVGSVGElement>(null);
  const [stop, setStop] = useState(first);
  const move = (event: KeyboardEvent) => {
    const from = idOf(event.target);
    const to = from && nearest(layout, from, event.key);
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    setStop(to);
    Array.from(drawing.current?.querySelectorAll<SVGElement>('.node') ?? [])
      .find(node => node.id === nodeId(to))
      ?.focus();
  };
  return {drawing, stop, move};
}

type Kind = ReadonlyArray<string | false>;

function classOf(name: string, kind: Kind): string {
  return [name, ...kind].filter(Boolean).join(' ');
}

/** What of it nobody waits for any more is drawn dashed. */
function isOpen(status: ReportedTask['status'] | undefined): boolean {
  return status !== 'completed' && status !== 'skipped';
}

function Line({edge: {d}, at, kind}: {edge: Edge; at: Point | undefined; kind: Kind}) {
  if (!at) return null;
  const [x, y] = [at.x, at.y + NODE.height / 2];
  return (
    <g class={classOf('edge', kind)}>
      <path d={d} />
      <path class="arrow" d={`M${x} ${y}l-${ARROW + 2} -4v8z`} />
    </g>
  );
}

const LONGEST_ID = 20;

interface NodeProps {
  task: ReportedTask;
  at: Point | undefined;
  word: string;
  kind: Kind;
  isStop: boolean;
}

function Node({task: {id, title, status}, at, word, kind, isStop}: NodeProps) {
  const page = useContext(TaskPage);
  if (!at) return null;
  const {x, y} = at;
  const short = id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID - 1)}…` : id;
  return (
    <a href={page(id)} tabIndex={isStop ? 0 : -1} id={nodeId(id)} class={classOf('node', kind)}>
      <title>{shown(`${id}: ${title} (${word})`)}</title>
      <rect x={x} y={y} width={NODE.width} height={NODE.height} rx="7" />
      <StateIcon status={status} at={{x: x + 11, y: y + 8}} />
      <text x={x + 32} y={y + 19} class="id">
        {shown(short)}
      </text>
      <text x={x + 32} y={y + 35} class="word">
        {shown(word)}
      </text>
    </a>
  );
}

const NODE_ID = 'graph-';

function nodeId(id: TaskId): string {
  return NODE_ID + id;
}

function idOf(target: EventTarget | null): TaskId | undefined {
  const node = (target as Element | null)?.closest('.node');
  return node?.id.slice(NODE_ID.length);
}
