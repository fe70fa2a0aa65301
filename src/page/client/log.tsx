import Anser from 'anser';
import {useEffect, useLayoutEffect, useMemo, useRef, useState} from 'preact/hooks';
import {agentText} from '../agent-text.ts';
import {Scrolled} from '../scrolled.tsx';
import {shownLines} from '../text.ts';
import {
  EMPTY_WINDOW,
  extend,
  extendBack,
  type LogWindow,
  openWindow,
  type Range,
  STEP_BYTES,
  startOf,
} from './log-window.ts';

const REST_MS = 1_000;

interface Props {
  path: string;
  attempt: number;
  isRunning: boolean;
  /** It is printed by a coding agent. */
  isAgent: boolean;
}

/** What an attempt prints, as it prints it; of a large log the part that somebody reads. */
export function Log({path, attempt, isRunning, isAgent}: Props) {
  const [isRaw, setRaw] = useState(false);
  const isRead = isAgent && !isRaw;
  const {held, isAtEnd, failure, move} = useLog(path, isRunning);
  const box = useRef<HTMLElement>(null);
  const isFollowed = useRef(true);
  useLayoutEffect(() => {
    if (box.current && isAtEnd && isFollowed.current) box.current.scrollTop = box.current.scrollHeight;
  }, [held, isAtEnd]);
  const {pieces, unended, size} = held;
  const from = startOf(held);
  const to = held.next + new TextEncoder().encode(unended).length;
  if (size === 0)
    return <p class="soft">{failure ?? (isRunning ? 'it has printed nothing yet' : 'it printed nothing')}</p>;
  return (
    <>
      <p class="soft">
        {bytesText(size)}
        {(from > 0 || to < size) && `; shown is ${bytesText(from)} to ${bytesText(Math.min(to, size))}`}
        {isRunning && isAtEnd && '; what it prints appears here'}
      </p>
      {isAgent && (
        <p>
          <button type="button" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
            As it was printed
          </button>
        </p>
      )}
      {(from > 0 || !isAtEnd) && (
        <div class="moves">
          <Move name="first" where="start" isPossible={from > 0} move={move} />
          <Move name="earlier" where="back" isPossible={from > 0} move={move} />
          <Move name="later" where="on" isPossible={!isAtEnd} move={move} />
          <Move name="last" where="end" isPossible={!isAtEnd} move={move} />
        </div>
      )}
      <Scrolled
        box={box}
        class="log"
        name={`Output of attempt ${attempt}`}
        onScroll={({scrollTop, scrollHeight, clientHeight}) => {
          isFollowed.current = scrollTop + clientHeight > scrollHeight - 40;
        }}
      >
        <pre>
          {pieces.map(({from, text}) => (
            <Coloured key={from} text={text} isRead={isRead} />
          ))}
          {unended !== '' && <Coloured text={unended} isRead={isRead} />}
        </pre>
      </Scrolled>
    </>
  );
}

type Where = 'start' | 'back' | 'on' | 'end';

function Move({
  name,
  where,
  isPossible,
  move,
}: {
  name: string;
  where: Where;
  isPossible: boolean;
  move(where: Where): void;
}) {
  return (
    <button type="button" disabled={!isPossible} onClick={() => move(where)}>
      {name}
    </button>
  );
}

/** Colours become classes; whatever else would be obeyed by a terminal appears escaped. */
function Coloured({text, isRead}: {text: string; isRead: boolean}) {
  return useMemo(() => {
    const parts = Anser.ansiToJson(lines(isRead ? agentText(text) : text), {use_classes: true, remove_empty: true});
    return (
      <>
        {parts.map(({content, fg, decorations}, place) => (
          <span key={String(place)} class={[fg, ...decorations].filter(Boolean).join(' ')}>
            {shownLines(content)}
          </span>
        ))}
      </>
    );
  }, [text, isRead]);
}

/** What a terminal would write over is shown after one another: nothing of it is hidden. */
function lines(text: string): string {
  return text.replace(/\r+\n/g, '\n').replace(/\r/g, '\n');
}

interface ReadLog {
  held: LogWindow;
  /** What is added to the log appears. */
  isAtEnd: boolean;
  failure: string | undefined;
}

const CLOSED: ReadLog = {held: EMPTY_WINDOW, isAtEnd: true, failure: undefined};

function useLog(path: string, isRunning: boolean): ReadLog & {move(where: Where): void} {
  const [state, setState] = useState(CLOSED);
  const reader = useRef<LogFollower>(undefined);
  useEffect(() => {
    const follower = new LogFollower(path, setState);
    reader.current = follower;
    setState(CLOSED);
    void follower.move('end');
    return () => follower.close();
  }, [path]);
  useEffect(() => {
    if (!isRunning) return;
    const timer = window.setInterval(() => document.hidden || void reader.current?.follow(), REST_MS);
    return () => {
      window.clearInterval(timer);
      // What was printed last.
      void reader.current?.follow();
    };
  }, [path, isRunning]);
  return {...state, move: where => void reader.current?.move(where)};
}

/** Reads one range after the other, and says what it holds. */
class LogFollower {
  #held = EMPTY_WINDOW;
  #isAtEnd = true;
  #isOver = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly path: string,
    readonly show: (state: ReadLog) => void,
  ) {}

  close(): void {
    this.#isOver = true;
  }

  move(where: Where): Promise<unknown> {
    return this.#next(async () => {
      await this.#step(where);
      const {next, unended, size} = this.#held;
      this.#isAtEnd = where === 'end' || (where !== 'back' && next + unended.length >= size);
    });
  }

  /** Read what was added, where the end is shown. */
  follow(): Promise<unknown> {
    return this.#next(async () => {
      for (let isMore = this.#isAtEnd; isMore; ) isMore = await this.#step('on');
    });
  }

  #step(where: Where): Promise<boolean> {
    const held = this.#held;
    switch (where) {
      case 'start':
        return this.#take(0, openWindow);
      case 'end':
        return this.#take(-STEP_BYTES, openWindow);
      case 'back':
        return this.#take(Math.max(startOf(held) - STEP_BYTES, 0), range => extendBack(held, range));
      case 'on':
        return this.#take(held.next, range => extend(held, range));
      default:
        return where satisfies never;
    }
  }

  /** @returns Whether there is more behind it. */
  async #take(from: number, use: (range: Range) => LogWindow): Promise<boolean> {
    const range = await readRange(this.path, from);
    if (typeof range === 'string') {
      this.#show(range);
      return false;
    }
    const before = this.#held.next;
    this.#held = use(range);
    return this.#held.next > before && range.from + range.bytes.length < range.size;
  }

  #next(what: () => Promise<void>): Promise<unknown> {
    this.#last = this.#last.then(async () => {
      if (this.#isOver) return;
      await what();
      this.#show();
    });
    return this.#last;
  }

  #show(failure?: string): void {
    if (!this.#isOver) this.show({held: this.#held, isAtEnd: this.#isAtEnd, failure});
  }
}

/** @returns What went wrong, in words. */
async function readRange(path: string, from: number): Promise<Range | string> {
  try {
    const response = await fetch(`${path}?from=${from}`);
    if (!response.ok) return response.status === 404 ? 'it printed nothing' : 'its output cannot be read';
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {from: Number(response.headers.get('Log-From')), size: Number(response.headers.get('Log-Size')), bytes};
  } catch {
    return 'the server cannot be reached';
  }
}

function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [unit, size] =
    bytes < 1_024 ** 2 ? ['KiB', 1_024] : bytes < 1_024 ** 3 ? ['MiB', 1_024 ** 2] : ['GiB', 1_024 ** 3];
  return `${(bytes / size).toFixed(1)} ${unit}`;
}
