import fs from 'node:fs';
import {MilestoneError} from '../../errors.ts';
import type {MilestoneId, Plan} from '../plan.ts';
import type {HomePaths} from './home.ts';

/**
 * Make sure that every milestone that a plan requires is completed.
 * @throws {MilestoneError} `REQUIRED_MISSING`
 */
export function refuseMissingRequirements(plan: Plan, paths: HomePaths): void {
  const missing = missingRequirements(plan, paths);
  const [first] = missing;
  if (first === undefined) return;
  throw new MilestoneError(
    'REQUIRED_MISSING',
    `milestone \`${plan.id}\` requires ${missing.map(id => `\`${id}\``).join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not completed`,
    {hint: fs.existsSync(paths.active(first)) ? `milestone execute ${first}` : 'milestone list'},
  );
}

/** Milestones that a plan requires and that are not completed. */
export function missingRequirements({requires}: Plan, paths: HomePaths): MilestoneId[] {
  return requires.filter(id => !fs.existsSync(paths.completed(id)));
}
