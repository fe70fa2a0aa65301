import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import {findPlan, knownMilestones} from '../milestone/find-milestone.ts';
import {findHome, type HomePaths, listMilestones} from '../plan/file/home.ts';
import {isValidId} from '../plan/ids.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {readIfExists} from '../platform/files.ts';

/**
 * The home of the working directory.
 * @throws {MilestoneError} `NO_HOME`
 */
export function requireHome(): string {
  const home = findHome(process.cwd());
  if (home !== undefined) return home;
  throw new MilestoneError('NO_HOME', `there is no \`.milestones\` in \`${process.cwd()}\` or above it`, {
    hint: '`milestone init` makes one',
  });
}

/**
 * The milestone that is meant when a command names none: the current one, else the only active one; where none is
 * active, the completed one that was executed last.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `AMBIGUOUS_MILESTONE`
 */
export function chooseMilestone(paths: HomePaths, id: string | undefined): MilestoneId {
  if (id !== undefined) {
    if (isValidId(id)) return id;
    throw new MilestoneError('UNKNOWN_MILESTONE', `\`${id}\` cannot be the id of a milestone`, {
      hint: 'milestone list',
    });
  }
  const current = readIfExists(paths.current)?.trim();
  if (current !== undefined && isValidId(current) && findPlan(paths, current) === paths.active(current)) return current;
  const active = knownMilestones(paths).filter(milestone => milestone.folder === 'active');
  if (active.length === 1) return active[0]!.id;
  const completed = active.length === 0 ? lastCompleted(paths, current) : undefined;
  if (completed !== undefined) return completed;
  if (active.length === 0)
    throw new MilestoneError('UNKNOWN_MILESTONE', `there is no active milestone in \`${paths.home}\``, {
      hint: `put a plan in \`${paths.activeFolder}\``,
    });
  const ids = active.slice(0, 5).map(milestone => `\`${milestone.id}\``);
  throw new MilestoneError(
    'AMBIGUOUS_MILESTONE',
    `there are ${active.length} active milestones: ${ids.join(', ')}${active.length > 5 ? ' …' : ''}`,
    {
      hint: 'name the one that you mean',
    },
  );
}

/**
 * The milestone to show when a command names none: the one that ran last, whatever became of it; else as above.
 * @throws {MilestoneError} as `chooseMilestone`.
 */
export function chooseShown(paths: HomePaths, id: string | undefined): MilestoneId {
  return chooseMilestone(paths, id ?? lastExecuted(paths));
}

/** The milestone that ran last; undefined where none has. */
export function lastExecuted(paths: HomePaths): MilestoneId | undefined {
  return latest(
    paths,
    knownMilestones(paths).map(({id}) => id),
  );
}

/** The one whose log was written last, of those that have one. */
function latest(paths: HomePaths, ids: readonly MilestoneId[]): MilestoneId | undefined {
  const writtenAt = (id: MilestoneId) => fs.statSync(paths.log(id), {throwIfNoEntry: false})?.mtimeMs ?? 0;
  const [last] = ids.map(id => ({id, at: writtenAt(id)})).sort((a, b) => b.at - a.at);
  return last && last.at > 0 ? last.id : undefined;
}

/** The completed milestone that the home names as the current one, else the one whose log was written last. */
function lastCompleted(paths: HomePaths, current: string | undefined): MilestoneId | undefined {
  const completed = listMilestones(paths.home).flatMap(({id}) => (isValidId(id) ? id : []));
  if (current !== undefined && completed.includes(current)) return current;
  return latest(paths, completed) ?? (completed.length === 1 ? completed[0] : undefined);
}
