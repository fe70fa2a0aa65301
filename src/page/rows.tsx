// The rows of a long table. On a live page only those near what is in sight are there; in a file all of them are.

import {createContext, type VNode} from 'preact';
import {useContext, useEffect, useRef, useState} from 'preact/hooks';

const CHUNK = 50;
/** Pixels, until its rows have been seen. */
const ROW_HEIGHT = 34;
/** How far beyond the edges of the screen rows are there already. */
const AHEAD = '1500px 0px';

/** Whether all rows are there from the beginning. */
export const AllRows = createContext(false);

interface Props<T> {
  of: readonly T[];
  columns: number;
  children(one: T): VNode;
}

export function Rows<T>({of, columns, children}: Props<T>) {
  const chunks: T[][] = [];
  for (let from = 0; from < of.length; from += CHUNK) chunks.push(of.slice(from, from + CHUNK));
  return (
    <>
      {chunks.map((chunk, place) => (
        <Chunk key={String(place)} of={chunk} columns={columns} isFirst={place === 0}>
          {children}
        </Chunk>
      ))}
    </>
  );
}

function Chunk<T>({of, columns, children, isFirst}: Props<T> & {isFirst: boolean}) {
  const isWhole = useContext(AllRows);
  const body = useRef<HTMLTableSectionElement>(null);
  const height = useRef(of.length * ROW_HEIGHT);
  const [isNear, setNear] = useState(isFirst);
  const [isPrinted, setPrinted] = useState(false);
  useEffect(() => {
    if (isWhole) return;
    const element = body.current as HTMLTableSectionElement;
    const observer = new IntersectionObserver(
      entries => {
        const {isIntersecting, boundingClientRect} = entries.at(-1) as IntersectionObserverEntry;
        // What is hidden has no height.
        if (!isIntersecting && boundingClientRect.height > 0) height.current = boundingClientRect.height;
        setNear(isIntersecting);
      },
      {rootMargin: AHEAD},
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isWhole]);
  usePrinting(setPrinted);
  return (
    <tbody ref={body}>
      {isWhole || isNear || isPrinted ? (
        of.map(children)
      ) : (
        <tr class="later">
          <td colSpan={columns} height={height.current} />
        </tr>
      )}
    </tbody>
  );
}

/** On paper everything is in sight. */
function usePrinting(set: (isPrinted: boolean) => void): void {
  useEffect(() => {
    const [before, after] = [() => set(true), () => set(false)];
    window.addEventListener('beforeprint', before);
    window.addEventListener('afterprint', after);
    return () => {
      window.removeEventListener('beforeprint', before);
      window.removeEventListener('afterprint', after);
    };
  }, [set]);
}
