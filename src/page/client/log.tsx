import Anser from 'anser';
import {useEffect, useState} from 'preact/hooks';
import {shownLines} from '../text.ts';

/** Of a log that may be larger than all memory the end is shown, in bytes of one answer and in characters. */
const FIRST_BYTES = 128 * 1024;
const MOST_CHARACTERS = 256 * 1024;
const REST_MS = 1_000;

interface Props {
  path: string;
  attempt: number;
  isRunning: boolean;
}

interface Read {
  text: string;
  /** Bytes before what is shown. */
  before: number;
}

/** What an attempt prints, as it prints it. */
export function Log({path, attempt, isRunning}: Props) {
  const {text, before} = useLog(path, isRunning);
  if (text === '') return null;
  return (
    <section>
      <h2>Output of attempt {attempt}</h2>
      {before > 0 && <p>its end; {before} bytes before it are not shown</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached */}
      <pre class="log" tabIndex={0}>
        <Coloured text={text} />
      </pre>
    </section>
  );
}

/** Colours become classes; whatever else would be obeyed by a terminal appears escaped. */
function Coloured({text}: {text: string}) {
  return Anser.ansiToJson(text, {use_classes: true, remove_empty: true}).map(({content, fg, decorations}, place) => (
    <span key={String(place)} class={[fg, ...decorations].filter(Boolean).join(' ')}>
      {shownLines(content)}
    </span>
  ));
}

/** The end of a log, and what is added to it. */
function useLog(path: string, isRunning: boolean): Read {
  const [read, setRead] = useState<Read>({text: '', before: 0});
  useEffect(() => {
    const decoder = new TextDecoder();
    let next = -FIRST_BYTES;
    let timer: number | undefined;
    let isOver = false;
    setRead({text: '', before: 0});
    const readOn = async () => {
      const response = await fetch(`${path}?from=${next}`).catch(() => undefined);
      if (response?.ok) {
        const bytes = await response.arrayBuffer();
        const from = Number(response.headers.get('Log-From'));
        const isFirst = next < 0;
        next = from + bytes.byteLength;
        const text = decoder.decode(bytes, {stream: true});
        if (!isOver && text !== '')
          setRead(read => bounded({text: read.text + text, before: isFirst ? from : read.before}));
        if (next < Number(response.headers.get('Log-Size')) && !isOver) return readOn();
      }
      if (isRunning && !isOver) timer = window.setTimeout(readOn, REST_MS);
    };
    void readOn();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [path, isRunning]);
  return read;
}

function bounded({text, before}: Read): Read {
  if (text.length <= MOST_CHARACTERS) return {text, before};
  const cut = text.indexOf('\n', text.length - MOST_CHARACTERS) + 1 || text.length - MOST_CHARACTERS;
  return {text: text.slice(cut), before: before + new TextEncoder().encode(text.slice(0, cut)).length};
}
