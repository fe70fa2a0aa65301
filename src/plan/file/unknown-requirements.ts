import fs from 'node:fs';
import {isValidId} from '../ids.ts';
import type {Problem} from '../plan.ts';
import {didYouMean} from '../suggest.ts';
import {type HomePaths, listMilestones} from './home.ts';
import {Problems} from './problems.ts';
import type {ReadPlan} from './reader.ts';
import {YamlSource} from './yaml/source.ts';

/** A warning for each milestone that a plan requires and that its home does not have, neither active nor completed. */
export function unknownRequirements(read: ReadPlan, file: string, paths: HomePaths): Problem[] {
  const unknown = (read.plan?.requires ?? []).filter(id => isValidId(id) && !exists(paths, id));
  if (unknown.length === 0) return [];
  const known = listMilestones(paths.home).map(({id}) => id);
  // Read once more, for the places; this is not the usual case.
  const source = YamlSource.parse(read.text, new Problems(file));
  const problems = new Problems(file);
  for (const id of unknown)
    problems.warn(
      'UNKNOWN_REQUIREMENT',
      `the required milestone \`${id}\` is neither in \`active/\` nor in \`completed/\``,
      source?.positionAt(['dependencies', 'requires', positionIn(source, id)]),
      didYouMean(id, known) ?? 'it must be completed before this one can start',
    );
  return problems.found;
}

function exists(paths: HomePaths, id: string): boolean {
  return fs.existsSync(paths.active(id)) || fs.existsSync(paths.completed(id));
}

function positionIn(source: YamlSource, id: string): number {
  for (let index = 0; ; index++) {
    const text = source.textAt(['dependencies', 'requires', index]);
    if (text === id || text === undefined) return index;
  }
}
