import {spanText} from '../../reports/morning/headline.ts';
import type {AttemptDetails} from '../../reports/morning/task-details.ts';
import {STAGES} from '../../state/stage-times.ts';
import {instant, shown} from '../text.ts';
import {Wide} from '../wide.tsx';

interface Props {
  attempts: readonly AttemptDetails[];
  chosen: number;
  choose(attempt: number): void;
}

/** Every attempt; one of them is looked at. */
export function Attempts({attempts, chosen, choose}: Props) {
  return (
    <section>
      <h2>Attempts</h2>
      <Wide name="Table of attempts">
        <table class="attempts">
          <thead>
            <tr>
              <th>attempt</th>
              <th>end</th>
              <th>began</th>
              <th>driver</th>
              {STAGES.map(stage => (
                <th key={stage} class="number">
                  {stage}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {attempts.map(one => (
              <tr key={one.attempt} class={one.attempt === chosen ? 'chosen' : ''}>
                <th scope="row">
                  <button
                    type="button"
                    aria-pressed={one.attempt === chosen}
                    aria-label={`Attempt ${one.attempt}`}
                    onClick={() => choose(one.attempt)}
                  >
                    {one.attempt}
                  </button>{' '}
                  {one.phase}
                </th>
                <td class={one.cause === undefined ? '' : 'bad'}>
                  {shown(one.cause === undefined ? one.outcome.replaceAll('_', ' ') : `✘ ${one.cause}`)}
                </td>
                <td>{instant(one.started)}</td>
                <td>{shown(one.driver)}</td>
                {STAGES.map(stage => (
                  <td key={stage} class="number">
                    {spanText(one.stage_times[stage])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
