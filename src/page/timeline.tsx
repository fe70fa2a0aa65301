// The attempts of a milestone in time: a lane for each slot, in as many rows as its attempts overlap.

import {spanText} from '../reports/morning/headline.ts';
import type {MorningReport, TimelineEntry} from '../reports/morning/report-shape.ts';
import {STAGES} from '../reports/morning/stage-times.ts';
import {attemptName} from '../terminal/report/report-text.ts';
import {shown} from './text.ts';
import {type Laid, type Lane, timelineLanes} from './timeline-lanes.ts';
import {Wide} from './wide.tsx';

const ROW = 34;
const BAR = 14;
const LANE_HEAD = 20;
const AXIS = 22;
/** Attempts that are drawn; of more a list says as much. */
const MOST = 1_000;

export function Timeline({report}: {report: MorningReport}) {
  const {timeline, at} = report;
  if (timeline.length === 0) return null;
  const drawn = timeline.slice(0, MOST);
  const {lanes, ticks} = timelineLanes(drawn, at);
  const heights = lanes.map(({rows}) => LANE_HEAD + rows.length * ROW);
  const height = AXIS + heights.reduce((sum, one) => sum + one, 0);
  const top = (index: number) => AXIS + heights.slice(0, index).reduce((sum, one) => sum + one, 0);
  return (
    <section>
      <h2>Timeline</h2>
      <Legend />
      <svg
        class="timeline"
        width="100%"
        height={height}
        role="img"
        aria-label="Every attempt in time; the table below says the same"
      >
        <Patterns />
        {ticks.map(({x, label}) => (
          <g key={label}>
            <line x1={`${x}%`} x2={`${x}%`} y1={AXIS - 4} y2={height} class="tick" />
            <text x={`${x}%`} y={12} class="axis">
              {label}
            </text>
          </g>
        ))}
        {lanes.map((lane, index) => (
          <LaneRows key={lane.name} lane={lane} top={top(index)} />
        ))}
      </svg>
      {timeline.length > MOST && <p>and {timeline.length - MOST} more attempts</p>}
      <Table timeline={drawn} />
    </section>
  );
}

/** Told apart by their pattern, too. */
function Legend() {
  return (
    <p class="legend">
      {STAGES.map(stage => (
        <span key={stage}>
          <svg width="30" height={BAR} aria-hidden="true">
            <rect x="1" y="1" width="28" height={BAR - 2} class={`stage ${stage}`} />
          </svg>{' '}
          {stage === 'queued' ? 'in the queue' : stage}
        </span>
      ))}
    </p>
  );
}

function Patterns() {
  return (
    <defs>
      <pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" class="ground checking" />
        <rect width="2" height="6" class="ink" />
      </pattern>
      <pattern id="dotted" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" class="ground queued" />
        <circle cx="3" cy="3" r="1.3" class="ink" />
      </pattern>
    </defs>
  );
}

function LaneRows({lane, top}: {lane: Lane; top: number}) {
  return (
    <g>
      <line x1="0" x2="100%" y1={top} y2={top} class="lane" />
      <text x="2" y={top + 14} class="lane-name">
        {lane.name}
      </text>
      {lane.rows.map((row, index) =>
        row.map(placed => <Bar key={attemptName(placed.entry)} placed={placed} top={top + LANE_HEAD + index * ROW} />),
      )}
    </g>
  );
}

function Bar({placed, top}: {placed: Laid; top: number}) {
  const {entry, parts, x, room} = placed;
  const isBad = entry.cause !== undefined;
  return (
    <g class={isBad ? 'attempt bad' : 'attempt'}>
      <title>{summary(entry)}</title>
      {parts.map(({stage, x, width}) => (
        <rect key={stage} x={`${x}%`} width={`${width}%`} y={top + 14} height={BAR} class={`stage ${stage}`} />
      ))}
      {/* Cut where the next one begins. */}
      <svg x={`${x}%`} width={`${room}%`} y={top} height={14} aria-hidden="true">
        <text x="1" y="11" class="name">
          {`${isBad ? '✘ ' : ''}${shown(attemptName(entry))}${isBad ? `: ${shown(entry.cause ?? '')}` : ''}`}
        </text>
      </svg>
    </g>
  );
}

function summary(entry: TimelineEntry): string {
  const spans = STAGES.map(stage => `${stage} ${spanText(entry.stage_times[stage])}`).join(', ');
  return shown(`${attemptName(entry)} (${entry.driver}), ${spans}: ${entry.message ?? entry.outcome}`);
}

function Table({timeline}: {timeline: readonly TimelineEntry[]}) {
  return (
    <Wide name="Table of attempts">
      <table>
        <thead>
          <tr>
            <th>attempt</th>
            <th>driver</th>
            {STAGES.map(stage => (
              <th key={stage} class="number">
                {stage}
              </th>
            ))}
            <th>end</th>
          </tr>
        </thead>
        <tbody>
          {timeline.map(entry => (
            <tr key={attemptName(entry)}>
              <th scope="row">{shown(attemptName(entry))}</th>
              <td>{shown(entry.driver)}</td>
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
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
