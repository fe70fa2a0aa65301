import {useMemo} from 'preact/hooks';
import type {ShownDocument} from '../answers.ts';
import {Markdown} from '../markdown.tsx';
import {Scrolled} from '../scrolled.tsx';
import {shown, shownLines} from '../text.ts';
import {Patch} from './patch.tsx';

/** Characters that are drawn: a page that is too long helps nobody. */
const MOST_CHARACTERS = 256 * 1024;

interface Props {
  document: ShownDocument;
  /** Level of its heading. */
  level: 3 | 4;
  /** Hunks since it was decided on last; undefined where that is no question. */
  changes?: string[] | null;
}

/** A document as it reads, beside its text as it is. */
export function Document({document: {path, text, truncated, sha256, changed}, level, changes}: Props) {
  const Heading = `h${level}` as const;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    <section class="document" aria-label={shown(path)}>
      <Heading>
        <code>{shown(name)}</code>
      </Heading>
      <p class="soft">
        <code>.milestones/{shown(path)}</code>, sha256 <code>{sha256.slice(0, 12)}</code>
      </p>
      {changed && <p class="warning">{text === null ? 'it is gone, or no text' : 'changed since it was handed in'}</p>}
      <Changes changes={changes} name={name} />
      {text === null ? (
        <p>there is no text to show</p>
      ) : (
        <Text text={text} isCut={truncated} name={name} level={level} />
      )}
    </section>
  );
}

function Changes({changes, name}: {changes: string[] | null | undefined; name: string}) {
  if (!changes) return null;
  if (changes.length === 0) return <p>unchanged since it was last decided on</p>;
  return (
    <details class="changed" open>
      <summary>what has changed since it was last decided on</summary>
      <Patch name={`What has changed in ${shown(name)}`} lines={changes} more="milestone approve" />
    </details>
  );
}

function Text({text, isCut, name, level}: {text: string; isCut: boolean; name: string; level: number}) {
  const drawn = text.slice(0, MOST_CHARACTERS);
  const isMarkdown = /\.(?:md|markdown)$/i.test(name);
  const read = useMemo(() => isMarkdown && <Markdown text={drawn} below={level} />, [drawn, isMarkdown, level]);
  return (
    <>
      {(isCut || drawn.length < text.length) && (
        <p class="warning">only its first {drawn.length} characters are shown: read the file</p>
      )}
      <div class={isMarkdown ? 'beside' : ''}>
        {isMarkdown && (
          <Scrolled name={`${shown(name)}, as it reads`} class="page">
            {read}
          </Scrolled>
        )}
        <Scrolled name={`${shown(name)}, its text`} class="raw">
          <pre>{shownLines(drawn)}</pre>
        </Scrolled>
      </div>
    </>
  );
}
