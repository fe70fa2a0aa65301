// Problems as SARIF 2.1.0, for what collects the findings of tools.

import {printable} from '../printable.ts';
import {type FileResult, textOfProblem} from './file-results.ts';

export function problemsSarif(results: readonly FileResult[], version: string): string {
  const codes = [...new Set(results.flatMap(({problems}) => problems.map(({code}) => code)))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name: 'milestone', version, rules: codes.map(id => ({id}))}},
        columnKind: 'utf16CodeUnits',
        results: results.flatMap(({file, problems}) =>
          problems.map(problem => ({
            ruleId: problem.code,
            ruleIndex: codes.indexOf(problem.code),
            level: problem.severity,
            message: {text: printable(textOfProblem(problem), {lines: true})},
            locations: [{physicalLocation: {artifactLocation: locationOf(file), ...regionOf(problem.where)}}],
          })),
        ),
      },
    ],
  };
  return `${JSON.stringify(log)}\n`;
}

function locationOf(file: string): object {
  return {uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%'};
}

function regionOf(where: {line?: number; column?: number} | undefined): object {
  const {line, column} = where ?? {};
  if (line === undefined) return {};
  return {region: {startLine: line, ...(column !== undefined && {startColumn: column})}};
}
