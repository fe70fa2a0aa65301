import {expect, test} from 'vitest';
import {statusMarkdown} from '../../src/projections/status-markdown.ts';
import type {StatusReport, TaskReport} from '../../src/projections/status-report.ts';

const MANY = 500;

function many<Entry>(make: (index: number) => Entry): Entry[] {
  return Array.from({length: MANY}, (_, index) => make(index));
}

function task(status: 'in_progress' | 'failed', index: number): TaskReport {
  return {
    id: `${status}-${index}`,
    title: 'A *title*',
    status,
    ...(status === 'in_progress' && {stage: 'working' as const}),
    progress: 0,
    attempts: 2,
    dependencies: [],
    driver: 'shell',
    attempt_started_at: '2026-11-23T10:00:00.000Z',
    error: {cause: 'exit', message: 'failed\nbadly '.repeat(100)},
  };
}

/** Everything there can be to say, and more of it than anybody reads. */
const report = {
  id: 'release',
  title: 'Release *it*',
  status: 'in_progress',
  file: 'release.yaml',
  origin: 'log',
  progress: {percentage: 40, tasks_completed: 400, tasks_total: 1_000},
  counts: {pending: 1, in_progress: MANY, kiro_managed: 0, completed: 400, failed: MANY, blocked: 1, skipped: 1},
  unchecked: 3,
  executor: {alive: true, pid: 1, host: 'here', session_id: 'session-1'},
  git: {branch: 'milestone/release', base: 'a'.repeat(40), head: 'b'.repeat(40), landed: false},
  needs_you: many(index => ({kind: 'failed', text: `task ${index} failed`, command: `milestone retry ${index}`})),
  plan_edit: {problems: []},
  next: many(index => `next-${index}`),
  ready: MANY,
  tasks: [...many(index => task('in_progress', index)), ...many(index => task('failed', index))],
  blockers: many(index => ({
    id: `b-${index}`,
    type: 'question',
    message: 'Which *one*?',
    since: '2026-11-23T10:00:00.000Z',
    hint: 'milestone answer',
    who: 'you',
  })),
  warnings: [{kind: 'silent', task_id: 'in_progress-1', message: 'for 3 min', since: '2026-11-23T10:00:00.000Z'}],
  approvals: [],
  agents: [],
  events: [
    {
      seq: 7,
      timestamp: '2026-11-23T10:00:00.000Z',
      event: 'session_saved',
      milestone_id: 'release',
      session_id: 'session-1',
      details: {resume_points: 1},
    },
  ],
} satisfies StatusReport as StatusReport;

test('however much there is to say, it takes fewer than 40 lines', () => {
  const lines = statusMarkdown(report).split('\n');
  expect(lines.length).toBeLessThan(40);
  expect(lines.filter(line => line === '- and 497 more')).toHaveLength(5);
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(500);
});

test('what only says that the executor is well changes nothing', () => {
  const saved = {...report.events[0]!, seq: 8, timestamp: '2026-11-23T10:00:30.000Z'};
  expect(statusMarkdown({...report, events: [...report.events, saved]})).toBe(statusMarkdown(report));
});

test('a warning is said without its age', () => {
  expect(statusMarkdown(report)).toContain('since 2026-11-23T10:00:00Z, is silent for long\n');
  expect(statusMarkdown(report)).not.toContain('for 3 min');
});

test('titles and messages are text, not Markdown', () => {
  const text = statusMarkdown(report);
  expect(text).toContain('# release: Release \\*it\\*');
  expect(text).toContain('Which \\*one\\*?');
  expect(text).not.toContain('\nbadly');
});
