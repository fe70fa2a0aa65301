// A report of a night that was made up: lanes, retries, failures, and as many tasks as one likes.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {reportPage} from '../../src/page/report-page.tsx';
import type {MorningReport, ReportedTask, TimelineEntry} from '../../src/reports/morning/report-shape.ts';
import {STAGES, sumStages} from '../../src/state/stage-times.ts';

const START = Date.parse('2026-11-23T22:00:00.000Z');
const MINUTE = 60_000;

const SCRIPT = fileURLToPath(new URL('../../dist/browser-report.js', import.meta.url));

/** A report as the file that the command writes. */
export function pageOf(report: MorningReport): string {
  return reportPage(report, fs.readFileSync(SCRIPT, 'utf8'));
}

export interface NightOptions {
  tasks?: number;
  /** Of the milestone, of every task, of what is assumed, of what failed. */
  words?: string;
}

export function madeUpReport({tasks: count = 12, words = 'Carry it out'}: NightOptions = {}): MorningReport {
  const timeline = Array.from({length: count}, (_, place) => entriesOf(place)).flat();
  const tasks = Array.from({length: count}, (_, place) => taskOf(place, words, timeline));
  const done = tasks.filter(({status}) => status === 'completed');
  const check = {command: 'npm test', ok: true, duration_ms: 900, flaky: true};
  return {
    at: new Date(START + count * 20 * MINUTE).toISOString(),
    origin: 'log',
    milestone: {
      id: 'night',
      title: words,
      status: 'blocked',
      branch: 'milestone/night',
      base: 'b'.repeat(40),
      head: 'a'.repeat(40),
    },
    headline: {
      text: 'blocked',
      done: done.length,
      total: count,
      checked: done.length,
      unchecked: 0,
      failed: count - done.length,
      minutes: 214,
      cost_usd: 4.2,
    },
    needs_you: [{kind: 'failed', text: words, command: 'milestone retry night'}],
    done: done.map(({id, title}) => ({
      task: id,
      title,
      commit: 'c'.repeat(40),
      checks: [check],
      minutes: 12,
      cost_usd: 0.35,
      attempts: 1,
    })),
    unchecked: [],
    assumptions: [{task: 'task-0', text: words}],
    removed_tests_unknown: [],
    removed_tests: [{task: 'task-1', file: `test/${words}.js`, change: 'deleted', lines: 4, cases: [words]}],
    failed: tasks
      .filter(({status}) => status === 'failed')
      .map(({id, title}) => ({
        task: id,
        title,
        cause: 'check',
        message: words,
        output_tail: `${words}\n1 failed\n`,
        work_at: `refs/milestone/rescue/night/${id}.2`,
        attempts: 2,
      })),
    gates: [{task: 'task-2', gate: 'design_to_spec', by: 'auto'}],
    timeline,
    spent: {usd: 4.2, tokens: 1_200_000, turns: 310, minutes: 187.5},
    review: ['milestone diff night'],
    land: [],
    tasks,
    critical_path: tasks.slice(0, 3).map(({id}) => id),
    sessions: [{from: new Date(START).toISOString(), to: new Date(START + 214 * MINUTE).toISOString(), exit: 4}],
  };
}

/** Every seventh task fails, and is tried once more. */
function entriesOf(place: number): TimelineEntry[] {
  const isBad = place % 7 === 6;
  return (isBad ? [1, 2] : [1]).map(attempt => {
    const from = START + Math.floor(place / 3) * 25 * MINUTE + (attempt - 1) * 12 * MINUTE;
    const started = from + MINUTE;
    const stage_times = {
      waiting: 2 * MINUTE,
      working: (isBad ? 4 : 9) * MINUTE,
      checking: 3 * MINUTE,
      queued: isBad ? 0 : (5 + (place % 3)) * MINUTE,
    };
    const to = from + STAGES.reduce((sum, stage) => sum + stage_times[stage], 0);
    return {
      task: `task-${place}`,
      attempt,
      driver: 'claude',
      slot: place % 3,
      from: new Date(from).toISOString(),
      started: new Date(started).toISOString(),
      to: new Date(to).toISOString(),
      stage_times,
      outcome: isBad ? 'failed' : 'completed',
      ...(isBad && {cause: 'check', message: 'did not pass its check'}),
    };
  });
}

function taskOf(place: number, title: string, timeline: readonly TimelineEntry[]): ReportedTask {
  const id = `task-${place}`;
  const isBad = place % 7 === 6;
  return {
    id,
    title,
    status: isBad ? 'failed' : 'completed',
    driver: 'claude',
    dependencies: place < 3 ? [] : [`task-${place - 3}`],
    attempts: isBad ? 2 : 1,
    cost_usd: 0.35,
    stage_times: sumStages(timeline.filter(entry => entry.task === id).map(({stage_times}) => stage_times)),
  };
}
