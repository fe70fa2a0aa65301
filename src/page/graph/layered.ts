// A graph laid out so that few edges cross: takes a second for two hundred tasks, so nobody waits for it.

import dagre from '@dagrejs/dagre';
import type {GraphTask} from '../../plan/graph.ts';
import {curve, edgesOf, entry, exit, extent, type Layout, MARGIN, NODE, type Point} from './layout.ts';

const SPACE = {nodesep: 14, edgesep: 10, ranksep: 56};

export function layered(tasks: readonly GraphTask[]): Layout {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({rankdir: 'LR', ranker: 'longest-path', ...SPACE});
  // Names that no key of an object has.
  const name = (id: string) => `task ${id}`;
  for (const {id} of tasks) graph.setNode(name(id), {...NODE});
  const edges = edgesOf(tasks);
  for (const {from, to} of edges) graph.setEdge(name(from), name(to), {});
  dagre.layout(graph);
  const positions: Layout['positions'] = {};
  for (const {id} of tasks) {
    const {x, y} = graph.node(name(id)) as Point;
    positions[id] = {x: MARGIN + x - NODE.width / 2, y: MARGIN + y - NODE.height / 2};
  }
  return {
    ...extent(Object.values(positions)),
    positions: positions,
    edges: edges.map(({from, to}) => {
      const {points} = graph.edge(name(from), name(to)) as {points: Point[]};
      const between = points.slice(1, -1).map(({x, y}) => ({x: MARGIN + x, y: MARGIN + y}));
      const isBent = between.length > 1;
      return {
        from,
        to,
        d: curve([exit(positions[from] as Point), ...(isBent ? between : []), entry(positions[to] as Point)]),
      };
    }),
  };
}
