// Where every task of a graph is drawn, in pixels. Pure.

import {type GraphTask, waves} from '../../plan/graph.ts';
import type {TaskId} from '../../plan/plan.ts';

export interface Layout {
  width: number;
  height: number;
  /** The upper left corners. */
  positions: Record<TaskId, Point>;
  edges: Edge[];
}

export interface Point {
  x: number;
  y: number;
}

export interface Edge {
  from: TaskId;
  to: TaskId;
  /** Path of an SVG. */
  d: string;
}

export const NODE = {width: 176, height: 44};
export const MARGIN = 4;
const COLUMN = NODE.width + 56;
const ROW = NODE.height + 14;

/** Columns of tasks that could run beside each other: worked out at once, whatever crosses whatever. */
export function columns(tasks: readonly GraphTask[]): Layout {
  const waveOf = waves(tasks);
  const filled: number[] = [];
  const positions: Layout['positions'] = {};
  for (const {id} of tasks) {
    const column = (waveOf.get(id) ?? 1) - 1;
    const row = filled[column] ?? 0;
    filled[column] = row + 1;
    positions[id] = {x: MARGIN + column * COLUMN, y: MARGIN + row * ROW};
  }
  const edges = edgesOf(tasks).map(({from, to}) => ({
    from,
    to,
    d: curve([exit(positions[from] as Point), entry(positions[to] as Point)]),
  }));
  return {...extent(Object.values(positions)), positions: positions, edges};
}

/** Those of tasks that are there. */
export function edgesOf(tasks: readonly GraphTask[]): Array<{from: TaskId; to: TaskId}> {
  const known = new Set(tasks.map(({id}) => id));
  return tasks.flatMap(({id, dependencies = []}) =>
    [...new Set(dependencies)].filter(of => known.has(of)).map(from => ({from, to: id})),
  );
}

/** The same of two graphs: they are laid out alike. */
export function structureOf(tasks: readonly GraphTask[]): string {
  return tasks.map(({id, dependencies = []}) => `${id}<${dependencies.join()}`).join(';');
}

/** From left to right through all points, level at each of them. */
export function curve(points: readonly Point[]): string {
  return points
    .map(({x, y}, place) => {
      const before = points[place - 1];
      if (!before) return `M${round(x)} ${round(y)}`;
      const middle = round((before.x + x) / 2);
      return `C${middle} ${round(before.y)} ${middle} ${round(y)} ${round(x)} ${round(y)}`;
    })
    .join('');
}

export function exit({x, y}: Point): Point {
  return {x: x + NODE.width, y: y + NODE.height / 2};
}

/** Before its arrow. */
export function entry({x, y}: Point): Point {
  return {x: x - ARROW, y: y + NODE.height / 2};
}

export const ARROW = 6;

export function extent(corners: readonly Point[]): {width: number; height: number} {
  const largest = (key: keyof Point) => corners.reduce((most, corner) => Math.max(most, corner[key]), 0);
  return {width: largest('x') + NODE.width + MARGIN, height: largest('y') + NODE.height + MARGIN};
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
