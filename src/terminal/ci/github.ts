// Problems as GitHub's workflow commands: it shows them beside the lines of a pull request.

import type {Problem} from '../../plan/plan.ts';
import {printable} from '../printable.ts';
import {type FileResult, textOfProblem} from './file-results.ts';

/** A line each; none where nothing is wrong. */
export function githubAnnotations(results: readonly FileResult[]): string {
  return results.flatMap(({file, problems}) => problems.map(problem => `${annotation(file, problem)}\n`)).join('');
}

function annotation(file: string, problem: Problem): string {
  const {line, column} = problem.where ?? {};
  const values = {file, line, col: line === undefined ? undefined : column, title: problem.code};
  const properties = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${property(String(value))}`,
  );
  return `::${problem.severity} ${properties.join(',')}::${data(textOfProblem(problem))}`;
}

/** Nothing in a text ends the command, or begins another one. */
function data(text: string): string {
  return printable(text, {lines: true}).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
