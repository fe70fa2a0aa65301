// The two documents of the last phase, which no agent writes: what was run, and what changed. Pure.

import type {CheckResult} from '../events/details/checks.ts';
import type {Task} from '../plan/plan.ts';
import {printable} from '../terminal/printable.ts';

/** `test-results.md`: every check that was run, and how it ended. */
export function testResults(task: Task, attempt: number, checks: readonly CheckResult[]): string {
  const head = [`# Test results: ${oneLine(task.title)}`, '', `Task \`${task.id}\`, attempt ${attempt}.`, ''];
  if (checks.length === 0)
    return [...head, 'Nothing was checked: neither the task nor the milestone names a check (`verify`).', ''].join(
      '\n',
    );
  return [...head, verdict(checks), '', ...checks.flatMap(checkSection)].join('\n');
}

function verdict(checks: readonly CheckResult[]): string {
  const red = checks.filter(check => !check.ok).length;
  if (red > 0) return `${red} of ${checks.length} checks failed.`;
  return checks.length === 1 ? 'The check passed.' : `All ${checks.length} checks passed.`;
}

function checkSection(check: CheckResult): string[] {
  const {name, command, ok, exit_code, duration_ms, flaky, output_tail = ''} = check;
  const counts = readCounts(output_tail);
  return [
    `## ${ok ? 'Passed' : 'Failed'}: ${name}`,
    '',
    ...fenced(command, 'sh'),
    '',
    `- exit code: ${exit_code ?? 'none (it did not end by itself)'}`,
    `- duration: ${(duration_ms / 1_000).toFixed(1)} s`,
    ...(flaky ? ['- flaky: red, then green on the same tree'] : []),
    ...(counts ? [`- counts, as the output has them: ${counts}`] : []),
    '',
    ...outputLines(check),
    '',
  ];
}

/** Of a green check nobody reads more than its end. */
const GREEN_LINES = 10;

function outputLines({ok, output_tail = ''}: CheckResult): string[] {
  const lines = output_tail.trimEnd().split('\n');
  if (output_tail.trim() === '') return ['It printed nothing.'];
  const shown = ok ? lines.slice(-GREEN_LINES) : lines;
  return ['The end of its output:', '', ...fenced(shown.join('\n'))];
}

/** What changed, and how that is known. */
type Changes =
  | {from: 'git'; files: readonly string[]; commit?: string | undefined}
  /** A person did it, somewhere. */
  | {from: 'hand'}
  /** There is no git. */
  | {from: 'nowhere'};

/** `implementation-summary.md`: what the driver said, and what git shows. */
export function implementationSummary(
  task: Task,
  done: {summary?: string; assumptions?: readonly string[]; changes: Changes},
): string {
  const {summary, assumptions = [], changes} = done;
  return [
    `# Implementation summary: ${oneLine(task.title)}`,
    '',
    ...(summary === undefined ? [] : ['As whoever did it says:', '', ...quoted(summary), '']),
    ...(assumptions.length === 0 ? [] : ['Assumptions:', '', ...assumptions.map(text => `- ${oneLine(text)}`), '']),
    ...describeChanges(changes),
    '',
  ].join('\n');
}

function describeChanges(changes: Changes): string[] {
  if (changes.from === 'hand')
    return ['It was done by hand: what was changed is in commits of whoever did it, not in one of this task.'];
  if (changes.from === 'nowhere') return ['It was executed without git: there is no record of what changed.'];
  const {files, commit} = changes;
  const where = commit === undefined ? 'No commit yet' : `Commit \`${commit}\``;
  if (files.length === 0) return [commit === undefined ? 'No file was changed.' : `${where}.`];
  return [`${where}; files changed:`, '', ...files.map(file => `- \`${oneLine(file)}\``)];
}

/** Runners print their counts in a few well-known forms. */
const COUNTS = [
  /^\s*Tests?:?\s+(?:\d+ \w+(?:\s*[|,]\s*)?)+(?:\s*\(\d+\))?/gm, // vitest, jest
  /^=*\s*(?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|warnings?|deselected)(?:, )?)+ in [\d.:]+s?.*$/gm, // pytest
  /^test result: \w+\. \d+ passed; \d+ failed.*$/gm, // cargo
  /^\s*\d+ (?:passing|failing|pending)\b.*$/gm, // mocha
  /^(?:#|ℹ) (?:tests|pass|fail) \d+$/gm, // node:test
  /^Ran \d+ tests? in .*$/gm, // unittest
  /^Tests run: \d+, Failures: \d+.*$/gm, // JUnit
  /^\d+ examples?, \d+ failures?.*$/gm, // RSpec
  /^\d+ passed, \d+ failed$/gm,
];

/** The counts in the output of a test runner, as it printed them; undefined when none are found. */
export function readCounts(output: string): string | undefined {
  const plain = output.replace(/\x1b\[[\d;]*m/g, '');
  for (const pattern of COUNTS) {
    const found = plain.match(pattern);
    if (found) return found.map(line => line.replace(/=+/g, '').trim()).join(', ');
  }
  return undefined;
}

function fenced(text: string, language = ''): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(run => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, printable(text.trimEnd(), {lines: true}), fence];
}

function quoted(text: string): string[] {
  return printable(text, {lines: true})
    .split('\n')
    .map(line => `> ${line}`.trimEnd());
}

function oneLine(text: string): string {
  return printable(text);
}
