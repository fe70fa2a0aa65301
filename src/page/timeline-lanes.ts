// Where everything stands in a timeline, in percent of its width. Pure.

import type {TimelineEntry} from '../reports/morning/report-shape.ts';
import {STAGES, type StageTimes} from '../reports/morning/stage-times.ts';

export interface Lane {
  name: string;
  rows: Laid[][];
}

/** An attempt in its row. */
export interface Laid {
  entry: TimelineEntry;
  /** Where its bar begins. */
  x: number;
  /** As far as the next one in its row. */
  room: number;
  parts: Array<{stage: keyof StageTimes; x: number; width: number}>;
}

export interface Tick {
  x: number;
  label: string;
}

interface Span {
  from: number;
  to: number;
}

/** Between two names. */
const GAP = 0.5;
/** Room for the last label of the axis. */
const WIDTH = 97;

/** @param now Until when a running attempt has run. */
export function timelineLanes(timeline: readonly TimelineEntry[], now: string): {lanes: Lane[]; ticks: Tick[]} {
  const end = (entry: TimelineEntry) => Date.parse(entry.to ?? now);
  const first = timeline.reduce((least, {from}) => Math.min(least, Date.parse(from)), Number.POSITIVE_INFINITY);
  const last = timeline.reduce((most, entry) => Math.max(most, end(entry)), first + 1);
  const scale = (at: number) => round(((at - first) / (last - first)) * WIDTH);
  const slots = [...new Set(timeline.map(({slot}) => slot))].sort((a, b) => a - b);
  const lanes = slots.map(slot => ({
    name: slot < 0 ? 'by hand' : `slot ${slot}`,
    rows: rowsOf(
      timeline.filter(entry => entry.slot === slot),
      end,
      scale,
    ),
  }));
  return {lanes, ticks: ticksOf({from: first, to: last}, scale)};
}

/** What overlaps, since work in the queue has left its slot, lies in rows of its own. */
function rowsOf(
  entries: readonly TimelineEntry[],
  end: (entry: TimelineEntry) => number,
  scale: (at: number) => number,
): Laid[][] {
  const rows: Array<{until: number; placed: Laid[]}> = [];
  for (const entry of entries) {
    const started = Date.parse(entry.started);
    let row = rows.find(({until}) => until <= started);
    if (!row) {
      row = {until: 0, placed: []};
      rows.push(row);
    }
    // It waited before, too, but somebody else was in its place.
    const parts = partsOf(entry, end(entry), row.until, scale);
    const x = parts[0]?.x ?? scale(started);
    const before = row.placed.at(-1);
    if (before) before.room = round(Math.max(x - before.x - GAP, 0));
    row.placed.push({entry, x, room: round(100 - x), parts});
    row.until = end(entry);
  }
  return rows.map(({placed}) => placed);
}

function partsOf(
  {stage_times: times}: TimelineEntry,
  end: number,
  since: number,
  scale: (at: number) => number,
): Laid['parts'] {
  let to = end;
  const spans = [...STAGES].reverse().map(stage => {
    const span = {stage, from: Math.max(to - times[stage], since), to};
    to = Math.max(to - times[stage], since);
    return span;
  });
  return spans
    .reverse()
    .filter(({from, to}) => to > from)
    .map(({stage, from, to}) => ({stage, x: scale(from), width: round(scale(to) - scale(from))}));
}

const STEPS = [1, 5, 15, 60, 300, 900, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800].map(seconds => seconds * 1_000);
const MOST_TICKS = 5;

/** At round times; none are too close. */
function ticksOf({from, to}: Span, scale: (at: number) => number): Tick[] {
  const step = STEPS.find(step => (to - from) / step <= MOST_TICKS) ?? Math.ceil((to - from) / MOST_TICKS);
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step)
    ticks.push({x: scale(at), label: labelOf(at, step)});
  return ticks;
}

function labelOf(at: number, step: number): string {
  const text = new Date(at).toISOString();
  if (step >= 86_400_000) return text.slice(5, 10);
  return step >= 60_000 ? text.slice(11, 16) : text.slice(11, 19);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
