import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../git/git.ts';
import {isAncestor} from '../git/refs.ts';
import {slotLink, slotsInPools} from '../git/slot-folders.ts';
import {listFolder} from '../platform/files.ts';
import {isOver} from '../state/milestone.ts';
import {listRescues} from '../workspace/rescue.ts';
import {staleLocks, unfinishedSlots} from '../workspace/slots/mend-slots.ts';
import {examineSpace} from './examine-home.ts';
import type {Finding} from './finding.ts';
import type {Evidence} from './milestone-evidence.ts';

const REPAIR = 'milestone doctor --repair';

/** The branch with the recorded commits, the slots, and what is kept of unfinished work. */
export async function examineGit(evidence: Evidence): Promise<Finding[]> {
  const {repo, pool} = evidence;
  if (!repo || pool === undefined) return [];
  return [
    ...(await examineBranch(evidence, repo)),
    ...examineLostCompletions(evidence),
    ...examineSlots(evidence, repo, pool),
    ...(await examineRescues(evidence, repo)),
  ];
}

async function examineBranch({log, head, isBusy}: Evidence, repo: Repository): Promise<Finding[]> {
  const {state} = log;
  const branch = state.activation?.branch;
  if (branch === undefined || !state.branchCreated || isOver(state.status) || isBusy) return [];
  if (head === undefined)
    return [
      {
        severity: 'error',
        code: 'BRANCH_GONE',
        message: `the branch \`${branch}\` is gone; it was at ${state.head}`,
        hint: `git branch ${branch} ${state.head}`,
      },
    ];
  for (const [id, task] of state.tasks) {
    if (task.status !== 'completed' || task.commit === undefined) continue;
    if (await isAncestor(repo, task.commit, head)) continue;
    return [
      {
        severity: 'error',
        code: 'COMMIT_NOT_ON_BRANCH',
        message: `the branch \`${branch}\` is at ${head} and lacks ${task.commit}, the work of task \`${id}\``,
        hint: `\`git branch -f ${branch} ${state.head}\` puts it back to where it was`,
      },
    ];
  }
  return [];
}

function examineLostCompletions({id, lost, isBusy, paths}: Evidence): Finding[] {
  if (isBusy || lost.length === 0) return [];
  const tasks = lost.map(({task}) => `\`${task}\``).join(', ');
  return [
    {
      severity: 'error',
      code: 'COMPLETION_LOST',
      message: `work of ${tasks} is on the branch of \`${id}\`, but the event log does not tell of it: it would be done again`,
      hint: REPAIR,
      where: {file: paths.log(id)},
      repairable: true,
    },
  ];
}

/** As long as they are there, git may refuse to do anything with worktrees. */
function examineUnfinished(repo: Repository, pool: string): Finding[] {
  return unfinishedSlots(repo, path.dirname(pool)).map(({gitDir}) => ({
    severity: 'warning',
    code: 'SLOT_UNFINISHED',
    message: `a git that was killed while it made a worktree left \`${gitDir}\`: until that goes, git may fail in this repository`,
    hint: REPAIR,
    repairable: true,
  }));
}

function examineSlots(evidence: Evidence, repo: Repository, pool: string): Finding[] {
  const {id, log, isBusy} = evidence;
  const {status} = log.state;
  const registered = slotsInPools(repo).flatMap(found => (found.pool === pool ? [found.slot] : []));
  const places = new Set(registered.flatMap(({topLevel}) => [path.dirname(topLevel), slotLink(topLevel)]));
  const others = listFolder(pool).filter(name => !places.has(path.join(pool, name)));
  const findings = others.flatMap(name => examineFolder(path.join(pool, name)));
  if (registered.length > 0) findings.push(...examineSpace(pool));
  if (isBusy) return findings;
  findings.push(...examineUnfinished(repo, pool));
  if (registered.length > 0 && isOver(status))
    findings.push({
      severity: 'warning',
      code: 'SLOTS_LEFT',
      message: `\`${id}\` is ${status}, but ${registered.length} of its worktrees are still in \`${pool}\``,
      hint: REPAIR,
      repairable: true,
    });
  return [...findings, ...registered.flatMap(examineWorktree)];
}

function examineFolder(folder: string): Finding[] {
  if (/\.stray-/.test(folder))
    return [
      {
        severity: 'warning',
        code: 'SLOT_STRAY',
        message: `\`${folder}\` was in the way of a slot and was set aside`,
        hint: 'evidence whether it holds something of yours, then remove it',
      },
    ];
  return [
    {
      severity: 'warning',
      code: 'SLOT_FOREIGN',
      message: `\`${folder}\` is where slots are, but is no worktree of this repository; it will be set aside`,
    },
  ];
}

function examineWorktree(slot: Repository): Finding[] {
  if (!fs.existsSync(slot.topLevel))
    return [
      {
        severity: 'warning',
        code: 'SLOT_GONE',
        message: `the folder of the worktree \`${slot.topLevel}\` is gone; it is made anew when it is needed`,
      },
    ];
  const locks = staleLocks(slot);
  if (locks.length === 0) return [];
  const message = `a killed git left ${locks.map(lock => `\`${lock}\``).join(', ')}`;
  return [{severity: 'warning', code: 'GIT_LOCK_LEFT', message, hint: REPAIR, repairable: true}];
}

async function examineRescues({id}: Evidence, repo: Repository): Promise<Finding[]> {
  const refs = await listRescues(repo, id);
  const [first] = refs;
  if (!first) return [];
  const what = refs.length === 1 ? 'the work of one unfinished attempt is' : `the work of ${refs.length} attempts is`;
  const message = `${what} kept below \`refs/milestone/rescue/${id}/\``;
  return [{severity: 'note', code: 'WORK_KEPT', message, hint: `git show ${first.ref}`}];
}
