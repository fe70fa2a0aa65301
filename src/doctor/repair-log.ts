// Puts a damaged, shortened or lost log together anew.
//
//   the original ──> `<log>.damaged-<time>` (a second name for it)
//   what is sound, what the plan and the commits prove ──> a new file, synced ──> renamed over the log

import fs from 'node:fs';
import path from 'node:path';
import {currentDeliverables} from '../documents/documents.ts';
import type {NewEvent} from '../events/event.ts';
import {encodeRecord} from '../events/record.ts';
import type {RecordedCommit} from '../git/task-commits.ts';
import {planAdoption} from '../milestone/adopt.ts';
import type {LockedMilestone} from '../milestone/hold.ts';
import {judgeEdit} from '../plan/edited-plan.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {TaskId} from '../plan/plan.ts';
import {folderNumber, replaceFile, syncFolder} from '../platform/files.ts';
import {isOver, taskState, tasksCompleted} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';
import {foldedLength, lostCompletions, wasExecutedHere} from './milestone-evidence.ts';
import {type LogLines, readLogLines, SoundLog} from './sound-log.ts';

export interface RepairedLog {
  /** What was done, in words; nothing when the log was sound. */
  done: string[];
  /** Run tokens of all attempts that the log tells of. */
  tokens: ReadonlySet<string>;
}

/**
 * Repair the log of a locked milestone, if it needs it.
 * @throws {MilestoneError} `PLAN_INVALID`, `BASE_MISSING` when its beginning is lost and nothing tells how it began.
 */
export async function repairLog(locked: LockedMilestone): Promise<RepairedLog> {
  const {id, paths, repo} = locked;
  const lines = readLogLines(paths.log(id));
  const log = new SoundLog(lines, id, folderNumber(paths.home));
  const {tokens} = log;
  const isShorter = foldedLength(paths.cache(id)) > lengthOf(locked);
  const isLost = lines.lines.length === 0 && mayBegin(locked);
  const isWrong = log.damage !== undefined || isShorter || isLost;
  const add = adderTo(log, locked);
  if (log.records.length === 0 && isWrong) add(await planAdoption(locked));
  if (isWrong) add(provenByPlan(locked, log));
  const lost = await lostCompletions(log, repo);
  add(lost.map(asCompletion));
  if (!isWrong && lost.length === 0) return {done: tornTail(lines), tokens};
  if (isWrong) add(endAsPlanSays(locked, log));
  if (isWrong && !isOver(log.state.status)) add(askGatesAgain(locked, log));
  const kept = replaceLog(locked, log);
  return {done: describe(lines, log, kept, lost.length), tokens};
}

function adderTo(log: SoundLog, {sessionId, clock}: LockedMilestone): (events: readonly NewEvent[]) => void {
  const signed = {sessionId, now: new Date(clock.now()).toISOString()};
  return events => {
    for (const event of events) log.append(event, signed);
  };
}

function asCompletion({task, attempt, commit}: RecordedCommit): NewEvent {
  return {event: 'task_completed', details: {task_id: task, attempt, commit, checked: false, adopted: true}};
}

/** Whoever opens the log next for writing cuts it, which is part of every repair. */
function tornTail({tornBytes}: LogLines): string[] {
  return tornBytes === 0 ? [] : [`put aside ${tornBytes} bytes of an event that was never completed`];
}

function lengthOf({paths, id}: LockedMilestone): number {
  return fs.statSync(paths.log(id), {throwIfNoEntry: false})?.size ?? Number.POSITIVE_INFINITY;
}

/** What was never executed here has no log to be repaired. */
function mayBegin({read, paths, id, planFile}: LockedMilestone): boolean {
  return read.imported.execution !== undefined && planFile === paths.active(id) && wasExecutedHere({read, paths, id});
}

/** The plan as it stands, and of its state what left no commit to look for. */
function provenByPlan({read}: LockedMilestone, {state}: SoundLog): NewEvent[] {
  const isInTheWay = (id: TaskId) => !['pending', 'failed', 'blocked'].includes(taskState(state, id).status);
  const edited = judgeEdit(state.plan, read, isInTheWay);
  const events: NewEvent[] = [];
  if (edited.kind === 'changed') events.push({event: 'plan_changed', details: {change: edited.change, warnings: []}});
  for (const [id, {status, commit}] of Object.entries(read.imported.tasks)) {
    const task = state.tasks.get(id);
    if ((task && isSatisfied(task)) || (status === 'completed' && commit !== undefined)) continue;
    const attempt = Math.max(task?.history.attempts ?? 0, 1);
    if (status === 'skipped')
      events.push({event: 'task_skipped', details: {task_id: id, reason: 'skipped, as the plan file says'}});
    else events.push({event: 'task_completed', details: {task_id: id, attempt, checked: false, adopted: true}});
  }
  return events;
}

/** The end of a milestone is in its file, too. */
function endAsPlanSays({read}: LockedMilestone, {state}: SoundLog): NewEvent[] {
  const {status, execution} = read.imported;
  if (isOver(state.status)) return [];
  if (status === 'cancelled')
    return [{event: 'milestone_cancelled', details: {reason: 'cancelled, as the plan file says'}}];
  if (status !== 'completed' || state.tasks.size === 0 || tasksCompleted(state) < state.tasks.size) return [];
  const commit = execution?.commit;
  return [{event: 'milestone_completed', details: {dependents: [], ...(commit !== undefined && {commit})}}];
}

/** What a damaged log says of approvals is no proof of them. */
function askGatesAgain({paths}: LockedMilestone, {state}: SoundLog): NewEvent[] {
  return [...state.tasks].flatMap(([task_id, task]) => {
    const {kiro} = task.history;
    if (!kiro || isSatisfied(task)) return [];
    return KIRO_PHASES.flatMap<NewEvent>(phase => {
      const {status, approval, deliverables = []} = kiro.phases[phase];
      if (status !== 'approved' || !approval) return [];
      const reason = 'the event log was repaired: every gate is asked again';
      const documents = currentDeliverables(paths.home, deliverables);
      return [
        {
          event: 'kiro_approval_voided',
          details: {task_id, approval_id: approval.id, phase, reason, deliverables: documents},
        },
      ];
    });
  });
}

/** @returns Name under which the original is kept, if there was one. */
function replaceLog({paths, id, lock, clock}: LockedMilestone, {records}: SoundLog): string | undefined {
  const file = paths.log(id);
  lock.check();
  // A cache of the old log must never be found beside the new one.
  fs.rmSync(paths.cache(id), {force: true});
  const kept = fs.existsSync(file) ? saveOriginal(file, clock.now()) : undefined;
  replaceFile(file, records.map(encodeRecord).join(''), {mode: 0o600});
  return kept;
}

/** A repair that was killed has given it the name already. */
function saveOriginal(file: string, now: number): string {
  const folder = path.dirname(file);
  const {ino} = fs.statSync(file);
  const names = fs.readdirSync(folder).filter(name => name.startsWith(`${path.basename(file)}.damaged-`));
  const known = names.find(name => fs.statSync(path.join(folder, name)).ino === ino);
  if (known !== undefined) return path.join(folder, known);
  const time = new Date(now).toISOString().replace(/[-:.]/g, '');
  let kept = `${file}.damaged-${time}`;
  for (let number = 2; fs.existsSync(kept); number++) kept = `${file}.damaged-${time}-${number}`;
  linkOrCopy(file, kept);
  syncFolder(folder);
  return kept;
}

/** Some file systems know no second name for a file. */
function linkOrCopy(file: string, kept: string): void {
  try {
    fs.linkSync(file, kept);
  } catch {
    fs.copyFileSync(file, kept, fs.constants.COPYFILE_EXCL);
  }
}

function describe(
  {lines}: LogLines,
  {records, damage, state}: SoundLog,
  kept: string | undefined,
  lost: number,
): string[] {
  const original = kept === undefined ? '' : `; the original is \`${kept}\``;
  const done = [`put the event log of \`${state.id}\` together anew: ${records.length} events${original}`];
  const behind = damage ? lines.filter(({line, event}) => line > damage.line && typeof event === 'object').length : 0;
  if (behind > 0) done.push(`left out ${behind === 1 ? 'an event' : `${behind} events`} behind the damage`);
  if (lost > 0) done.push(`took up ${lost} completion${lost === 1 ? '' : 's'} from the commits of the branch`);
  return done;
}
