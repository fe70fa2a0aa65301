import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {type HomePaths, listMilestones} from './home.ts';
import type {MilestoneId} from './plan.ts';
import {didYouMean} from './suggest.ts';

/**
 * The file that a milestone's plan is in now.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, with the id that was probably meant.
 */
export function locatePlan(paths: HomePaths, id: MilestoneId): string {
  const file = [paths.active(id), paths.completed(id)].find(candidate => fs.existsSync(candidate));
  if (file !== undefined) return file;
  const known = listMilestones(paths.home).map(milestone => milestone.id);
  throw new MilestoneError('UNKNOWN_MILESTONE', `there is no milestone \`${id}\` in \`${paths.home}\``, {
    hint: didYouMean(id, known) ?? 'see `milestone list`',
  });
}
