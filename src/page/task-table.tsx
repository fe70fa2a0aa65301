import {firstLine} from '../platform/first-line.ts';
import {spanText} from '../reports/morning/headline.ts';
import type {DoneTask, MorningReport} from '../reports/morning/report-shape.ts';
import {TaskName} from './task-name.tsx';
import {shown, usd} from './text.ts';
import {Wide} from './wide.tsx';

/** Every task, with what vouches for it. */
export function TaskTable({report: {tasks, done, unchecked}}: {report: MorningReport}) {
  const byId = new Map(done.map(task => [task.task, task]));
  return (
    <section>
      <h2>Tasks</h2>
      <Wide name="Table of tasks">
        <table>
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
          <tbody>
            {tasks.map(({id, title, status, driver, attempts, cost_usd, stage_times: {working, checking, queued}}) => (
              <tr key={id} class={status}>
                <th scope="row">
                  <TaskName id={id} />
                  {title !== id && <span class="title">{shown(title)}</span>}
                </th>
                <td>{unchecked.includes(id) ? 'done, unchecked' : status}</td>
                <td class="checks">{checksText(byId.get(id))}</td>
                <td>{byId.get(id)?.commit?.slice(0, 10) ?? '–'}</td>
                <td>{shown(driver)}</td>
                <td class="number">{attempts}</td>
                <td class="number">{spanText(working + checking + queued)}</td>
                <td class="number">{usd(cost_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

function checksText(task: DoneTask | undefined): string {
  const checks = task?.checks ?? [];
  if (checks.length === 0) return '–';
  return checks.map(({command, flaky}) => `${shown(firstLine(command))}${flaky ? ' (flaky)' : ''}`).join('; ');
}
