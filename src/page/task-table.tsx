import {useEffect, useMemo, useState} from 'preact/hooks';
import type {TaskId} from '../plan/plan.ts';
import {firstLine} from '../platform/first-line.ts';
import {spanText} from '../reports/morning/headline.ts';
import type {DoneTask, MorningReport, ReportedTask} from '../reports/morning/report-shape.ts';
import {ownMs} from '../state/stage-times.ts';
import type {ShownStatus} from '../state/task.ts';
import {Rows} from './rows.tsx';
import {STATE_WORDS, STATES, StateIcon} from './state-icon.tsx';
import {rowId, TaskName} from './task-name.tsx';
import {shown, usd} from './text.ts';
import {Wide} from './wide.tsx';

/** Tasks among which nobody has to search. */
const FEW = 12;

/** Every task, with what vouches for it. */
export function TaskTable({report: {tasks, done, unchecked}}: {report: MorningReport}) {
  const byId = useMemo(() => new Map(done.map(task => [task.task, task])), [done]);
  const unproved = useMemo(() => new Set(unchecked), [unchecked]);
  const [sought, setSought] = useState<Sought>({text: '', status: ''});
  const found = useMemo(() => tasks.filter(task => isSought(task, sought, unproved)), [tasks, sought, unproved]);
  return (
    <section id="tasks">
      <h2>Tasks</h2>
      {tasks.length > FEW && (
        <Find tasks={tasks} hasUnproved={unproved.size > 0} sought={sought} count={found.length} onSought={setSought} />
      )}
      <Wide name="Table of tasks">
        <table aria-rowcount={found.length + 1}>
          <thead>
            <tr>
              <th>task</th>
              <th>status</th>
              <th>checked by</th>
              <th>commit</th>
              <th>driver</th>
              <th class="number">attempts</th>
              <th class="number">time</th>
              <th class="number">cost</th>
            </tr>
          </thead>
          <Rows of={found} columns={8}>
            {task => <Row key={task.id} task={task} done={byId.get(task.id)} isUnchecked={unproved.has(task.id)} />}
          </Rows>
        </table>
      </Wide>
    </section>
  );
}

function Row({task, done, isUnchecked}: {task: ReportedTask; done: DoneTask | undefined; isUnchecked: boolean}) {
  const {id, title, status, driver, attempts, cost_usd, stage_times} = task;
  return (
    <tr id={rowId(id)} class={status}>
      <th scope="row">
        <TaskName id={id} />
        {title !== id && <span class="title">{shown(title)}</span>}
      </th>
      <td class="state">
        <StateIcon status={status} /> {isUnchecked ? UNPROVED : STATE_WORDS[status]}
      </td>
      <td class="checks">{checksText(done)}</td>
      <td>{done?.commit?.slice(0, 10) ?? '–'}</td>
      <td>{shown(driver)}</td>
      <td class="number">{attempts}</td>
      <td class="number">{attempts === 0 ? '–' : spanText(ownMs(stage_times))}</td>
      <td class="number">{usd(cost_usd)}</td>
    </tr>
  );
}

function checksText(task: DoneTask | undefined): string {
  const checks = task?.checks ?? [];
  if (checks.length === 0) return '–';
  return checks.map(({command, flaky}) => `${shown(firstLine(command))}${flaky ? ' (flaky)' : ''}`).join('; ');
}

/** Done, and nothing has vouched for it. */
const UNPROVED = 'done, unchecked';

interface Sought {
  /** In an id or a title. */
  text: string;
  status: ShownStatus | typeof UNPROVED | '';
}

function isSought({id, title, status}: ReportedTask, sought: Sought, unproved: ReadonlySet<TaskId>): boolean {
  if (sought.status === UNPROVED ? !unproved.has(id) : sought.status !== '' && status !== sought.status) return false;
  const text = sought.text.trim().toLowerCase();
  return text === '' || id.toLowerCase().includes(text) || title.toLowerCase().includes(text);
}

interface FindProps {
  tasks: readonly ReportedTask[];
  hasUnproved: boolean;
  sought: Sought;
  /** Of those that are found. */
  count: number;
  onSought(sought: Sought): void;
}

/** Where a script runs; elsewhere a browser's own search finds all of them. */
function Find({tasks, hasUnproved, sought, count, onSought}: FindProps) {
  const [isThere, setThere] = useState(false);
  useEffect(() => setThere(true), []);
  if (!isThere) return <div class="find" />;
  const there = STATES.filter(status => tasks.some(task => task.status === status));
  return (
    <div class="find">
      <input
        type="search"
        aria-label="find a task by its id or title"
        placeholder="find a task"
        value={sought.text}
        onInput={event => onSought({...sought, text: event.currentTarget.value})}
      />
      <select
        aria-label="status of the tasks that are listed"
        value={sought.status}
        onChange={event => onSought({...sought, status: event.currentTarget.value as Sought['status']})}
      >
        <option value="">every status</option>
        {there.map(status => (
          <option key={status} value={status}>
            {STATE_WORDS[status]}
          </option>
        ))}
        {hasUnproved && <option value={UNPROVED}>{UNPROVED}</option>}
      </select>
      <span role="status">{count === tasks.length ? `${count} tasks` : `${count} of ${tasks.length} tasks`}</span>
    </div>
  );
}
