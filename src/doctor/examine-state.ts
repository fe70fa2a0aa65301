import fs from 'node:fs';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {foldLog} from '../milestone/fold-log.ts';
import {listFolder} from '../platform/files.ts';
import {findByToken} from '../platform/processes/process-search.ts';
import {readCache} from '../projections/cache.ts';
import {isOver} from '../state/milestone.ts';
import {takeSnapshot} from '../state/snapshot.ts';
import type {Finding} from './finding.ts';
import type {Evidence} from './milestone-evidence.ts';

const REPAIR = 'milestone doctor --repair';

/** The plan file: fit to execute, and saying what the log says. */
export function examinePlan(evidence: Evidence): Finding[] {
  const {id, file, folder, read, log, isBusy, lines} = evidence;
  if (file === undefined || !read) return [planGone(evidence)];
  const {status} = log.state;
  const problems: Finding[] =
    folder === 'active' ? read.problems : read.problems.map(problem => ({...problem, severity: 'warning'}));
  if (isBusy || lines.lines.length === 0) return problems;
  if (status === 'completed' && folder === 'active')
    problems.push({
      severity: 'warning',
      code: 'MOVE_UNFINISHED',
      message: `\`${id}\` is completed, but its plan is still in \`active/\``,
      hint: REPAIR,
      where: {file},
      repairable: true,
    });
  else if (status !== read.imported.status && read.layout)
    problems.push({
      severity: 'warning',
      code: 'PLAN_FILE_BEHIND',
      message: `the plan file of \`${id}\` says \`${read.imported.status}\`, the event log says \`${status}\``,
      hint: REPAIR,
      where: {file},
      repairable: true,
    });
  return problems;
}

/** Of a milestone that is under way the log has the plan in force. */
function planGone({id, log: {state}, isBusy}: Evidence): Finding {
  const message = `there is an event log of \`${id}\`, but no plan`;
  const gone = {severity: 'warning', code: 'PLAN_GONE', message} as const;
  if (isOver(state.status) || state.seq === 0) return {...gone, hint: 'put the plan back, or delete the log'};
  const hint = `\`${REPAIR}\` writes the plan in force into \`active/\` again, without the comments that it had`;
  return isBusy ? {...gone, hint: `once its executor has ended, ${hint}`} : {...gone, hint, repairable: true};
}

/** What a killed process may have left behind. */
export async function examineRemains(evidence: Evidence): Promise<Finding[]> {
  if (evidence.isBusy) return [];
  return [...(await examineProcesses(evidence)), ...examineInbox(evidence), ...examineCache(evidence)];
}

async function examineProcesses({id, log}: Evidence): Promise<Finding[]> {
  const left = log.tokens.size > 0 ? await findByToken(log.tokens) : [];
  if (left.length === 0) return [];
  const names = left.slice(0, 5).map(({pid, name}) => `${pid} (${name})`);
  return [
    {
      severity: 'warning',
      code: 'PROCESSES_LEFT',
      message: `attempts of \`${id}\` left processes running: ${names.join(', ')}${left.length > 5 ? ' …' : ''}`,
      hint: isOver(log.state.status)
        ? `\`${REPAIR}\` ends them`
        : `\`${REPAIR}\`, or \`milestone resume ${id}\`, ends them`,
      repairable: true,
    },
  ];
}

function examineInbox({id, paths}: Evidence): Finding[] {
  const findings: Finding[] = [];
  const names = listFolder(paths.inbox(id)).filter(name => /\.(?:json|taken)$/.test(name));
  if (names.length > 0)
    findings.push({
      severity: 'warning',
      code: 'REQUESTS_WAITING',
      message: `${names.length === 1 ? 'a request waits' : `${names.length} requests wait`} for an answer in \`${paths.inbox(id)}\``,
      hint: `\`milestone resume ${id}\` answers them`,
    });
  const junk = listFolder(path.join(paths.inbox(id), 'junk'));
  if (junk.length > 0)
    findings.push({
      severity: 'warning',
      code: 'JUNK_LEFT',
      message: `${junk.length === 1 ? 'a file that is' : `${junk.length} files that are`} no request in \`${paths.inbox(id)}\``,
      hint: REPAIR,
      repairable: true,
    });
  return findings;
}

/** A cache that is not of this log is not used; one that says something else than the log would be believed. */
function examineCache({id, paths, log, lines}: Evidence): Finding[] {
  const file = paths.cache(id);
  if (!fs.existsSync(file) || log.damage || lines.lines.length === 0) return [];
  const isOfThisLog = readCache(file, paths.log(id)) !== undefined;
  const folded = foldLog(paths, id);
  if (isOfThisLog && folded && isSame(takeSnapshot(folded.state), takeSnapshot(log.state))) return [];
  return [
    {
      severity: 'warning',
      code: 'CACHE_STALE',
      message: isOfThisLog
        ? `the cache of \`${id}\` says something else than the log`
        : `the cache of \`${id}\` is stale`,
      hint: REPAIR,
      where: {file},
      repairable: true,
    },
  ];
}

/** Equal as JSON, in which the cache keeps them. */
function isSame(one: object, other: object): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}
