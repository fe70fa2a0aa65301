import {useEffect, useState} from 'preact/hooks';
import type {Diff as TaskDiff} from '../../reports/diff-shape.ts';
import {shown} from '../text.ts';
import {ask} from './api.ts';

/** Lines that are drawn. */
const MOST_LINES = 2_000;

/** What a task has changed. @param of Another one whenever that may be something else. */
export function Diff({path, of}: {path: string; of: string}) {
  const [diff, setDiff] = useState<TaskDiff | string>();
  useEffect(() => {
    ask<{diff: TaskDiff}>(path).then(
      ({diff}) => setDiff(diff),
      (error: Error) => setDiff(error.message),
    );
  }, [path, of]);
  if (diff === undefined) return null;
  if (typeof diff === 'string') return <p>{shown(diff)}</p>;
  const lines = diff.patch.split('\n');
  return (
    <section>
      <h2>Diff</h2>
      <ul>
        {diff.files.map(({path, added, deleted}) => (
          <li key={path}>
            <code>{shown(path)}</code> {added === null ? 'binary' : `+${added} −${deleted}`}
          </li>
        ))}
      </ul>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached */}
      <pre class="patch" tabIndex={0}>
        {lines.slice(0, MOST_LINES).map((line, place) => (
          <span key={String(place)} class={kindOf(line)}>
            {shown(line)}
          </span>
        ))}
      </pre>
      {(diff.truncated || lines.length > MOST_LINES) && <p>there is more: `milestone diff` shows all of it</p>}
    </section>
  );
}

function kindOf(line: string): string {
  if (/^(?:diff|index|\+\+\+|---) /.test(line)) return 'file';
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+')) return 'add';
  return line.startsWith('-') ? 'del' : '';
}
