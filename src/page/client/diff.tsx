import {useEffect, useState} from 'preact/hooks';
import type {ChangedFile, Diff as TaskDiff} from '../../reports/diff-shape.ts';
import {shown} from '../text.ts';
import {ask} from './api.ts';
import {Patch} from './patch.tsx';

/** Files whose changes are open from the beginning. */
const OPEN_FILES = 5;
/** Files that are listed at all. */
const MOST_FILES = 300;

interface Props {
  path: string;
  /** Another one whenever that may be something else. */
  of: string;
  /** What shows all of it. */
  command: string;
}

/** What a task has changed, file by file. */
export function Diff({path, of, command}: Props) {
  const [diff, setDiff] = useState<TaskDiff | string>();
  useEffect(() => {
    setDiff(undefined);
    ask<{diff: TaskDiff}>(path).then(
      ({diff}) => setDiff(diff),
      (error: Error) => setDiff(error.message),
    );
  }, [path, of]);
  return (
    <section>
      <h2>Diff</h2>
      {diff === undefined && <p class="soft">reading …</p>}
      {typeof diff === 'string' && <p>{shown(diff)}</p>}
      {typeof diff === 'object' && <Files diff={diff} command={command} />}
    </section>
  );
}

function Files({diff: {files, patch, truncated, from, to}, command}: {diff: TaskDiff; command: string}) {
  const patches = patchesOf(patch);
  // What turns into something else, a file into a link, is two parts of a patch.
  const isByFile = truncated ? patches.length <= files.length : patches.length === files.length;
  return (
    <>
      <p class="soft">
        {files.length} {files.length === 1 ? 'file' : 'files'}, <code>{from.slice(0, 10)}</code> to{' '}
        <code>{to.slice(0, 10)}</code>
      </p>
      {files.slice(0, MOST_FILES).map((file, index) => (
        <File
          key={file.path}
          file={file}
          lines={(isByFile && patches[index]) || []}
          isOpen={index < OPEN_FILES}
          command={command}
        />
      ))}
      {isByFile || <Patch name="All changes" lines={patch.split('\n')} more={command} />}
      {(truncated || files.length > MOST_FILES) && (
        <p>
          there is more: <code>{shown(command)}</code>
        </p>
      )}
    </>
  );
}

interface FileProps {
  file: ChangedFile;
  lines: readonly string[];
  isOpen: boolean;
  command: string;
}

function File({file: {path, added, deleted}, lines, isOpen, command}: FileProps) {
  return (
    <details class="changed" open={isOpen}>
      <summary>
        <code>{shown(path)}</code>{' '}
        {added === null ? (
          'binary'
        ) : (
          <>
            <span class="add">+{added}</span> <span class="del">−{deleted}</span>
          </>
        )}
      </summary>
      {lines.length > 0 && <Patch name={`Changes of ${shown(path)}`} lines={lines} more={command} />}
    </details>
  );
}

/** The lines of each file, in git's own order, without what git says of the file itself. */
function patchesOf(patch: string): string[][] {
  return patch
    .split(/^(?=diff --git )/m)
    .filter(part => part !== '')
    .map(part => {
      const lines = part.replace(/\n$/, '').split('\n');
      const start = lines.findIndex(line => line.startsWith('@@'));
      return start < 0 ? lines.slice(1) : lines.slice(start);
    });
}
