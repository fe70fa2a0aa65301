// The morning's report as JUnit XML: a test case for each task, for what shows results of tests.

import type {TaskId} from '../../plan/plan.ts';
import type {DoneTask, FailedTask, MorningReport, ReportedTask} from '../../reports/morning/report-shape.ts';
import {ownMs} from '../../state/stage-times.ts';
import {attributes, xmlText} from '../xml.ts';
import {doneParts} from './report-text.ts';

export function reportJunit(report: MorningReport): string {
  const {milestone, tasks, headline, at} = report;
  const done = new Map(report.done.map(task => [task.task, task]));
  const failed = new Map(report.failed.map(task => [task.task, task]));
  const unproved = new Set(report.unchecked);
  const cases = tasks.map(task =>
    testCase(task, milestone.id, {done: done.get(task.id), failed: failed.get(task.id), unproved}),
  );
  const skipped = tasks.length - done.size - failed.size;
  const counts = {tests: tasks.length, failures: failed.size, errors: 0, skipped};
  const time = (headline.minutes * 60).toFixed(3);
  const started = report.sessions[0]?.from ?? at;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({name: 'milestone', ...counts, time})}>`,
    `  <testsuite${attributes({name: milestone.id, ...counts, time, timestamp: started})}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface End {
  done: DoneTask | undefined;
  failed: FailedTask | undefined;
  unproved: ReadonlySet<TaskId>;
}

function testCase(task: ReportedTask, milestone: string, end: End): string {
  const time = (ownMs(task.stage_times) / 1_000).toFixed(3);
  const name = task.title === task.id ? task.id : `${task.id}: ${task.title}`;
  const open = `    <testcase${attributes({name, classname: milestone, time})}>`;
  return [open, ...endOf(task, end).map(line => `      ${line}`), '    </testcase>'].join('\n');
}

function endOf({status}: ReportedTask, {done, failed, unproved}: End): string[] {
  if (failed) {
    const tail = xmlText(failed.output_tail ?? failed.message);
    return [`<failure${attributes({message: failed.message, type: failed.cause})}>${tail}</failure>`];
  }
  if (done) return [`<system-out>${xmlText(doneParts(done, unproved).join(', '))}</system-out>`];
  return [`<skipped${attributes({message: status})}/>`];
}
