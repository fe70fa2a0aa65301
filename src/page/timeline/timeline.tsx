// The attempts of a milestone in time: a lane for each slot, in as many rows as its attempts overlap.

import {useContext, useMemo} from 'preact/hooks';
import type {TaskId} from '../../plan/plan.ts';
import {spanText} from '../../reports/morning/headline.ts';
import type {MorningReport, TimelineEntry} from '../../reports/morning/report-shape.ts';
import {STAGES} from '../../state/stage-times.ts';
import {attemptName} from '../../terminal/report/report-text.ts';
import {TaskPage} from '../task-name.tsx';
import {instant, shown} from '../text.ts';
import {Zoomed} from '../zoomed.tsx';
import {AttemptTable} from './attempt-table.tsx';
import {type Cluster, inSight, type Laid, type Lanes, pixels, type Sight, ticksOf, timelineLanes} from './lanes.ts';
import {Legend, Patterns} from './legend.tsx';

const ROW = 36;
const NAME = 15;
const BAR = 14;
const LANE_GAP = 10;
const AXIS = 22;
const SESSION = 20;
/** Pixels beside the lanes, for their names; the styles know it, too. */
const NAMES = 64;
const LONGEST_LANE = 9;
const MOST_ZOOM = 256;
/** Pixels below which a name says nothing. */
const LEAST_NAME = 26;

export function Timeline({report}: {report: MorningReport}) {
  const {timeline, critical_path: path} = report;
  const lanes = useMemo(() => timelineLanes(report), [report]);
  const critical = useMemo(() => new Set(path), [path]);
  if (timeline.length === 0) return null;
  return (
    <section id="timeline">
      <h2>Timeline</h2>
      <Zoomed
        name="Timeline, drawn"
        least={1}
        most={MOST_ZOOM}
        fixed={NAMES}
        legend={<Legend hasNow={lanes.now !== undefined} hasCritical={timeline.some(({task}) => critical.has(task))} />}
      >
        {(zoom, from, to) => <Drawing {...lanes} critical={critical} sight={{from: from * 100, to: to * 100, zoom}} />}
      </Zoomed>
      <AttemptTable timeline={timeline} critical={critical} />
    </section>
  );
}

function Drawing({lanes, sessions, now, span, critical, sight}: Lanes & {critical: ReadonlySet<TaskId>; sight: Sight}) {
  const heights = lanes.map(({rows}) => rows.length * ROW + LANE_GAP);
  const top = (index: number) => AXIS + SESSION + heights.slice(0, index).reduce((sum, one) => sum + one, 0);
  const height = top(lanes.length);
  const middleOf = new Map<Laid, number>();
  for (const [index, {rows}] of lanes.entries())
    for (const [rowIndex, row] of rows.entries())
      for (const one of row) middleOf.set(one, top(index) + rowIndex * ROW + NAME + BAR / 2 + LANE_GAP / 2);
  const bars = lanes.flatMap(({rows}) => rows.flatMap(row => inSight(row, sight)));
  return (
    <div class="lanes">
      <Names names={lanes.map(({name}) => name)} top={top} height={height} />
      <svg
        class="timeline"
        {...(sight.zoom !== 1 && {style: {width: `calc((100% - ${NAMES}px) * ${sight.zoom})`}})}
        height={height}
        aria-label="Every attempt in time; the table below says the same"
      >
        <Patterns />
        <Axis span={span} sight={sight} height={height} />
        <Sessions sessions={sessions} />
        {lanes.map(({name}, index) => (
          <line key={name} x1="0" x2="100%" y1={top(index)} y2={top(index)} class="lane" />
        ))}
        {bars.map(one =>
          'members' in one ? (
            <Many key={`many ${attemptName((one.members[0] as Laid).entry)}`} cluster={one} middleOf={middleOf} />
          ) : (
            <Bar
              key={attemptName(one.entry)}
              laid={one}
              middleOf={middleOf}
              isCritical={critical.has(one.entry.task)}
              sight={sight}
            />
          ),
        )}
        {now !== undefined && <Now x={now} height={height} />}
      </svg>
    </div>
  );
}

function Names({names, top, height}: {names: readonly string[]; top(index: number): number; height: number}) {
  return (
    <svg class="names" width={NAMES} height={height} aria-hidden="true">
      <text x="0" y={AXIS + 12}>
        executor
      </text>
      {names.map((name, index) => (
        <text key={name} x="0" y={top(index) + LANE_GAP / 2 + NAME + 11}>
          {shown(cutTo(name))}
        </text>
      ))}
    </svg>
  );
}

function Axis({span, sight, height}: Pick<Lanes, 'span'> & {sight: Sight; height: number}) {
  return ticksOf(span, sight).map(({x, label}) => (
    <g key={label}>
      <line x1={`${x}%`} x2={`${x}%`} y1={AXIS - 6} y2={height} class="tick" />
      <text x={`${x}%`} y={12} dx="3" class="axis">
        {label}
      </text>
    </g>
  ));
}

/** When somebody executed it. */
function Sessions({sessions}: Pick<Lanes, 'sessions'>) {
  return sessions.map(({x, width, from, to, exit}) => (
    <g key={from} class="session">
      <title>{`executed from ${instant(from)} to ${instant(to)}${exit === null ? '' : `, exit code ${exit}`}`}</title>
      <rect x={`${x}%`} width={`${Math.max(width, 0.1)}%`} y={AXIS + 4} height="8" rx="2" />
    </g>
  ));
}

function Now({x, height}: {x: number; height: number}) {
  return (
    <g class="now">
      <line x1={`${x}%`} x2={`${x}%`} y1={AXIS - 6} y2={height} />
      <text x={`${x}%`} y="12" dx="-3" text-anchor="end">
        now
      </text>
    </g>
  );
}

/** As much of the name of a lane as there is room for. */
function cutTo(name: string): string {
  return name.length > LONGEST_LANE ? `${name.slice(0, LONGEST_LANE - 1)}…` : name;
}

interface Drawn {
  middleOf: ReadonlyMap<Laid, number>;
}

function Bar({laid, middleOf, isCritical, sight}: Drawn & {laid: Laid; isCritical: boolean; sight: Sight}) {
  const page = useContext(TaskPage);
  const {entry, parts, x, end, room, again} = laid;
  const middle = middleOf.get(laid) ?? 0;
  const kind = [
    'attempt',
    entry.cause !== undefined && 'bad',
    isCritical && 'critical',
    entry.to === null && 'running',
  ];
  return (
    <>
      {again && <line class="retry" x1={`${again.end}%`} y1={middleOf.get(again) ?? 0} x2={`${x}%`} y2={middle} />}
      <a href={page(entry.task)} tabIndex={-1} class={kind.filter(Boolean).join(' ')}>
        <title>{summary(laid)}</title>
        {parts.map(({stage, x, width}) => (
          <rect
            key={stage}
            x={`${x}%`}
            width={`${width}%`}
            y={middle - BAR / 2}
            height={BAR}
            class={`stage ${stage}`}
          />
        ))}
        {isCritical && <rect class="path" x={`${x}%`} width={`${end - x}%`} y={middle + BAR / 2 + 1} height="3" />}
        {pixels(room, sight) >= LEAST_NAME && (
          // Cut where the next one begins.
          <svg x={`${x}%`} width={`${room}%`} y={middle - BAR / 2 - NAME} height={NAME} aria-hidden="true">
            <text x="1" y="11" class="name">
              {shown(nameOf(laid))}
            </text>
          </svg>
        )}
      </a>
    </>
  );
}

function Many({cluster: {x, width, members}, middleOf}: Drawn & {cluster: Cluster}) {
  const failed = members.filter(({entry}) => entry.cause !== undefined).length;
  const middle = middleOf.get(members[0] as Laid) ?? 0;
  return (
    <g class={failed > 0 ? 'many bad' : 'many'}>
      <title>{`${members.length} attempts${failed > 0 ? `, ${failed} failed` : ''}: larger shows them apart`}</title>
      <rect x={`${x}%`} width={`${width}%`} y={middle - BAR / 2} height={BAR} />
    </g>
  );
}

function markOf({entry, again}: Pick<Laid, 'entry' | 'again'>): string {
  if (entry.cause !== undefined) return '✘ ';
  if (entry.to === null) return '▶ ';
  return again ? '↻ ' : '';
}

function nameOf({entry, again}: Laid): string {
  return `${markOf({entry, again})}${attemptName(entry)}${entry.cause === undefined ? '' : `: ${entry.cause}`}`;
}

function summary({entry, again}: Laid): string {
  const spans = STAGES.map(stage => `${stage} ${spanText(entry.stage_times[stage])}`).join(', ');
  const why = again ? `; again, since ${attemptName(again.entry)} ended with ${causeOf(again.entry)}` : '';
  return shown(`${attemptName(entry)} (${entry.driver}), ${spans}: ${entry.message ?? entry.outcome}${why}`);
}

function causeOf({message, cause}: TimelineEntry): string {
  return message ?? cause ?? 'nothing';
}
