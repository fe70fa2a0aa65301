// Which task waits for which: drawn, or folded by layers where there are too many; and what each of them holds up.

import {useMemo, useState} from 'preact/hooks';
import type {TaskId} from '../../plan/plan.ts';
import type {MorningReport, ReportedTask} from '../../reports/morning/report-shape.ts';
import {STATE_WORDS} from '../state-icon.tsx';
import {shown} from '../text.ts';
import {Drawn} from './drawn.tsx';
import {Folded} from './folded.tsx';
import {behind, type Pointed, reachOf} from './reach.ts';

/** Tasks that can be told apart in one drawing. */
export const MOST_DRAWN = 200;
/** Tasks that are named of those that one holds up. */
const MOST_NAMED = 12;

export function Graph({report: {tasks, critical_path: path, unchecked}}: {report: MorningReport}) {
  const [id, point] = useState<TaskId>();
  const pointed = useMemo(() => (id === undefined ? undefined : {id, reach: reachOf(tasks, id)}), [tasks, id]);
  const {critical, criticalEdges} = useMemo(() => criticalOf(path), [path]);
  const wordOf = useMemo(() => wordsOf(tasks, unchecked), [tasks, unchecked]);
  if (tasks.length === 0) return null;
  const Way = tasks.length > MOST_DRAWN ? Folded : Drawn;
  return (
    <section id="dependencies">
      <h2>Dependencies</h2>
      <Way
        tasks={tasks}
        critical={critical}
        criticalEdges={criticalEdges}
        wordOf={wordOf}
        pointed={pointed}
        point={point}
        hint={<Hint tasks={tasks} pointed={pointed} path={path} />}
      />
    </section>
  );
}

function Hint({
  tasks,
  pointed,
  path,
}: {
  tasks: readonly ReportedTask[];
  pointed: Pointed | undefined;
  path: readonly TaskId[];
}) {
  return (
    <p class="hint" aria-live="polite">
      {pointed ? (
        <Told pointed={pointed} tasks={tasks} />
      ) : (
        <>
          {path.length > 1 && (
            <span class="critical-word">
              critical path: {path.length} of {tasks.length} tasks, in bold
            </span>
          )}
          <span>point at a task, or move to it, to see what it holds up</span>
        </>
      )}
    </p>
  );
}

function Told({pointed: {id, reach}, tasks}: {pointed: Pointed; tasks: readonly ReportedTask[]}) {
  const open = tasks.filter(({status}) => status !== 'completed' && status !== 'skipped').map(({id}) => id);
  const isOpen = open.includes(id);
  const [held, waitsFor] = [open.filter(one => reach.after.has(one)), open.filter(one => reach.before.has(one))];
  return (
    <>
      <b>{shown(id)}</b>{' '}
      {isOpen && held.length > 0
        ? `holds up ${held.length}: ${named(held)}`
        : `holds up nothing${isOpen ? '' : ' any more'}`}
      {waitsFor.length > 0 && `; waits for ${waitsFor.length}: ${named(waitsFor)}`}
      {`; ${reach.before.size} before it, ${reach.after.size} after it`}
    </>
  );
}

function named(ids: readonly TaskId[]): string {
  const more = ids.length - MOST_NAMED;
  return shown(`${ids.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
}

function criticalOf(path: readonly TaskId[]) {
  return {
    critical: new Set(path),
    criticalEdges: new Set(path.slice(1).map((id, place) => `${path[place]} ${id}`)),
  };
}

/** A task that waits behind one that failed waits for a person. */
function wordsOf(tasks: readonly ReportedTask[], unchecked: readonly TaskId[]): (task: ReportedTask) => string {
  const isStuck = ({status}: ReportedTask) => status === 'failed' || status === 'blocked';
  const held = behind(
    tasks,
    tasks.filter(isStuck).map(({id}) => id),
  );
  const unproved = new Set(unchecked);
  return ({id, status}) => {
    if (status === 'completed' && unproved.has(id)) return 'done, unchecked';
    return status === 'pending' && held.has(id) ? 'pending, held up' : STATE_WORDS[status];
  };
}
