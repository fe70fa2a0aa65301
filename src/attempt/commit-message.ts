// The message of a task's commit. What it says comes from plans and agents: data, which must not pass for trailers.

import type {CheckResult} from '../events/details/checks.ts';
import {REMOVED_TESTS_HEADING} from '../events/removed-tests.ts';
import {DEFAULT_SETTINGS} from '../plan/settings.ts';

export interface TaskCommit {
  /** `git.message`; knows `{type}`, `{scope}`, `{title}`, `{task}`, `{milestone}`. */
  template?: string;
  milestone: string;
  task: {id: string; title: string; type?: string};
  attempt: number;
  /** `execution.id`. */
  execution: string;
  summary?: string;
  assumptions?: readonly string[];
  /** One line for each file of which tests are gone or skipped. */
  removedTests?: readonly string[];
  checks?: readonly CheckResult[];
}

const SUBJECT_LENGTH = 100;
const BODY_LENGTH = 4_000;

/** Subject, body and trailers; ends in a newline. */
export function commitMessage(commit: TaskCommit): string {
  const {milestone, task, attempt, execution} = commit;
  const paragraphs = [
    subject(commit),
    prose(commit.summary ?? ''),
    list('Assumptions:', (commit.assumptions ?? []).map(oneLine)),
    list(REMOVED_TESTS_HEADING, (commit.removedTests ?? []).map(oneLine)),
    list('Checks:', (commit.checks ?? []).map(checkLine)),
    trailers({Task: task.id, Milestone: milestone, Attempt: String(attempt), Execution: execution}),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

function subject({template = DEFAULT_SETTINGS.git.message, milestone, task}: TaskCommit): string {
  const values: Record<string, string> = {
    type: task.type ?? 'feat',
    scope: `milestone-${milestone}`,
    title: task.title,
    task: task.id,
    milestone,
  };
  const line = oneLine(template.replace(/\{(\w+)\}/g, (placeholder, name) => values[name] ?? placeholder));
  return shorten(line, SUBJECT_LENGTH) || task.id;
}

function list(heading: string, items: readonly string[]): string {
  const lines = items.filter(Boolean).map(item => `- ${item}`);
  return lines.length === 0 ? '' : [heading, ...lines].join('\n');
}

function checkLine({command, ok, flaky, duration_ms}: CheckResult): string {
  const result = ok ? 'passed' : 'failed';
  return `${shorten(oneLine(command), 200)}: ${result} in ${(duration_ms / 1_000).toFixed(1)} s${flaky ? ' (flaky)' : ''}`;
}

/** The lines by which programs find a commit. */
export function trailers(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${oneLine(value)}`)
    .join('\n');
}

// C0 and C1 controls, line and paragraph separators, marks that change the direction of what follows.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Words of anybody's, fit for a line of a message. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').replace(/ +/g, ' ').trim();
}

// Readers of trailers stop at a line of dashes or at git's scissors, drop comments, and some look at every line.
const MISTAKABLE = /^(?=---|#|;|\S -+ ?>8|(?:Task|Milestone|Attempt|Execution)\s*:)/i;

function prose(text: string): string {
  const lines = shorten(text.trim(), BODY_LENGTH).split(/\r\n|\r|\n/);
  return lines
    .map(line => line.replace(/\t/g, '    ').replace(CONTROL, ' ').trimEnd().replace(MISTAKABLE, ' '))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
}

/** Cut to a number of characters, none of them in half. */
function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}
