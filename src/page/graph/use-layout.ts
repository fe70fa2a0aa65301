import {createContext} from 'preact';
import {useContext, useEffect, useMemo, useState} from 'preact/hooks';
import type {GraphTask} from '../../plan/graph.ts';
import {columns, type Layout, structureOf} from './layout.ts';

export interface Layouts {
  /** One that is there already, and the structure that it is of. */
  given?: {structure: string; layout: Layout} | undefined;
  /** Works another one out, elsewhere. */
  ask?(tasks: readonly GraphTask[]): Promise<Layout>;
}

export const GraphLayouts = createContext<Layouts>({});

/** The best that there is of a graph: in columns, until somebody has worked out a better one. */
export function useLayout(tasks: readonly GraphTask[]): Layout {
  const {given, ask} = useContext(GraphLayouts);
  const structure = structureOf(tasks);
  const [better, setBetter] = useState(given);
  const simple = useMemo(() => columns(tasks), [structure]);
  useEffect(() => {
    if (better?.structure === structure || !ask) return;
    let isOver = false;
    ask(tasks).then(
      layout => isOver || setBetter({structure, layout}),
      () => {}, // The simple one stays.
    );
    return () => {
      isOver = true;
    };
  }, [structure]);
  return better?.structure === structure ? better.layout : simple;
}
