import fs from 'node:fs';
import {isOver} from '../state/milestone.ts';
import type {Finding} from './finding.ts';
import {type Evidence, foldedLength, wasExecutedHere} from './milestone-evidence.ts';

const REPAIR = 'milestone doctor --repair';

/** Who holds the lock, and whether the log can be believed. */
export function examineLog(evidence: Evidence): Finding[] {
  return [
    ...examineLock(evidence),
    ...examineLines(evidence),
    ...examineForeign(evidence),
    ...examineAbsence(evidence),
    ...examineLength(evidence),
  ];
}

function examineLock({id, holder}: Evidence): Finding[] {
  if (holder.who === 'nobody') return [];
  const {owner} = holder;
  if (!owner)
    return [
      {
        severity: 'error',
        code: 'LOCK_UNKNOWN',
        message: `the lock of \`${id}\` cannot be understood, so nothing begins while somebody may still be at work on it`,
        hint: `make sure that nobody is, then \`milestone resume ${id} --take-over\``,
      },
    ];
  const who = `process ${owner.pid} on \`${owner.host}\` (since ${owner.since})`;
  if (holder.who === 'here') return [{severity: 'note', code: 'LOCK_HELD', message: `${who} works on \`${id}\``}];
  if (holder.who === 'gone') {
    const message = `${who} died at work on \`${id}\``;
    return [{severity: 'note', code: 'LOCK_DEAD', message, hint: `\`milestone resume ${id}\` goes on from there`}];
  }
  return [
    {
      severity: 'warning',
      code: 'LOCK_UNKNOWN',
      message: `${who} holds \`${id}\`, and from here nobody can tell whether it is alive`,
      hint: `if it is not, use \`milestone resume ${id} --take-over\``,
    },
  ];
}

function examineLines({id, paths, log, lines, isBusy}: Evidence): Finding[] {
  const file = paths.log(id);
  const {damage} = log;
  if (damage) {
    const {line, byte, reason} = damage;
    const rest = lines.lines.length - line;
    return [
      {
        severity: 'error',
        code: 'LOG_DAMAGED',
        message: `the event log is damaged in line ${line} (byte ${byte}): ${reason}; ${line - 1} lines before it are sound, ${rest} follow`,
        hint: REPAIR,
        where: {file, line},
        repairable: true,
      },
    ];
  }
  if (lines.tornBytes === 0 || isBusy) return [];
  const message = `the event log ends with ${lines.tornBytes} bytes of an event that was never completed`;
  return [{severity: 'warning', code: 'LOG_TORN', message, hint: REPAIR, where: {file}, repairable: true}];
}

function examineForeign({id, paths, lines: {foreign, lines}}: Evidence): Finding[] {
  if (foreign === 0) return [];
  const what = lines.length === 0 ? "is another program's" : `has lines of another program (${foreign})`;
  return [
    {
      severity: 'warning',
      code: 'LOG_FOREIGN',
      message: `the event log ${what}; the next \`milestone execute ${id}\` sets it aside`,
      where: {file: paths.log(id)},
    },
  ];
}

/** A plan that was executed has a log, here or elsewhere. */
function examineAbsence(evidence: Evidence): Finding[] {
  const {id, read, lines, folder, file} = evidence;
  const execution = read?.imported.execution;
  if (lines.lines.length > 0 || !execution || folder !== 'active' || file === undefined) return [];
  if (wasExecutedHere(evidence) && !isOver(read?.imported.status))
    return [
      {
        severity: 'error',
        code: 'LOG_LOST',
        message: `the event log of \`${id}\` is lost (\`${evidence.paths.log(id)}\`); its plan and its commits are left`,
        hint: REPAIR,
        where: {file},
        repairable: true,
      },
    ];
  return [
    {
      severity: 'warning',
      code: 'LOG_ELSEWHERE',
      message: `\`${id}\` was executed elsewhere (\`${execution.id}\`), its event log is not here`,
      hint: `\`milestone resume --adopt ${id}\` goes on with it here`,
      where: {file},
    },
  ];
}

/** The cache may know of more than is there. */
function examineLength({id, paths, isBusy, lines}: Evidence): Finding[] {
  const folded = foldedLength(paths.cache(id));
  const size = fs.statSync(paths.log(id), {throwIfNoEntry: false})?.size ?? 0;
  if (isBusy || lines.lines.length === 0 || folded <= size) return [];
  return [
    {
      severity: 'error',
      code: 'LOG_SHORTENED',
      message: `the event log has ${size} bytes, but ${folded} had been read from it before`,
      hint: REPAIR,
      where: {file: paths.log(id)},
      repairable: true,
    },
  ];
}
