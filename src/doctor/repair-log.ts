// Puts a damaged, shortened or lost log together anew.
//
//   the original ──> `<log>.damaged-<time>` (a second name for it)
//   what is sound, what the plan and the commits prove ──> a new file, synced ──> renamed over the log

import fs from 'node:fs';
import path from 'node:path';
import {currentDeliverables} from '../documents/documents.ts';
import type {NewEvent} from '../events/event.ts';
import {encodeRecord} from '../events/record.ts';
import {planAdoption} from '../milestone/adopt.ts';
import type {LockedMilestone} from '../milestone/hold.ts';
import {judgeEdit} from '../plan/edited-plan.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {TaskId} from '../plan/plan.ts';
import {replaceFile, syncFolder} from '../platform/files.ts';
import {isOver, taskState, tasksCompleted} from '../state/milestone.ts';
import {isSatisfied} from '../state/task.ts';
import {commitsOf, foldedLength, wasExecutedHere} from './milestone-evidence.ts';
import {type LogLines, readLogLines, Salvage} from './salvage.ts';

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
  const lines = readLogLines(locked.paths.log(locked.id));
  const salvage = await salvageLog(locked, lines);
  const isShorter = foldedLength(locked.paths.cache(locked.id)) > lengthOf(locked);
  const isLost = lines.lines.length === 0 && salvage.records.length > 0;
  const isWrong = salvage.damage !== undefined || isShorter || isLost;
  if (isWrong) for (const event of await provenByPlan(locked, salvage)) salvage.append(event);
  const lost = isOver(salvage.state.status) ? [] : salvage.lostCompletions();
  for (const {task, attempt, commit} of lost)
    salvage.append({
      event: 'task_completed',
      details: {task_id: task, attempt, commit, checked: false, adopted: true},
    });
  if (isWrong) completeAsPlanSays(locked, salvage);
  if (isWrong && !isOver(salvage.state.status)) askGatesAgain(locked, salvage);
  const {tokens} = salvage;
  if (!isWrong && lost.length === 0) return {done: tornTail(lines), tokens};
  const kept = replaceLog(locked, salvage);
  return {done: describe(locked, salvage, kept, lost.length), tokens};
}

/** Whoever opens the log next for writing cuts it, which is part of every repair. */
function tornTail({tornBytes}: LogLines): string[] {
  return tornBytes === 0 ? [] : [`put aside ${tornBytes} bytes of an event that was never completed`];
}

function lengthOf({paths, id}: LockedMilestone): number {
  return fs.statSync(paths.log(id), {throwIfNoEntry: false})?.size ?? Number.POSITIVE_INFINITY;
}

async function salvageLog(locked: LockedMilestone, lines: LogLines): Promise<Salvage> {
  const {id, repo, sessionId, clock} = locked;
  const options = {id, sessionId, now: new Date(clock.now()).toISOString()};
  const commits = repo ? await commitsOf(repo, id, lines, options) : [];
  const first = lines.lines[0]?.event;
  const hasBeginning =
    typeof first === 'object' && (first.event === 'milestone_activated' || first.event === 'milestone_cancelled');
  if (hasBeginning || !mayBegin(locked, lines)) return new Salvage(lines, {...options, commits});
  return new Salvage(lines, {...options, commits, beginning: await planAdoption(locked)});
}

/** What was never executed here has no log to be repaired. */
function mayBegin({read, paths, id, planFile}: LockedMilestone, {lines}: LogLines): boolean {
  if (lines.length > 0) return true;
  return read.imported.execution !== undefined && planFile === paths.active(id) && wasExecutedHere({read, paths, id});
}

/** The plan as it stands, and of its state what left no commit to look for. */
async function provenByPlan({read}: LockedMilestone, {state}: Salvage): Promise<NewEvent[]> {
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
function completeAsPlanSays({read}: LockedMilestone, salvage: Salvage): void {
  const {status, execution} = read.imported;
  if (isOver(salvage.state.status)) return;
  if (status === 'cancelled')
    salvage.append({event: 'milestone_cancelled', details: {reason: 'cancelled, as the plan file says'}});
  const {state} = salvage;
  if (status === 'completed' && state.tasks.size > 0 && tasksCompleted(state) === state.tasks.size)
    salvage.append({
      event: 'milestone_completed',
      details: {dependents: [], ...(execution?.commit !== undefined && {commit: execution.commit})},
    });
}

/** What a damaged log says of approvals is no proof of them. */
function askGatesAgain({paths}: LockedMilestone, salvage: Salvage): void {
  for (const [task_id, task] of [...salvage.state.tasks]) {
    const {kiro} = task.history;
    if (!kiro || isSatisfied(task)) continue;
    for (const phase of KIRO_PHASES) {
      const {status, approval, deliverables = []} = kiro.phases[phase];
      if (status !== 'approved' || !approval) continue;
      salvage.append({
        event: 'kiro_approval_voided',
        details: {
          task_id,
          approval_id: approval.id,
          phase,
          reason: 'the event log was repaired: every gate is asked again',
          deliverables: currentDeliverables(paths.home, deliverables),
        },
      });
    }
  }
}

/** @returns Name under which the original is kept, if there was one. */
function replaceLog({paths, id, lock, clock}: LockedMilestone, {records}: Salvage): string | undefined {
  const file = paths.log(id);
  lock.check();
  // A cache of the old log must never be found beside the new one.
  fs.rmSync(paths.cache(id), {force: true});
  const kept = fs.existsSync(file) ? keepOriginal(file, clock.now()) : undefined;
  replaceFile(file, records.map(encodeRecord).join(''), {mode: 0o600});
  return kept;
}

/** A repair that was killed has given it the name already. */
function keepOriginal(file: string, now: number): string {
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

function describe({id}: LockedMilestone, salvage: Salvage, kept: string | undefined, lost: number): string[] {
  const {records, leftOut, damage} = salvage;
  const original = kept === undefined ? '' : `; the original is \`${kept}\``;
  const done = [`put the event log of \`${id}\` together anew: ${records.length} events${original}`];
  if (damage && leftOut.length > 0)
    done.push(
      `left out ${leftOut.length} sound event${leftOut.length === 1 ? '' : 's'} that no longer fit (${names(leftOut)})`,
    );
  if (lost > 0) done.push(`took up ${lost} completion${lost === 1 ? '' : 's'} from the commits of the branch`);
  return done;
}

function names(events: readonly {event: string}[]): string {
  const all = [...new Set(events.map(({event}) => event))];
  return `${all.slice(0, 4).join(', ')}${all.length > 4 ? ', …' : ''}`;
}
