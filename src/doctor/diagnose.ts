// Looks at everything and changes nothing. What it finds is explained; repair.ts mends what can be mended.

import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Repository} from '../git/git.ts';
import {openRepository} from '../git/repository.ts';
import {listLogged, locatePlan} from '../milestone/find-milestone.ts';
import {type HomePaths, homePaths, type ListedMilestone, listMilestones} from '../plan/file/home.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {examineGit} from './examine-git.ts';
import {examineHome, examineMachine} from './examine-home.ts';
import {examineLog} from './examine-log.ts';
import {examineAgents, examineConfig, examinePlanSetup, examineWorkers} from './examine-setup.ts';
import {examinePlan, examineRemains} from './examine-state.ts';
import type {Finding} from './finding.ts';
import {examine} from './milestone-evidence.ts';

/**
 * Examine the machine, the home, and all its milestones or one of them.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`; the failures of what is examined are findings.
 */
export async function diagnose(home: string, id: MilestoneId | undefined): Promise<Finding[]> {
  const paths = homePaths(home);
  if (id !== undefined) locatePlan(paths, id);
  const {repo, findings} = await openIfPossible(path.dirname(home));
  findings.unshift(...examineMachine());
  findings.push(...(await examineHome(paths, repo)), ...(await examineConfig(paths)));
  const milestones = milestonesOf(paths).filter(one => id === undefined || one.id === id);
  findings.push(...(await examineAgents(paths, milestones)));
  for (const milestone of milestones) findings.push(...(await diagnoseMilestone(paths, repo, milestone)));
  return findings;
}

async function openIfPossible(folder: string): Promise<{repo: Repository | undefined; findings: Finding[]}> {
  try {
    return {repo: await openRepository(folder), findings: []};
  } catch (error) {
    if (!(error instanceof MilestoneError)) throw error;
    const {message, hint} = error;
    const isMissing = /not found/.test(message);
    const code = isMissing ? 'GIT_MISSING' : error.code;
    const severity = isMissing ? 'warning' : 'error';
    return {repo: undefined, findings: [{severity, code, message, ...(hint !== undefined && {hint})}]};
  }
}

/** Those with a plan, and those of which only a log is left. */
function milestonesOf(paths: HomePaths): Array<Partial<ListedMilestone> & {id: MilestoneId}> {
  const listed = listMilestones(paths.home);
  const known = new Set(listed.map(({id}) => id));
  return [
    ...listed,
    ...listLogged(paths)
      .filter(id => !known.has(id))
      .map(id => ({id})),
  ];
}

async function diagnoseMilestone(
  paths: HomePaths,
  repo: Repository | undefined,
  listed: Partial<ListedMilestone> & {id: MilestoneId},
): Promise<Finding[]> {
  const evidence = await examine(paths, repo, listed);
  const findings = [
    ...examinePlan(evidence),
    ...(await examinePlanSetup(evidence)),
    ...(await examineWorkers(evidence)),
    ...examineLog(evidence),
    ...(await examineGit(evidence)),
    ...(await examineRemains(evidence)),
  ];
  return findings.map(finding => ({...finding, milestone_id: evidence.id}));
}
