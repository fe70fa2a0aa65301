// A graph of many tasks: a line for each layer of tasks that could run beside each other, which unfolds.

import type {ComponentChildren} from 'preact';
import {useContext, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {waves} from '../../plan/graph.ts';
import type {TaskId} from '../../plan/plan.ts';
import type {ReportedTask} from '../../reports/morning/report-shape.ts';
import {Counts, Shares} from '../counts.tsx';
import {StateIcon} from '../state-icon.tsx';
import {TaskPage} from '../task-name.tsx';
import {shown} from '../text.ts';
import {type Pointed, relationOf} from './reach.ts';

interface Props {
  tasks: readonly ReportedTask[];
  critical: ReadonlySet<TaskId>;
  wordOf(task: ReportedTask): string;
  pointed: Pointed | undefined;
  point(id: TaskId | undefined): void;
  hint: ComponentChildren;
}

export function Folded({tasks, critical, wordOf, pointed, point, hint}: Props) {
  const layers = useMemo(() => layersOf(tasks), [tasks]);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [canFold, setCanFold] = useState(false);
  useEffect(() => setCanFold(true), []);
  const fold = (layer: number, isOpen: boolean) =>
    setOpen(before => {
      const after = new Set(before);
      if (isOpen) after.add(layer);
      else after.delete(layer);
      return after;
    });
  return (
    <div class={pointed ? 'layers pointing' : 'layers'}>
      <div class="tools">
        {hint}
        {canFold && (
          <span class="zoom">
            <button type="button" onClick={() => setOpen(new Set(layers.keys()))}>
              unfold all
            </button>
            <button type="button" onClick={() => setOpen(new Set())}>
              fold all
            </button>
          </span>
        )}
      </div>
      {layers.map((layer, index) => (
        <details
          key={String(index)}
          class="layer"
          open={open.has(index)}
          onToggle={event => fold(index, event.currentTarget.open)}
        >
          <summary>
            <Summary index={index} layer={layer} critical={critical} pointed={pointed} />
          </summary>
          {open.has(index) && (
            <Chips layer={layer} critical={critical} wordOf={wordOf} pointed={pointed} point={point} />
          )}
        </details>
      ))}
    </div>
  );
}

/** Each a list in the order of the plan. */
function layersOf(tasks: readonly ReportedTask[]): ReportedTask[][] {
  const waveOf = waves(tasks);
  const layers: ReportedTask[][] = [];
  for (const task of tasks) {
    const index = (waveOf.get(task.id) ?? 1) - 1;
    layers[index] ??= [];
    layers[index].push(task);
  }
  return layers;
}

function Summary({
  index,
  layer,
  critical,
  pointed,
}: Pick<Props, 'critical' | 'pointed'> & {index: number; layer: ReportedTask[]}) {
  const held = pointed ? layer.filter(({id}) => pointed.reach.after.has(id)).length : 0;
  return (
    <>
      <b>layer {index + 1}</b>
      <Counts tasks={layer}>
        {layer.some(({id}) => critical.has(id)) && <span class="critical-word">critical path</span>}
        {held > 0 && <span class="held">{held} held up</span>}
      </Counts>
      <Shares tasks={layer} height={8} />
    </>
  );
}

function Chips({layer, critical, wordOf, pointed, point}: Omit<Props, 'tasks' | 'hint'> & {layer: ReportedTask[]}) {
  const page = useContext(TaskPage);
  const list = useRef<HTMLUListElement>(null);
  const [stop, setStop] = useState(0);
  const move = (event: KeyboardEvent) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const next = list.current?.querySelectorAll<HTMLElement>('a')[stop + (step ?? 0)];
    if (step === undefined || !next) return;
    event.preventDefault();
    setStop(stop + step);
    next.focus();
  };
  return (
    <ul
      ref={list}
      class="chips"
      onKeyDown={move}
      onPointerOver={event => point(idOf(event.target))}
      onPointerLeave={() => point(undefined)}
      onFocusIn={event => point(idOf(event.target))}
      onFocusOut={() => point(undefined)}
    >
      {layer.map((task, index) => (
        <li key={task.id}>
          <a
            href={page(task.id)}
            data-task={task.id}
            tabIndex={index === stop ? 0 : -1}
            class={['chip', task.status, critical.has(task.id) && 'critical', relationOf(pointed, task.id)]
              .filter(Boolean)
              .join(' ')}
            title={shown(`${task.title} (${wordOf(task)})`)}
          >
            <StateIcon status={task.status} /> {shown(task.id)}
            <span class="unseen"> {wordOf(task)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function idOf(target: EventTarget | null): TaskId | undefined {
  return (target as Element | null)?.closest<HTMLElement>('[data-task]')?.dataset.task;
}
