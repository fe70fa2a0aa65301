import type {TaskId} from '../../plan/plan.ts';
import {spanText} from '../../reports/morning/headline.ts';
import type {TimelineEntry} from '../../reports/morning/report-shape.ts';
import {STAGES} from '../../state/stage-times.ts';
import {attemptName} from '../../terminal/report/report-text.ts';
import {Rows} from '../rows.tsx';
import {instant, shown} from '../text.ts';
import {Wide} from '../wide.tsx';
import {laneOf} from './lanes.ts';

/** Attempts that need not be asked for. */
const FEW = 12;

/** What is drawn above, in words. */
export function AttemptTable({
  timeline,
  critical,
}: {
  timeline: readonly TimelineEntry[];
  critical: ReadonlySet<TaskId>;
}) {
  return (
    <details open={timeline.length <= FEW}>
      <summary>
        the same as a table: {timeline.length} {timeline.length === 1 ? 'attempt' : 'attempts'}
      </summary>
      <Wide name="Table of attempts">
        <table aria-rowcount={timeline.length + 1}>
          <thead>
            <tr>
              <th>attempt</th>
              <th>driver</th>
              <th>where</th>
              <th>began, UTC</th>
              {STAGES.map(stage => (
                <th key={stage} class="number">
                  {stage}
                </th>
              ))}
              <th>end</th>
            </tr>
          </thead>
          <Rows of={timeline} columns={9}>
            {entry => (
              <tr key={attemptName(entry)} class={entry.cause === undefined ? '' : 'bad'}>
                <th scope="row">
                  {shown(attemptName(entry))}
                  {critical.has(entry.task) && <span class="critical-word">critical path</span>}
                </th>
                <td>{shown(entry.driver)}</td>
                <td class="instant">{shown(laneOf(entry))}</td>
                <td class="instant">{instant(entry.started)}</td>
                {STAGES.map(stage => (
                  <td key={stage} class="number">
                    {spanText(entry.stage_times[stage])}
                  </td>
                ))}
                <td>
                  {shown(
                    entry.cause === undefined ? entry.outcome : `✘ ${entry.message ?? entry.cause} (${entry.cause})`,
                  )}
                </td>
              </tr>
            )}
          </Rows>
        </table>
      </Wide>
    </details>
  );
}
