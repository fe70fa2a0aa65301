// Where everything stands in a timeline, in percent of its width. Pure.

import type {TaskId} from '../../plan/plan.ts';
import type {MorningReport, TimelineEntry} from '../../reports/morning/report-shape.ts';
import {STAGES, type StageTimes} from '../../state/stage-times.ts';

export interface Lanes {
  lanes: Lane[];
  sessions: Session[];
  /** Where now is, while something goes on. */
  now: number | undefined;
  span: Span;
}

export interface Lane {
  name: string;
  rows: Laid[][];
}

/** An attempt in its row. */
export interface Laid {
  entry: TimelineEntry;
  /** The attempt before it of the same task, as this one tries again what that one did not do. */
  again: Laid | undefined;
  /** Where its bar begins and ends. */
  x: number;
  end: number;
  /** As far as the next one in its row. */
  room: number;
  parts: Array<{stage: keyof StageTimes; x: number; width: number}>;
}

/** In which somebody executed it. */
export interface Session {
  x: number;
  width: number;
  from: string;
  to: string;
  exit: number | null;
}

/** In milliseconds since the Unix epoch. */
export interface Span {
  from: number;
  to: number;
}

/** Between two names. */
const GAP = 0.5;
/** Room for the last label of the axis. */
const WIDTH = 97;

/** Every attempt in its lane, from the first moment of a report to the last. */
export function timelineLanes(report: Pick<MorningReport, 'timeline' | 'sessions' | 'at'>): Lanes {
  const {timeline, sessions, at} = report;
  const isRunning = timeline.some(({to}) => to === null);
  // What has begun since the report was asked for has no length yet.
  const end = (one: Pick<TimelineEntry, 'from' | 'to'> & {started?: string}) =>
    Math.max(Date.parse(one.to ?? at), Date.parse(one.started ?? one.from));
  const all = [...timeline, ...sessions];
  const from = all.reduce((least, one) => Math.min(least, Date.parse(one.from)), Number.POSITIVE_INFINITY);
  const to = all.reduce((most, one) => Math.max(most, end(one)), isRunning ? Date.parse(at) : from + 1);
  const scale = scaleOf({from, to});
  const names = [...new Set(timeline.map(laneOf))].sort((a, b) => a.localeCompare(b, 'en', {numeric: true}));
  const lanes = names.map(name => ({
    name,
    rows: rowsOf(
      timeline.filter(entry => laneOf(entry) === name),
      end,
      scale,
    ),
  }));
  const latest = new Map<TaskId, Laid>();
  const placed = lanes.flatMap(({rows}) => rows.flat()).sort((a, b) => a.entry.attempt - b.entry.attempt);
  for (const one of placed) {
    const before = latest.get(one.entry.task);
    if (before?.entry.cause !== undefined) one.again = before;
    latest.set(one.entry.task, one);
  }
  return {
    lanes,
    sessions: sessions.map(({from, to, exit}) => {
      const x = scale(Date.parse(from));
      return {x, width: round(scale(end({from, to})) - x), from, to, exit};
    }),
    now: isRunning ? scale(Date.parse(at)) : undefined,
    span: {from, to},
  };
}

/** Where an attempt is made. */
export function laneOf({slot, worker}: TimelineEntry): string {
  if (worker !== undefined) return worker ?? 'no worker';
  return slot < 0 ? 'by hand' : `slot ${slot}`;
}

type Scale = (at: number) => number;

function scaleOf({from, to}: Span): Scale {
  return at => round(((at - from) / Math.max(to - from, 1)) * WIDTH);
}

/** What overlaps, since work in the queue has left its slot, lies in rows of its own. */
function rowsOf(entries: readonly TimelineEntry[], end: (entry: TimelineEntry) => number, scale: Scale): Laid[][] {
  const rows: Array<{until: number; bars: Laid[]}> = [];
  for (const entry of entries) {
    const started = Date.parse(entry.started);
    let row = rows.find(({until}) => until <= started);
    if (!row) {
      row = {until: 0, bars: []};
      rows.push(row);
    }
    // It waited before, too, but somebody else was in its place.
    const parts = partsOf(entry, end(entry), Math.max(row.until, Date.parse(entry.from)), scale);
    const x = parts[0]?.x ?? scale(started);
    const before = row.bars.at(-1);
    if (before) before.room = round(Math.max(x - before.x - GAP, 0));
    row.bars.push({entry, again: undefined, x, end: scale(end(entry)), room: round(100 - x), parts});
    row.until = end(entry);
  }
  return rows.map(({bars: placed}) => placed);
}

function partsOf({stage_times: times}: TimelineEntry, end: number, since: number, scale: Scale): Laid['parts'] {
  let to = end;
  const spans = STAGES.toReversed().map(stage => {
    const span = {stage, from: Math.max(to - times[stage], since), to};
    to = Math.max(to - times[stage], since);
    return span;
  });
  return spans
    .toReversed()
    .filter(({from, to}) => to > from)
    .map(({stage, from, to}) => ({stage, x: scale(from), width: round(scale(to) - scale(from))}));
}

/** What is drawn of a timeline, in percent, how much it is enlarged, and how wide it is then at least, in pixels. */
export interface Sight {
  from: number;
  to: number;
  zoom: number;
}

/** Attempts that are too short and too close to be told apart. */
export interface Cluster {
  x: number;
  width: number;
  /** In order. */
  members: Laid[];
}

/** Pixels of a timeline that is not enlarged; it may be somewhat wider or narrower. */
const USUAL_WIDTH = 1_000;
/** Pixels below which bars run into each other. */
const LEAST_BAR = 2.5;

/** What can be seen of a row: bars, and clusters of bars that would be too small. */
export function inSight(row: readonly Laid[], {from, to, zoom}: Sight): Array<Laid | Cluster> {
  const least = (LEAST_BAR / (USUAL_WIDTH * zoom)) * 100;
  const drawn: Array<Laid | Cluster> = [];
  let open: Cluster | undefined;
  for (const one of row) {
    if (one.end < from || one.x > to) continue;
    if (one.end - one.x >= least) {
      drawn.push(one);
      open = undefined;
      continue;
    }
    if (!open || one.x - (open.x + open.width) > least) {
      open = {x: one.x, width: least, members: []};
      drawn.push(open);
    }
    open.members.push(one);
    open.width = round(Math.max(one.end - open.x, least));
  }
  return drawn.map(one => ('members' in one && one.members.length === 1 ? (one.members[0] as Laid) : one));
}

/** Pixels that there are for so many percent. */
export function pixels(percent: number, {zoom}: Sight): number {
  return (percent / 100) * USUAL_WIDTH * zoom;
}

export interface Tick {
  x: number;
  label: string;
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const STEPS = [1, 5, 15, 60, 300, 900, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800].map(seconds => seconds * SECOND);
/** In what is not enlarged. */
const MOST_TICKS = 6;

/** At round times; none are too close. */
export function ticksOf(span: Span, {from, to, zoom}: Sight): Tick[] {
  const {from: first, to: last} = span;
  const scale = scaleOf(span);
  const most = MOST_TICKS * zoom;
  const step = STEPS.find(step => (last - first) / step <= most) ?? Math.ceil((last - first) / most / DAY) * DAY;
  const at = (percent: number) => first + (percent / WIDTH) * (last - first);
  const ticks: Tick[] = [];
  for (let time = Math.ceil(Math.max(at(from), first) / step) * step; time <= Math.min(at(to), last); time += step)
    ticks.push({x: scale(time), label: labelOf(time, step)});
  return ticks;
}

function labelOf(at: number, step: number): string {
  const text = new Date(at).toISOString();
  if (step >= DAY) return text.slice(5, 10);
  return step >= 60 * SECOND ? text.slice(11, 16) : text.slice(11, 19);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
