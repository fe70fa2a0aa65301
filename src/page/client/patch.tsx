import {Scrolled} from '../scrolled.tsx';
import {shown} from '../text.ts';

/** Lines that are drawn of one. */
const MOST_LINES = 2_000;

/** Lines as git shows what has changed: told apart by their first character as well as by colour. */
export function Patch({name, lines, more}: {name: string; lines: readonly string[]; more: string}) {
  return (
    <>
      <Scrolled name={name} class="patch">
        <pre>
          {lines.slice(0, MOST_LINES).map((line, place) => (
            <span key={String(place)} class={kindOf(line)}>
              {shown(line)}
            </span>
          ))}
        </pre>
      </Scrolled>
      {lines.length > MOST_LINES && (
        <p>
          there are {lines.length - MOST_LINES} more lines: <code>{shown(more)}</code>
        </p>
      )}
    </>
  );
}

function kindOf(line: string): string {
  if (/^(?:diff|index|\+\+\+|---|new file|deleted file|old mode|new mode|similarity|Binary) /.test(line)) return 'file';
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+')) return 'add';
  return line.startsWith('-') ? 'del' : '';
}
