// A drawing that is enlarged and moved about: by buttons, by keys (+, -, 0; arrows move it), by the wheel with a
// modifier, and by dragging. What it shows scrolls like everything else, so touch and screen magnifiers just work.

import type {ComponentChildren, RefObject} from 'preact';
import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';

const STEP = 1.5;
/** Pixels of a wheel for one step. */
const WHEEL_STEP = 120;

interface Props {
  name: string;
  /** Smallest and largest factor. */
  least: number;
  most: number;
  /** It may be higher than a screen. */
  tall?: boolean;
  /** Beside the buttons. */
  legend?: ComponentChildren;
  /** Pixels at its left edge that stay there. */
  fixed?: number;
  /** @param from `to` as well: what of it has to be drawn, in shares of the whole width. */
  children(zoom: number, from: number, to: number): ComponentChildren;
}

interface View {
  zoom: number;
  /** What stays where it is, in pixels from the left and upper edge of what is in sight. */
  anchor?: {x: number; y: number};
}

export function Zoomed({name, least, most, tall = false, fixed = 0, legend, children}: Props) {
  const frame = useRef<HTMLElement>(null);
  const {zoom, zoomTo} = useZoom(frame, {least, most, fixed});
  const {sight, measure} = useSight(frame, fixed);
  const [canZoom, setCanZoom] = useState(false);
  useEffect(() => setCanZoom(true), []);
  useLayoutEffect(measure, [zoom]);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = KEYS[event.key];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    zoomTo(next);
  };
  return (
    <div class="zoomed">
      <div class="tools">
        {legend}
        {canZoom && <Buttons name={name} zoom={zoom} zoomTo={zoomTo} least={least} most={most} />}
      </div>
      <section
        ref={frame}
        class={tall ? 'wide tall' : 'wide'}
        aria-label={name}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={measure}
        onPointerDown={drag}
        onDragStart={event => event.preventDefault()}
      >
        {children(zoom, sight.from, sight.to)}
      </section>
    </div>
  );
}

type Next = (zoom: number) => number;

const LARGER: Next = zoom => zoom * STEP;
const SMALLER: Next = zoom => zoom / STEP;
const AS_IT_WAS: Next = () => 1;

const KEYS: Record<string, Next> = {'+': LARGER, '=': LARGER, '-': SMALLER, '0': AS_IT_WAS};

interface ButtonsProps extends Pick<Props, 'name' | 'least' | 'most'> {
  zoom: number;
  zoomTo(next: Next): void;
}

function Buttons({name, zoom, zoomTo, least, most}: ButtonsProps) {
  const percent = `${Math.round(zoom * 100)} %`;
  return (
    <span class="zoom">
      <Button name={`${name}: smaller`} text="−" act={() => zoomTo(SMALLER)} isOff={zoom <= least} />
      <Button name={`${percent}, ${name}: as it was`} text={percent} act={() => zoomTo(AS_IT_WAS)} isOff={zoom === 1} />
      <Button name={`${name}: larger`} text="+" act={() => zoomTo(LARGER)} isOff={zoom >= most} />
    </span>
  );
}

type Frame = RefObject<HTMLElement | null>;

/** How large it is drawn; where it is enlarged, what is looked at stays where it is. */
function useZoom(
  frame: Frame,
  {least, most, fixed}: {least: number; most: number; fixed: number},
): {zoom: number; zoomTo(next: Next, at?: View['anchor']): void} {
  const [{zoom, anchor}, setView] = useState<View>({zoom: 1});
  const size = useRef({width: 0, height: 0});
  const zoomTo = (next: Next, at?: View['anchor']) =>
    setView(({zoom}) => {
      const middle = {x: (frame.current?.clientWidth ?? 0) / 2, y: 0};
      return {zoom: Math.min(Math.max(next(zoom), least), most), anchor: at ?? middle};
    });

  useEffect(() => {
    const element = frame.current as HTMLElement;
    // Not by an attribute: that one could not keep the page from being enlarged.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) return;
      event.preventDefault();
      const {left, top} = element.getBoundingClientRect();
      zoomTo(zoom => zoom * STEP ** (-event.deltaY / WHEEL_STEP), {x: event.clientX - left, y: event.clientY - top});
    };
    element.addEventListener('wheel', wheel, {passive: false});
    return () => element.removeEventListener('wheel', wheel);
  }, []);

  useLayoutEffect(() => {
    const element = frame.current as HTMLElement;
    const {width, height} = size.current;
    if (anchor && width > 0) {
      const [wider, higher] = [(element.scrollWidth - fixed) / (width - fixed), element.scrollHeight / height];
      element.scrollLeft = (element.scrollLeft + anchor.x - fixed) * wider + fixed - anchor.x;
      element.scrollTop = (element.scrollTop + anchor.y) * higher - anchor.y;
    }
    size.current = {width: element.scrollWidth, height: element.scrollHeight};
  }, [zoom]);
  return {zoom, zoomTo};
}

/** What of it is in sight, and somewhat more, in shares of the whole width. */
function useSight(frame: Frame, fixed: number) {
  const [sight, setSight] = useState({from: 0, to: 1});
  const measure = () => {
    const {scrollLeft, scrollWidth, clientWidth} = frame.current as HTMLElement;
    const [from, to] = [scrollLeft, scrollLeft + clientWidth - fixed].map(x => x / (scrollWidth - fixed));
    setSight(sight => widened(sight, from as number, to as number));
  };
  return {sight, measure};
}

/** The same as long as what is in sight is drawn; a screen more at both sides, else. */
function widened(sight: {from: number; to: number}, from: number, to: number): {from: number; to: number} {
  const screen = to - from;
  if (sight.from <= Math.max(from, 0) && sight.to >= Math.min(to, 1) && sight.to - sight.from <= 5 * screen)
    return sight;
  return {from: Math.max(from - screen, 0), to: Math.min(to + screen, 1)};
}

function Button({name, text, act, isOff}: {name: string; text: string; act(): void; isOff: boolean}) {
  return (
    <button type="button" aria-label={name} aria-disabled={isOff} onClick={() => isOff || act()}>
      {text}
    </button>
  );
}

/** Pixels after which it is no click. */
const SLACK = 4;

/** With a mouse; a finger moves it anyway. */
function drag(event: PointerEvent): void {
  const frame = event.currentTarget as HTMLElement;
  if (event.pointerType !== 'mouse' || event.button !== 0) return;
  const [left, top] = [frame.scrollLeft + event.clientX, frame.scrollTop + event.clientY];
  let isDragged = false;
  const move = ({clientX, clientY}: PointerEvent) => {
    if (!isDragged && Math.hypot(clientX - event.clientX, clientY - event.clientY) < SLACK) return;
    isDragged = true;
    frame.classList.add('dragged');
    frame.scrollTo(left - clientX, top - clientY);
  };
  const end = () => {
    window.removeEventListener('pointermove', move);
    frame.classList.remove('dragged');
    // What is let go over a link was not meant for it.
    if (!isDragged) return;
    const stop = (click: Event) => click.preventDefault();
    frame.addEventListener('click', stop, {capture: true});
    window.setTimeout(() => frame.removeEventListener('click', stop, {capture: true}));
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', end, {once: true});
  window.addEventListener('pointercancel', end, {once: true});
}
