// A milestone is known by its plan file. While it is under way its log knows it as well, also when that file is gone.

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {type HomePaths, type ListedMilestone, listMilestones} from '../plan/file/home.ts';
import {isValidId} from '../plan/ids.ts';
import type {MilestoneId, Problem} from '../plan/plan.ts';
import {didYouMean} from '../plan/suggest.ts';
import {listFolder} from '../platform/files.ts';
import {isOver} from '../state/milestone.ts';
import {foldLog} from './fold-log.ts';

/**
 * The file that a milestone's plan is in now; where it was, when it was deleted under way.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, with the id that was probably meant.
 */
export function locatePlan(paths: HomePaths, id: MilestoneId): string {
  const file = findPlan(paths, id);
  if (file !== undefined) return file;
  // A link that leads nowhere is listed, and is no milestone.
  const known = knownMilestones(paths).flatMap(milestone => (milestone.id === id ? [] : milestone.id));
  throw new MilestoneError('UNKNOWN_MILESTONE', `there is no milestone \`${id}\` in \`${paths.home}\``, {
    hint: didYouMean(id, known) ?? 'see `milestone list`',
  });
}

/** As `locatePlan`; undefined when there is no such milestone. */
export function findPlan(paths: HomePaths, id: MilestoneId): string | undefined {
  const file = [paths.active(id), paths.completed(id)].find(candidate => fs.existsSync(candidate));
  return file ?? (isUnderWay(paths, id, {ifDamaged: true}) ? paths.active(id) : undefined);
}

/** All milestones of a home, the active ones first. A plan file may hold none, or be gone. */
export function knownMilestones(paths: HomePaths): ListedMilestone[] {
  const listed = listMilestones(paths.home);
  const withFile = new Set(listed.map(({id}) => id));
  const gone = listLogged(paths)
    .filter(id => isValidId(id) && !withFile.has(id) && isUnderWay(paths, id, {ifDamaged: false}))
    .map<ListedMilestone>(id => ({id, file: paths.active(id), folder: 'active'}));
  const isActive = ({folder}: ListedMilestone) => folder === 'active';
  return [...listed.filter(isActive), ...gone, ...listed.filter(milestone => !isActive(milestone))];
}

/** Milestones whose ids differ from this one in upper and lower case alone: for files and branches they may be one. */
function namesakes({home}: HomePaths, id: MilestoneId): ListedMilestone[] {
  return listMilestones(home).filter(other => other.id !== id && other.id.toLowerCase() === id.toLowerCase());
}

/** An id that other milestones of the home have as well, but for upper and lower case. */
export function sharedId(paths: HomePaths, id: MilestoneId, file: string): Problem[] {
  return namesakes(paths, id).map(other => ({
    severity: 'error',
    code: 'DUPLICATE_ID',
    message: `the milestone ids \`${id}\` and \`${other.id}\` (\`${other.folder}/\`) differ in upper and lower case alone`,
    hint: 'give each milestone an id of its own',
    where: {file},
  }));
}

/** Ids of all milestones that have a log. */
export function listLogged({logsFolder}: HomePaths): MilestoneId[] {
  return listFolder(logsFolder).flatMap(name => /^execution-(.+)\.jsonl$/.exec(name)?.[1] ?? []);
}

/**
 * Whether its log tells of a milestone that is neither completed nor cancelled.
 * @param ifDamaged Of a log that is damaged: whoever names it is to be told, it turns up by itself nowhere.
 */
function isUnderWay(paths: HomePaths, id: MilestoneId, {ifDamaged}: {ifDamaged: boolean}): boolean {
  try {
    const status = foldLog(paths, id)?.state.status;
    return status !== undefined && !isOver(status);
  } catch (error) {
    if (error instanceof MilestoneError) return ifDamaged;
    throw error;
  }
}
