// What is no YAML is told with the line, the place in it, and what to write instead.

import {expect, test} from 'vitest';
import {readPlanText} from '../../../src/plan/file/read-plan-text.ts';

const TASKS = 'tasks:\n  - {id: a, title: A, run: x}\n';

/** The first finding: its words, the line with a `^` before the character that is meant, and the hint. */
function told(text: string): {message: string | undefined; shown: string; hint: string | undefined} {
  const {problems} = readPlanText(`id: m\n${text}${TASKS}`, 'm.yaml');
  const {message, where, hint} = problems[0] ?? {};
  const {text: line = '', caret = 0} = where?.excerpt ?? {};
  return {message, shown: `${where?.line}: ${line.slice(0, caret)}^${line.slice(caret)}`, hint};
}

test.each([
  ['title: Fix: the bug\n', '2: title: ^Fix: the bug', 'put the value in quotes: `title: "Fix: the bug"`'],
  ['title: it is:\n', '2: title: ^it is:', 'put the value in quotes: `title: "it is:"`'],
  ['title: say "a: b" # so\n', '2: title: ^say "a: b" # so', 'put the value in quotes: `title: \'say "a: b"\'`'],
  ['title: @me\n', '2: title: ^@me', 'put the value in quotes: `title: "@me"`'],
  ['title: `x`\n', '2: title: ^`x`', 'put the value in quotes: `title: "`x`"`'],
  ['title: %d items\n', '2: title: ^%d items', 'put the value in quotes: `title: "%d items"`'],
  ['title: *bold* text\n', '2: title: *bold* ^text', 'put the value in quotes: `title: "*bold* text"`'],
  ['title: *.ts\n', '2: title: ^*.ts', 'put the value in quotes: `title: "*.ts"`'],
  ['success_criteria:\n  - *.ts\n', '3:   - ^*.ts', 'put the value in quotes: `- "*.ts"`'],
  ['settings: {touches: [a, *.ts]}\n', '2: settings: {touches: [a, ^*.ts]}', 'put it in quotes: `"*.ts"`'],
  ['settings: {touches: [@a, b]}\n', '2: settings: {touches: [^@a, b]}', 'put it in quotes: `"@a"`'],
  ['title: [WIP] thing\n', '2: title: [WIP] ^thing', 'put the value in quotes: `title: "[WIP] thing"`'],
  ['title: "a" b\n', '2: title: "a" ^b', 'put the value in quotes: `title: \'"a" b\'`'],
  ['title: - x\n', '2: title: ^- x', 'put the value in quotes: `title: "- x"`'],
  ['title: > 5\n', '2: title: > ^5', 'put the value in quotes: `title: "> 5"`'],
  ['settings:\n\tretries: 1\n', '3: ^→retries: 1', 'indent with spaces'],
  ['title:x\n', '2: ^title:x', 'write a space after the colon: `title: x`'],
  ['a remark\n', '2: ^a remark', 'put a `#` before it if it is a remark'],
  ['title: x\n  status: y\n', '3:   ^status: y', 'give both the same indentation'],
  ['title: "abc\n', '2: title: ^"abc', 'write another " at the end of the value'],
  ['settings:\n  touches: [a, b\n  retries: 1\n', '4:   ^retries: 1', 'write `]` where the list ends'],
])('%j is told with its line and what to write', (text, shown, hint) => {
  expect(told(text)).toEqual({message: expect.stringMatching(/^not valid YAML: |anchor/), shown, hint});
});

test('a value that begins with `!` is a tag to YAML, which nobody here knows', () => {
  const {problems} = readPlanText(`id: m\ntitle: !important thing\n${TASKS}`, 'm.yaml');
  expect(problems).toMatchObject([
    {
      code: 'YAML_WARNING',
      severity: 'warning',
      where: {line: 2, excerpt: {text: 'title: !important thing'}},
      hint: 'put the value in quotes: `title: "!important thing"`',
    },
  ]);
});

test('each line is told once, and a long one is cut around the place that is meant', () => {
  const {problems} = readPlanText(`id: m\nx: {a: ${'b'.repeat(300)} "}"} y] z: w\n${TASKS}`, 'm.yaml');
  expect(problems).toHaveLength(1);
  const {excerpt, column = 0} = problems[0]?.where ?? {};
  expect(excerpt?.text.length).toBeLessThanOrEqual(100);
  expect(column).toBeGreaterThan(300);
  expect(excerpt?.text[excerpt.caret]).toBe('"');
});
