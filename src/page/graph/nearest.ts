// Where an arrow key leads in a drawn graph. Pure.

import type {TaskId} from '../../plan/plan.ts';
import type {Layout, Point} from './layout.ts';

/** Along an edge to the left and to the right, else within the column; undefined: that is no arrow, or nothing is there. */
export function nearest({positions, edges}: Layout, from: TaskId, key: string): TaskId | undefined {
  const here = positions[from];
  if (!here) return undefined;
  const distance = (id: TaskId) => Math.abs((positions[id] as Point).y - here.y);
  const closest = (ids: readonly TaskId[]) =>
    ids.reduce<TaskId | undefined>(
      (best, id) => (best === undefined || distance(id) < distance(best) ? id : best),
      undefined,
    );
  if (key === 'ArrowRight') return closest(edges.filter(edge => edge.from === from).map(({to}) => to));
  if (key === 'ArrowLeft') return closest(edges.filter(({to}) => to === from).map(edge => edge.from));
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined;
  const isBeyond = ({x, y}: Point) => x === here.x && (key === 'ArrowUp' ? y < here.y : y > here.y);
  return closest(Object.keys(positions).filter(id => isBeyond(positions[id] as Point)));
}
