import {expect, test} from 'vitest';
import type {BlockerReport} from '../../src/reports/blockers.ts';
import type {StatusReport, TaskReport} from '../../src/reports/status-shape.ts';
import {BLOCKER_KINDS} from '../../src/state/blockers.ts';
import {statusMarkdown} from '../../src/terminal/status-markdown.ts';

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

function blocker(type: 'quota' | 'question', index: number): BlockerReport {
  const {who} = BLOCKER_KINDS[type];
  return {id: `${type}-${index}`, type, message: `It is a *${type}*`, since: '2026-11-23T10:00:00.000Z', hint: '', who};
}

const AMOUNTS = {usd: 1_000.5, tokens: 1_000_000_000, turns: 1_000_000, minutes: 1_000_000};

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
  executed: 'here',
  executor: {alive: true, pid: 1, host: 'here', session_id: 'session-1'},
  minutes: 0,
  git: {branch: 'milestone/release', base: 'a'.repeat(40), head: 'b'.repeat(40), landed: false},
  needs_you: many(index => ({kind: 'question', text: 'Which *one*?', command: `milestone answer ${index}`})),
  plan_edit: {problems: []},
  next: many(index => `next-${index}`),
  ready: MANY,
  tasks: [...many(index => task('in_progress', index)), ...many(index => task('failed', index))],
  blockers: [...many(index => blocker('quota', index)), ...many(index => blocker('question', index))],
  warnings: [{kind: 'silent', task_id: 'in_progress-1', message: 'for 3 min', since: '2026-11-23T10:00:00.000Z'}],
  approvals: [],
  liberties: ['agents may do anything', 'nobody is asked', 'gates were passed'],
  budget: {limit: AMOUNTS, used: AMOUNTS, reserved: AMOUNTS},
  used: AMOUNTS,
  paused_until: '2026-11-23T12:00:00.000Z',
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
  expect(lines.filter(line => line === '- and 497 more')).toHaveLength(4);
  expect(lines).toContain('- and 495 more: `milestone approvals release`, `milestone blockers release`');
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(700);
});

test('what only says that the executor is well changes nothing', () => {
  const saved = {...report.events[0]!, seq: 8, timestamp: '2026-11-23T10:00:30.000Z'};
  expect(statusMarkdown({...report, events: [...report.events, saved]})).toBe(statusMarkdown(report));
});

test('what a person has to act on is said once', () => {
  const text = statusMarkdown(report);
  expect(text).toContain('**Blockers**\n- It is a \\*quota\\*\n');
  expect(text).not.toContain('It is a \\*question\\*');
});

test('what is wanted once is not lost behind what is wanted often', () => {
  const approvals = many(index => ({kind: 'approval' as const, text: `approval ${index}`, command: 'approve'}));
  const others = (['question', 'failed', 'blocker', 'manual', 'paused'] as const).map(kind => ({
    kind,
    text: `a ${kind}`,
    command: 'do',
  }));
  const text = statusMarkdown({...report, needs_you: [...approvals, ...others]});
  expect(text.match(/(?:approval \d+|a \w+): `/g)).toEqual([
    'approval 0: `',
    'a question: `',
    'a failed: `',
    'a blocker: `',
    'a manual: `',
    'a paused: `',
  ]);
});

test('who works on it, and at what cost, is a line of its own', () => {
  const [, , counts, who, gap] = statusMarkdown(report).split('\n');
  expect(counts).toMatch(/^\*\*in_progress\*\* · 40 % · .* {2}$/);
  expect(who).toMatch(
    /^branch milestone\/release at b{10} · .*1000\.50 of 1000\.50 usd.* · .* a driver rests until .*\S$/,
  );
  expect(gap).toBe('');
});

test('a warning is said without its age', () => {
  expect(statusMarkdown(report)).toContain('since 2026-11-23T10:00:00Z, is silent for long\n');
  expect(statusMarkdown(report)).not.toContain('for 3 min');
});

test('titles and messages are text, not Markdown', () => {
  const text = statusMarkdown(report);
  expect(text).toContain('# release: Release \\*it\\*');
  expect(text).toContain('- Which \\*one\\*? `milestone answer 0`\n');
  expect(text).not.toContain('\nbadly');
});

test('an attempt runs only where somebody executes it', () => {
  const running = statusMarkdown(report);
  expect(running).toContain(`${MANY} running`);
  expect(running).toContain('**Running**');
  // Gone: it was killed. Nobody: it could not record that they ended.
  for (const executed of ['gone', 'nobody'] as const) {
    const text = statusMarkdown({...report, executed, executor: null});
    expect(text).toContain(`${MANY} interrupted`);
    expect(text).toContain('**Interrupted**');
    expect(text).not.toMatch(/\brunning\b/i);
  }
});
