import fc from 'fast-check';
import {expect, test} from 'vitest';
import {timelineLanes} from '../../src/page/timeline/lanes.ts';
import type {TimelineEntry} from '../../src/reports/morning/report-shape.ts';
import {STAGES} from '../../src/state/stage-times.ts';
import {madeUpReport, pageOf} from './night.ts';

const stage = fc.integer({min: 0, max: 100_000});
const entry = fc
  .record({
    from: fc.integer({min: 0, max: 1_000_000}),
    late: stage,
    slot: fc.integer({min: -1, max: 3}),
    isRunning: fc.boolean(),
    times: fc.record({waiting: stage, working: stage, checking: stage, queued: stage}),
  })
  .map(({from, late, slot, times, isRunning}): Omit<TimelineEntry, 'task'> => {
    const to = from + STAGES.reduce((sum, name) => sum + times[name], 0);
    const started = from + Math.min(late, times.waiting);
    const at = (ms: number) => new Date(ms).toISOString();
    return {
      attempt: 1,
      driver: 'x',
      slot,
      from: at(from),
      started: at(started),
      to: isRunning ? null : at(to),
      stage_times: times,
      outcome: 'completed',
    };
  });

test('in a timeline everything has its place, nothing covers anything else, and time goes to the right', () => {
  fc.assert(
    fc.property(fc.array(entry, {minLength: 1, maxLength: 20}), unnamed => {
      const timeline = unnamed.map((one, place) => ({...one, task: `t${place}`}));
      timeline.sort((a, b) => a.started.localeCompare(b.started));
      const {lanes} = timelineLanes({timeline, sessions: [], at: new Date(500_000).toISOString()});
      const placed = lanes.flatMap(({rows}) => rows.flat());
      for (const {x, end} of placed) expect(end).toBeGreaterThanOrEqual(x);
      expect(placed.map(({entry}) => entry.task).sort()).toEqual(timeline.map(({task}) => task).sort());
      for (const row of lanes.flatMap(({rows}) => rows)) {
        const parts = row.flatMap(({parts}) => parts);
        for (const [place, {x, width}] of parts.entries()) {
          expect(width).toBeGreaterThanOrEqual(0);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(100);
          const next = parts[place + 1];
          if (next) expect(x + width).toBeLessThanOrEqual(next.x + 0.01);
        }
      }
    }),
  );
});

test('a page names nothing outside itself, and allows its own script alone to run', () => {
  const page = pageOf(madeUpReport());
  expect(page).toMatch(
    /^<!DOCTYPE html>\n<html lang="en">.*<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; script-src 'nonce-[\w-]{22}'; /,
  );
  const [, nonce] = /script-src 'nonce-([\w-]+)'/.exec(page) ?? [];
  const [, own, ...others] = page.split(/<script(?: nonce="([^"]*)")?>.*<\/script>/s);
  expect({own, others: others.length}).toEqual({own: nonce, others: 1});
  const rest = page.replace(/<script.*<\/script>/s, '');
  expect(rest).not.toMatch(/https?:|<link|<img|@import|\son\w+=|\sstyle=|\bsrc=|\bhref=(?!"#)/i);
  expect(pageOf(madeUpReport())).not.toContain(nonce);
});

test('what titles and outputs say is text', () => {
  const words = '</template><script>alert(1)</script>"\'&\u001b[31m\u001b]8;;http://x\u0007\u202e\u0000';
  const page = pageOf(madeUpReport({words}));
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page.match(/<\/template/g)).toHaveLength(1);
  expect(page.split('<template')[0]).not.toMatch(/[\u0000\u0007\u001b\u202e]/);
  expect(page).toContain('&lt;script>alert(1)&lt;/script>');
  expect(page).toContain('\\x1b[31m\\x1b]8;;http://x\\x07\\u202e\\x00');
});

test('two thousand tasks are listed, and folded by layers', () => {
  const page = pageOf(madeUpReport({tasks: 2_000}));
  expect(page).toContain('<b>layer 667</b>');
  expect(page).toContain('<code>task-1999</code>');
});
