// Problems as JUnit XML: a test case for each file.

import type {Problem} from '../../plan/plan.ts';
import {attributes, xmlText} from '../xml.ts';
import {type FileResult, textOfProblem} from './file-results.ts';

export function problemsJunit(results: readonly FileResult[]): string {
  const failures = results.filter(({problems}) => problems.some(isError)).length;
  const counts = {tests: results.length, failures, errors: 0, skipped: 0};
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({name: 'milestone validate', ...counts})}>`,
    `  <testsuite${attributes({name: 'milestone validate', ...counts})}>`,
    ...results.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({file, problems}: FileResult): string {
  const errors = problems.filter(isError);
  const warnings = problems.filter(problem => !isError(problem));
  const [first] = errors;
  return [
    `    <testcase${attributes({name: file, classname: 'milestone validate', file})}>`,
    ...(first
      ? [`      <failure${attributes({message: first.message, type: first.code})}>${xmlText(textOf(errors))}</failure>`]
      : []),
    ...(warnings.length > 0 ? [`      <system-out>${xmlText(textOf(warnings))}</system-out>`] : []),
    '    </testcase>',
  ].join('\n');
}

function textOf(problems: readonly Problem[]): string {
  return problems
    .map(problem => {
      const {line, column} = problem.where ?? {};
      const location = line === undefined ? '' : `${line}:${column ?? 1}: `;
      return `${location}${problem.severity}: ${textOfProblem(problem)}`;
    })
    .join('\n');
}

function isError({severity}: Problem): boolean {
  return severity === 'error';
}
